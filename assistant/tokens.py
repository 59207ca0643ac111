"""Counting a language model's tokens, without the network."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken

LAST_TOKEN = 100_255  # of cl100k_base; what comes behind it is no text
CL100K_MODEL = "gpt-4"  # a model that has it
_AT_ONCE = 100_000  # characters; tiktoken gives up on a million spaces


@cache
def _encoding(model: str) -> tiktoken.Encoding:
    """The model's own encoding, or o200k_base for a model that tiktoken doesn't know.

    tiktoken downloads its encodings; llama-index-core carries the two that matter, and
    TIKTOKEN_CACHE_DIR is how tiktoken is told of them.
    """
    spec = find_spec("llama_index.core")
    if spec and spec.origin and "TIKTOKEN_CACHE_DIR" not in os.environ:
        carried = Path(spec.origin).parent / "_static" / "tiktoken_cache"
        if carried.is_dir():
            os.environ["TIKTOKEN_CACHE_DIR"] = str(carried)
    import tiktoken

    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        name = "o200k_base"
    if name not in ("cl100k_base", "o200k_base"):
        name = "cl100k_base"
    return tiktoken.get_encoding(name)


def count_tokens(text: str, model: str = "") -> int:
    """Tokens of a text for a model; for one with another encoding it is an estimate."""
    encoding = _encoding(model)
    pieces = (text[at : at + _AT_ONCE] for at in range(0, len(text), _AT_ONCE))
    return sum(len(encoding.encode(piece, disallowed_special=())) for piece in pieces)


def text_of_tokens(tokens: Sequence[int]) -> str:
    """The text that tokens of cl100k_base stand for, each from 0 to `LAST_TOKEN`."""
    return _encoding(CL100K_MODEL).decode(tokens)
