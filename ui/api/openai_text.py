"""An answer as the text of a chat message, and the messages of a chat as turns.

A chat's client keeps nothing of an answer but its text. So the papers that it cites are listed
at its end in a form that can be read back, and a follow-up knows what "the second one" is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from assistant.answer import Answer, Citation, Sentence, Turn
from assistant.conversation import stand_alone
from assistant.question import tidy
from store.exports.markdown import escaped
from store.exports.text import address, one_line
from store.identity import title_key
from store.library import Library
from store.paper import Paper
from ui.api.models import MAX_QUESTION
from ui.api.openai_models import ChatMessage
from ui.documents import Document

_REFERENCES = "**References**"
_NEAREST = "The nearest papers are:"
_BROKE_OFF = "*The language model broke off; quoted instead:*"
_NOT_SUPPORTED = "*(not supported by the abstracts)*"

# What papers and models wrote is data. Formulas stay as they are; tags, images and links don't.
_ACTING = re.compile(r"<(?=[A-Za-z/!?])|(?<=\])[(:]")
_END = re.compile(
    rf"^[^\S\n]*({re.escape(_REFERENCES)}|{re.escape(_NEAREST)})[^\S\n]*$", re.MULTILINE
)
_REFERENCE = re.compile(r"^\s*- (?:\[\d+\] )?\*((?:\\.|[^*\\\n])+)\*\.", re.MULTILINE)
_LAST_TURNS = 20  # that a follow-up can lean on


class Content:
    """The content of a message as it grows. Each method returns the piece that it put there.

    `base` is the server's own address, for papers that have no other.
    """

    def __init__(self, base: str) -> None:
        self.text = ""
        self._base = base
        self._marks: list[tuple[int, int, Citation]] = []

    def sentence(self, sentence: Sentence) -> str:
        """One more sentence, with the word that it has no support where it has none."""
        gap = "" if not self.text or self.text.endswith("\n") else " "
        if gap and sentence.opens_paragraph:
            gap = "\n\n"
        if sentence.entry:
            gap = f"{gap}- " if sentence.opens_paragraph or not gap else "\n- "
        shown = _ACTING.sub(_harmless, one_line(sentence.text))
        start = len(self.text) + len(gap)
        cited = {f"[{citation.number}]": citation for citation in sentence.citations}
        for found in re.finditer(r"\[\d+\]", shown):
            if citation := cited.get(found.group()):
                self._marks.append((start + found.start(), start + found.end(), citation))
        return self._put(gap + shown + ("" if sentence.supported else f" {_NOT_SUPPORTED}"))

    def break_off(self) -> str:
        """Says that the sentences so far are void; nothing where there are none."""
        self._marks.clear()
        return self._put(f"\n\n{_BROKE_OFF}\n\n") if self.text else ""

    def end(self, answer: Answer) -> str:
        """What follows the sentences: the papers cited, or the refusal, and a notice."""
        parts = [_references(answer) if answer.sentences else _refusal(answer)]
        if answer.notice:
            parts.append(f"*{escaped(answer.notice)}*")
        gap = "\n\n" if self.text and not self.text.endswith("\n") else ""
        return self._put(gap + "\n\n".join(part for part in parts if part))

    def annotations(self, answer: Answer) -> list[Document]:
        """The marks in OpenAI's shape."""
        papers = _papers(answer)
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": start,
                    "end_index": end,
                    "url": self._url(citation.paper_id, papers),
                    "title": one_line(citation.title),
                },
            }
            for start, end, citation in self._marks
        ]

    def _url(self, paper_id: str, papers: Mapping[str, Paper]) -> str:
        found = address(papers[paper_id]) if paper_id in papers else ""
        return found or f"{self._base}/v1/papers/{quote(paper_id, safe='')}"

    def _put(self, piece: str) -> str:
        self.text += piece
        return piece


def question_and_turns(messages: Sequence[ChatMessage], library: Library) -> tuple[str, list[Turn]]:
    """The last user message, and what came before it as turns; "" where no user said anything.

    Raises what reading the library raises.
    """
    exchanges: list[tuple[str, str]] = []
    for message in messages:
        if message.role == "user":
            exchanges.append((message.text[:MAX_QUESTION], ""))
        elif message.role == "assistant" and exchanges:
            question, answer = exchanges[-1]
            exchanges[-1] = (question, f"{answer}\n\n{message.text}".strip())
    if not exchanges:
        return "", []
    turns: list[Turn] = []
    for question, answer in exchanges[:-1][-_LAST_TURNS:]:
        turns.append(_turn(tidy(question), answer, turns, library))
    return exchanges[-1][0], turns


def _turn(question: str, answer: str, before: Sequence[Turn], library: Library) -> Turn:
    """A turn from its two texts; papers that the library no longer holds are left out."""
    ends = list(_END.finditer(answer))
    said, listed = (answer[: ends[-1].start()], answer[ends[-1].end() :]) if ends else (answer, "")
    said = said.rpartition(_BROKE_OFF)[2].replace(f" {_NOT_SUPPORTED}", "").strip()
    titles = [_unescaped(title) for title in _REFERENCE.findall(listed)]
    keys = {title_key(title): title for title in titles}
    known = library.catalog.known_by(list(keys))
    papers = {known[key]: title for key, title in keys.items() if key in known}
    asked = stand_alone(question, before)  # by the rules, as a model's wording isn't kept
    return Turn(
        question=question,
        answer=said,
        standalone=asked.question,
        cited=tuple(papers),
        titles=tuple(papers.values()),
        refused=bool(ends) and ends[-1].group(1) == _NEAREST,
        follows=asked.follows,
    )


def _refusal(answer: Answer) -> str:
    text = escaped(answer.text.partition(f" {_NEAREST}")[0])
    if not answer.nearest:
        return text
    nearest = (f"- {_entry(paper.title, paper)}" for paper in answer.nearest)
    return "\n".join([text, "", _NEAREST, "", *nearest])


def _references(answer: Answer) -> str:
    papers = _papers(answer)
    cited = {c.number: c for c in sorted(answer.citations, key=lambda c: c.number)}
    entries = (f"- [{n}] {_entry(c.title, papers.get(c.paper_id))}" for n, c in cited.items())
    return "\n".join([_REFERENCES, "", *entries]) if cited else ""


def _entry(title: str, paper: Paper | None) -> str:
    """A paper on one line: title, who and when, and where it can be read."""
    line = f"*{escaped(title)}*."
    if paper is None:
        return line
    facts = escaped(", ".join(str(fact) for fact in (paper.byline, paper.year) if fact))
    link = address(paper)
    return line + (f" {facts.removesuffix('.')}." if facts else "") + (f" <{link}>" if link else "")


def _papers(answer: Answer) -> dict[str, Paper]:
    return {passage.paper.id: passage.paper for passage in answer.passages}


def _harmless(found: re.Match[str]) -> str:
    return "&lt;" if found.group() == "<" else f"\\{found.group()}"


def _unescaped(text: str) -> str:
    """The text that `escaped` was given, white space aside."""
    return html.unescape(re.sub(r"\\(.)", r"\1", text))
