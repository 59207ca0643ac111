"""What every export does with texts, names and addresses, which may hold anything."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from store.paper import Paper

_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# Control characters, and those that turn the reading direction.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_URL_SAFE = ":/?#[]@!$&'()*+,;=%-._~"
_ONE_NAME = re.compile(
    r"\d|\b(?:and|team|group|collaboration|consortium|institute|university|project|labs?|inc)\b",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """A text that can be written as UTF-8, without control characters; lines end in `\\n`."""
    if text.isprintable():  # most are, and it is quick to tell
        return text
    text = _LINE_END.sub("\n", text.encode("utf-8", "replace").decode("utf-8"))
    return _CONTROL.sub("", text)


def one_line(text: str | None) -> str:
    """A clean text with single spaces for all its white space."""
    return " ".join(clean(text or "").split())


def web_address(url: str | None) -> str:
    """An http(s) address in ASCII that no format takes for markup; "" where it is none."""
    try:
        parts = urlsplit(one_line(url))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    return quote(parts.geturl(), safe=_URL_SAFE)


def address(paper: Paper) -> str:
    """Where a paper can be read: its DOI, else arXiv, else its own http(s) address, else ""."""
    if paper.doi:
        return f"https://doi.org/{quote(clean(paper.doi), safe=_URL_SAFE.replace('?', ''))}"
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    return web_address(paper.url)


def name_parts(name: str) -> tuple[str, str]:
    """A person's (family name, given names), as BibTeX splits them; ("", "") where it is unclear.

    Single words and the names of groups have no parts.
    """
    name = one_line(name)
    family, comma, given = name.partition(", ")
    if comma:
        return (family, given) if family and given and "," not in given else ("", "")
    if " " not in name or _ONE_NAME.search(name) or "," in name:
        return "", ""
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start - 1][0].islower():  # van, de la
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])


def authors(paper: Paper) -> list[str]:
    """The names that are known, each on one line."""
    return [name for author in paper.authors if (name := one_line(author))]
