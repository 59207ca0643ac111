"""The language-model writer: any OpenAI-compatible chat endpoint, every sentence checked."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import prompts
from assistant.answer import Citation, Passage, Sentence, Tokens
from assistant.citing import Support, SupportCheck
from assistant.marks import Drafted, drafted_sentences
from assistant.settings import AnswerSettings
from assistant.tokens import count_tokens
from assistant.writing.base import NothingToSay, Task, WriterFailed
from store.library import Library
from store.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Generator

    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms.llm import LLM

REFUSAL = "NOT IN THE ABSTRACTS"
_RESERVE = 64  # tokens for what a chat template adds around the messages
# How models say the same in their own words, at the beginning of an answer and with no mark.
_DECLINES = re.compile(
    r"\b(?:abstracts?|passages?|papers?|sources?|context|information|text)\b[^.]{0,40}"
    r"\b(?:do(?:es)? not|don['’]t|doesn['’]t|cannot|can['’]t|is not|are not)\b[^.]{0,20}"
    r"\b(?:answer|mention|say|contain|provide|address|discuss|include|specify|given)"
    r"|\bnone of the (?:abstracts|passages|papers|sources)\b"
    r"|\b(?:i|we) (?:cannot|can['’]t|am unable to|are unable to) answer\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"[.!?:][\"'”’)\]]*$")


class ModelWriter:
    """Writes with a LlamaIndex `LLM` and lets nothing through unchecked.

    A mark that names no passage is dropped. Each passage that a sentence cites is asked whether
    it supports it; a sentence that none of its marks supports is given the passage that does, if
    one does. What no passage supports is marked as unsupported, and an answer in which nothing
    cites anything is no answer: WriterFailed. What a model says twice is written once.
    `prompt` names the prompt and its system message.
    """

    def __init__(
        self,
        llm: LLM,
        library: Library,
        check: SupportCheck,
        settings: AnswerSettings,
        prompt: str = "answer",
    ) -> None:
        self.name = str(getattr(llm, "model", None) or llm.metadata.model_name)
        self.tokens = Tokens()
        self._cut_off = False  # the model was stopped at its longest answer
        self._llm = llm
        self._library = library
        self._check = check
        self._settings = settings
        self._prompt = prompt

    def write(self, task: Task) -> Iterator[Sentence]:
        messages, shown = self.messages(task)
        prompt = sum(count_tokens(str(m.content), self.name) + 4 for m in messages)
        self.tokens = Tokens(prompt, 0)
        numbers: dict[str, int] = {}
        said: set[str] = set()
        for draft in drafted_sentences(self._stream(messages)):
            declines = not said and not draft.marks and _DECLINES.search(draft.text)
            if declines or REFUSAL in draft.text.upper():
                if not said:
                    raise NothingToSay
                continue
            cut_off = self._cut_off and said and not _WHOLE.search(draft.text)
            if cut_off or draft.text.lower() in said:
                continue
            said.add(draft.text.lower())
            yield self._cite(draft, shown, numbers)
        if not said:
            raise WriterFailed(f"The language model {self.name} wrote nothing.")
        if not numbers:
            raise WriterFailed(f"The language model {self.name} wrote nothing that can be cited.")

    def messages(self, task: Task) -> tuple[list[ChatMessage], list[Passage]]:
        """The chat messages within the token budget, and the passages that fitted, by number.

        The first passage is shortened if need be. Raises WriterFailed where not even one of its
        sentences fits.
        """
        from llama_index.core.base.llms.types import ChatMessage, MessageRole

        system = prompts.load(f"{self._prompt}_system")
        frame = prompts.fill(self._prompt, passages="", question=task.question)
        s = self._settings
        room = s.llm_context - s.llm_max_tokens - _RESERVE
        room -= count_tokens(system, self.name) + count_tokens(frame, self.name)
        blocks: list[str] = []
        shown: list[Passage] = []
        for passage in task.passages:
            block = self._block(len(shown) + 1, passage, room, whole=bool(shown))
            if not block:
                break
            blocks.append(block)
            shown.append(passage)
            room -= self._size(block)
        if not shown:
            raise WriterFailed(
                f"The language model {self.name} has no room for an abstract in its window of "
                f"{s.llm_context} tokens."
            )
        user = prompts.fill(self._prompt, passages="\n\n".join(blocks), question=task.question)
        return [
            ChatMessage(role=MessageRole.SYSTEM, content=system),
            ChatMessage(role=MessageRole.USER, content=user),
        ], shown

    def _block(self, number: int, passage: Passage, room: int, *, whole: bool) -> str:
        """A passage as it stands in the prompt, or nothing if it has no room; a shortened one
        keeps its first sentences."""
        abstract = passage.paper.abstract
        ends = [len(abstract)] if whole else [end for _, end in split_sentences(abstract)][::-1]
        blocks = (_block(number, passage, abstract[:end]) for end in ends)
        return next((block for block in blocks if self._size(block) <= room), "")

    def _size(self, block: str) -> int:
        return count_tokens(block, self.name) + 2

    def _stream(self, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """The model's text piece by piece; whatever goes wrong is a WriterFailed."""
        written: list[str] = []
        parts: Generator[ChatResponse, None, None] | None = None
        try:
            parts = self._llm.stream_chat(messages)
            for part in parts:
                choices = getattr(part.raw, "choices", None) or [None]
                self._cut_off = getattr(choices[0], "finish_reason", None) == "length"
                if part.delta:
                    written.append(part.delta)
                    yield part.delta
        except GeneratorExit:
            if parts is not None:
                parts.close()
                parts = None
            # The openai client's stream refers to itself: only the collector closes its connection,
            # and until then the model writes on for nobody.
            gc.collect()
            raise
        except Exception as error:  # any client library, any server: the reason is told
            raise WriterFailed(f"The language model {self.name} {reason(error)}.") from error
        finally:
            self.tokens = Tokens(self.tokens.prompt, count_tokens("".join(written), self.name))

    def _cite(self, draft: Drafted, shown: Sequence[Passage], numbers: dict[str, int]) -> Sentence:
        vector = self._library.embed([draft.text])[0]
        marks = [n for n in draft.marks if n <= len(shown)]
        cited = [shown[n - 1] for n in marks]
        supports = self._check.check(draft.text, vector, cited)
        if not any(support.enough for support in supports):
            every = self._check.check(draft.text, vector, shown)
            best = max(range(len(shown)), key=lambda i: every[i].score)
            if every[best].enough:
                # Put where the first mark stood, if there was one.
                marks = list(draft.marks[:1])
                cited, supports = [shown[best]], [every[best]]
        citations = []
        for passage, support in zip(cited, supports, strict=True):
            number = numbers.setdefault(passage.paper.id, len(numbers) + 1)
            citations.append(_citation(number, passage, support))
        signs = {n: f"[{c.number}]" for n, c in zip(marks, citations, strict=False)}
        text = draft.marked(lambda n: signs.get(n, ""))
        if citations and not signs:
            text += f" [{citations[0].number}]"
        supported = any(c.supported for c in citations)
        return Sentence(text, tuple(citations), supported, draft.opens_paragraph)


def _block(number: int, passage: Passage, text: str) -> str:
    """Title, facts and text, a line each: so no abstract can pass for several."""
    paper = passage.paper
    facts = ", ".join(str(f) for f in (paper.byline, paper.year) if f)
    return prompts.fill(
        "passage",
        number=number,
        title=" ".join(paper.title.split()),
        facts=f" ({facts})" if facts else "",
        text=" ".join(text.split()),
    )


def _citation(number: int, passage: Passage, support: Support) -> Citation:
    start, end = support.span
    return Citation(
        number=number,
        paper_id=passage.paper.id,
        title=passage.paper.title,
        quote=passage.paper.abstract[start:end],
        start=start,
        end=end,
        score=support.score,
        supported=support.enough,
    )


def reason(error: BaseException) -> str:
    """Why a model didn't answer, as the end of a sentence that begins with its name."""
    import httpx
    import openai

    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return "took too long"
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return "refused the key"
    if isinstance(error, openai.RateLimitError):
        return "is over its rate limit"
    if isinstance(error, openai.NotFoundError):
        return "is not known at its endpoint"
    if isinstance(error, openai.BadRequestError):
        return "refused the request"
    if isinstance(error, openai.APIStatusError):
        return f"failed with HTTP status {error.status_code}"
    if isinstance(error, openai.APIConnectionError | httpx.ConnectError | ConnectionError):
        return "could not be reached"
    if isinstance(error, httpx.TransportError):
        return "broke off"
    if isinstance(error, openai.APIError):
        return "failed"
    return f"gave an answer that can't be read ({type(error).__name__})"


def make_llm(settings: AnswerSettings) -> LLM | None:
    """The configured language model, or None where there is none.

    An endpoint without a key, such as Ollama, needs only its address and the model's name.
    """
    s = settings
    if s.writer == "extractive" or not s.llm_model:
        return None
    if not s.llm_base_url and not s.llm_api_key:
        return None
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        model=s.llm_model,
        api_base=s.llm_base_url or "https://api.openai.com/v1",
        api_key=s.llm_api_key or "none",
        is_chat_model=True,
        context_window=s.llm_context,
        max_tokens=s.llm_max_tokens,
        temperature=s.llm_temperature,
        timeout=s.llm_timeout,
        max_retries=0,  # another try would double the wait; quotes answer at once
    )
