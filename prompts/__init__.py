"""The prompts: text files beside this one, with named fields in braces."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Formatter

FIELDS = {
    "answer": {"passages", "question"},
    "answer_system": set[str](),
    "brief": {"passages", "question"},
    "brief_system": set[str](),
    "cells": {"title", "abstract", "questions"},
    "cells_system": set[str](),
    "condense": {"conversation", "question"},
    "mcp_add_papers": set[str](),
    "mcp_ask": set[str](),
    "mcp_instructions": set[str](),
    "mcp_list_papers": set[str](),
    "mcp_read_paper": set[str](),
    "mcp_search": set[str](),
    "passage": {"number", "title", "facts", "text"},
    "questions": {"title", "sentences"},
    "rerank": {"passages", "question"},
}


class BadPrompt(ValueError):
    """A prompt file lacks a field or names one that nobody fills."""


@cache
def load(name: str) -> str:
    """A prompt's text, its fields checked.

    Raises:
        BadPrompt: the fields in the file are not those that the code fills.
    """
    text = files("prompts").joinpath(f"{name}.txt").read_text("utf-8").strip()
    try:
        named = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError as error:
        raise BadPrompt(f"prompts/{name}.txt: {error}; write a brace of the text twice.") from None
    if named != FIELDS[name]:
        raise BadPrompt(
            f"prompts/{name}.txt must hold exactly the fields {sorted(FIELDS[name])}, "
            f"not {sorted(named)}."
        )
    return text


def fill(name: str, **values: object) -> str:
    """A prompt with its fields filled in; the values are taken as they are, braces and all."""
    return load(name).format(**values)
