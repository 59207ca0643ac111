"""A chunk as a LlamaIndex node that remembers the word pieces it was counted by."""

from __future__ import annotations

from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import TextNode


class ChunkNode(TextNode):
    """A `TextNode` in all that is stored; `cut` are its word pieces, until it is stored."""

    _cut: Any = PrivateAttr(default=None)

    @property
    def cut(self) -> Any:
        return self._cut

    @cut.setter
    def cut(self, cut: Any) -> None:
        self._cut = cut
