"""Questions about a paper by the configured language model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import prompts
from assistant.question import tidy
from assistant.tokens import count_tokens
from assistant.writing.model import reason
from eval.templates import Made
from eval.wording import copies
from store.paper import Paper
from store.sentences import Span, split_sentences

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

WANTED = 2  # questions a paper
_RESERVE = 64  # tokens for what a chat template adds around the message
_LEAST_WORDS, _MOST_WORDS = 4, 40
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_BULLET = re.compile(
    r"^\s*(?:[-*•#>]+\s*)*(?:\(?\d{1,2}[.):]\s*|q(?:uestion)?\s*\d*\s*[:.)]\s*)?", re.I
)
_MARK = re.compile(r"[\[(](?:sentence\s*)?(\d{1,3})(?:\s*[-–,]\s*\d{1,3})*[\])]", re.IGNORECASE)


class ModelFailed(RuntimeError):
    """The language model gave no text; the message says why."""


def name_of(llm: LLM) -> str:
    return str(getattr(llm, "model", None) or llm.metadata.model_name)


def ask_for_questions(llm: LLM, paper: Paper) -> list[Made]:
    """Up to two questions that a paper answers, in the model's words, without copies.

    The first sentences are sent, as many as the window holds. Raises ModelFailed.
    """
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    sentences = split_sentences(paper.abstract)
    prompt = _prompt(paper, sentences, llm)
    try:
        said = llm.chat([ChatMessage(role=MessageRole.USER, content=prompt)]).message.content
    except Exception as error:  # any client library, any server: the reason is told
        raise ModelFailed(f"The language model {name_of(llm)} {reason(error)}.") from error
    made = []
    for question, number in parse(said or ""):
        if any(copies(question, text) for text in (paper.title, paper.abstract)):
            continue
        spans: tuple[Span, ...] = ()
        if number and number <= len(sentences):
            spans = (sentences[number - 1],)
        made.append(Made("model", question, ((paper, spans),)))
    return made[:WANTED]


def parse(said: str) -> list[tuple[str, int | None]]:
    """The questions in a model's text, each with the number of the sentence it names, if any.

    It may number, bullet, quote or embolden them, put the marks anywhere, think aloud before
    and chat around: a line counts that holds a question mark, and only up to it.
    """
    found: dict[str, int | None] = {}
    for line in _THOUGHT.sub("", said).splitlines():
        line = _BULLET.sub("", line.replace("**", "").replace("__", ""))
        marks = _MARK.findall(line)
        text = tidy(_MARK.sub("", line))
        question = text[: text.rfind("?") + 1].strip(" \"'“”‘’`*_")
        if _LEAST_WORDS <= len(question.split()) <= _MOST_WORDS and any(map(str.isalpha, question)):
            found.setdefault(question, int(marks[0]) if marks else None)
    return list(found.items())


def _prompt(paper: Paper, sentences: list[Span], llm: LLM) -> str:
    meta = llm.metadata
    room = meta.context_window - (meta.num_output or 0) - _RESERVE
    lines = [
        f"[{number}] {tidy(paper.abstract[start:end])}"
        for number, (start, end) in enumerate(sentences, 1)
    ]
    while True:
        text = prompts.fill("questions", title=tidy(paper.title), sentences="\n".join(lines))
        if len(lines) < 2 or count_tokens(text, name_of(llm)) <= room:
            return text
        lines.pop()
