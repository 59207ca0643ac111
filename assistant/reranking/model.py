"""The configured chat model as a reranker: it is shown the passages and names the best first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.bridge.pydantic import Field, SerializeAsAny
from llama_index.core.llms.llm import LLM

import prompts
from assistant.reranking.base import Judged, Rerank, RerankFailed
from assistant.tokens import count_tokens
from assistant.writing.model import reason

_RESERVE = 64  # tokens for what a chat template adds around the message
_LEAST = 40  # tokens of a passage below which it tells nothing; then fewer are shown

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.IGNORECASE | re.DOTALL)
_MARK = re.compile(r"[\[【]([\d\s,;>]+)[\]】]")
_LABEL = re.compile(r"^[^\d\n]*:\s*")
_PLACE = re.compile(r"^\s*[0-9]+[.):]\s+(?=\S)", re.MULTILINE)  # the number of a list's line
_PLAIN = re.compile(r"[0-9\s,;>.]+")
_NUMBER = re.compile(r"[0-9]{1,4}")


class ModelRerank(Rerank):
    """Shows a LlamaIndex `LLM` all candidates at once and asks for their numbers in order, the
    way of RankGPT (Sun et al. 2023).

    LlamaIndex's own don't read answers well enough: LLMRerank loses what isn't named and takes
    a 0 for the last, RankGPTRerank takes every figure for a passage and nonsense for an order.
    """

    llm: SerializeAsAny[LLM] = Field(description="The chat model.")
    context: int = Field(default=8192, ge=1024, description="Tokens of the model's window.")
    max_tokens: int = Field(default=600, ge=64, description="Tokens kept free for its answer.")

    def rank(self, question: str, texts: Sequence[str]) -> list[Judged]:
        name = str(getattr(self.llm, "model", None) or self.llm.metadata.model_name)
        prompt, shown = self._prompt(question, texts, name)
        try:
            reply = self.llm.chat([ChatMessage(role=MessageRole.USER, content=prompt)])
            written = reply.message.content or ""
        except Exception as error:  # any client library, any server: the reason is told
            raise RerankFailed(f"The language model {name} {reason(error)}.") from error
        order = read_order(written, shown)
        if not order:
            raise RerankFailed(f"The language model {name} gave no order that can be read.")
        return [(number - 1, None) for number in order]

    def _prompt(self, question: str, texts: Sequence[str], name: str) -> tuple[str, int]:
        """The prompt and how many passages are in it: as many as have room, each with the same
        share of it."""
        room = self.context - self.max_tokens - _RESERVE
        room -= count_tokens(prompts.fill("rerank", passages="", question=question), name)
        shown = texts[: max(room // _LEAST, 0)]
        if len(shown) < 2:
            raise RerankFailed(
                f"The language model {name} has no room for two abstracts in its window of "
                f"{self.context} tokens."
            )
        blocks = [
            _shortened(_block(number, text), room // len(shown) - 2, name)
            for number, text in enumerate(shown, 1)
        ]
        passages = "\n\n".join(blocks)
        return prompts.fill("rerank", passages=passages, question=question), len(shown)


def read_order(written: str, count: int) -> list[int]:
    """The numbers from 1 to `count` in a model's answer, each once, in the order they came.

    Knows `[2] > [1]`, `[2, 1]`, a list with a mark a line, and bare numbers where nothing but
    numbers is written; a figure in a sentence is none. Empty where nothing can be read.
    """
    text = _THOUGHT.sub("", written).strip()
    marks = _MARK.findall(text)
    if not marks:
        text = _LABEL.sub("", text)
        lines = _PLACE.sub("", text) if "\n" in text else text
        marks = [lines] if _PLAIN.fullmatch(lines) else []
    numbers = [int(number) for mark in marks for number in _NUMBER.findall(mark)]
    return [number for number in dict.fromkeys(numbers) if 1 <= number <= count]


def _block(number: int, text: str) -> str:
    """A passage as it stands in the prompt; a node's first line is its title."""
    title, _, rest = text.strip().partition("\n")
    return prompts.fill(
        "passage", number=number, title=title, facts="", text=" ".join(rest.split())
    )


def _shortened(block: str, room: int, name: str) -> str:
    """A block's beginning, of at most so many tokens."""
    text = block
    while (size := count_tokens(text, name)) > room:
        block = block[: len(block) * room // (size + 1)].rstrip()
        text = f"{block} …"
    return text
