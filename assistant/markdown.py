"""Answers and conversations as Markdown, to paste into notes or keep as a file.

What papers, people and models wrote is data: of their texts only the marks of citations and the
titles that an answer names in italics are markup, as the answer's own citations tell which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from assistant.answer import Answer, Citation, Sentence
from store.exports.markdown import escaped, reference
from store.exports.text import one_line
from store.paper import Paper

_NOT_SUPPORTED = "*(not supported by the abstracts)*"
_NO_SUPPORT = "*(does not support what cites it)*"
_LINKING = re.compile(r"^[(:]")  # right after a mark these would make a link of it


def answer_markdown(answer: Answer) -> str:
    """The sentences with their marks, then the cited papers with the sentences that are quoted.

    A refusal is told as such, with the nearest papers in place of references.
    """
    numbers: dict[str, int] = {}
    for citation in sorted(_cited(answer), key=lambda c: c.number):
        numbers.setdefault(citation.paper_id, citation.number)
    parts = [_body(answer, numbers), _references([answer], numbers)]
    return "\n\n".join(part for part in parts if part) + "\n"


def conversation_markdown(title: str, answers: Sequence[Answer]) -> str:
    """The questions as headings with their answers; the references of all stand at the end.

    Their numbers run through the whole conversation, and each paper is there once.
    """
    numbers: dict[str, int] = {}
    for answer in answers:
        for citation in sorted(_cited(answer), key=lambda c: c.number):
            numbers.setdefault(citation.paper_id, len(numbers) + 1)
    parts = [f"# {escaped(title) or 'Conversation'}"]
    for answer in answers:
        parts += [f"## {escaped(answer.question)}", _body(answer, numbers)]
    parts.append(_references(answers, numbers))
    return "\n\n".join(part for part in parts if part) + "\n"


def _cited(answer: Answer) -> list[Citation]:
    """All its citations, be they told of the answer, of its sentences or of both."""
    return [*answer.citations, *(c for sentence in answer.sentences for c in sentence.citations)]


def _body(answer: Answer, numbers: Mapping[str, int]) -> str:
    if not answer.sentences:
        return _refusal(answer)
    paragraphs: list[list[str]] = []
    for sentence in answer.sentences:
        if sentence.opens_paragraph or not paragraphs:
            paragraphs.append([])
        text = _sentence(sentence, numbers)
        text = text if sentence.supported else f"{text} {_NOT_SUPPORTED}"
        if sentence.entry:
            text = f"- {text}" if not paragraphs[-1] else f"\n- {text}"
        paragraphs[-1].append(text)
    return "\n\n".join(" ".join(one).replace(" \n", "\n") for one in paragraphs)


def _sentence(sentence: Sentence, numbers: Mapping[str, int]) -> str:
    """Its marks with the papers' numbers in this text, its titles in italics, the rest escaped."""
    known = {f"[{c.number}]": f"[{numbers[c.paper_id]}]" for c in sentence.citations}
    for title in {one_line(citation.title) for citation in sentence.citations} - {""}:
        known[f"*{title}*"] = f"*{escaped(title)}*"
    if sentence.direct:
        known[f"**{sentence.direct}**"] = f"**{escaped(sentence.direct)}**"
    text = one_line(sentence.text)
    if not known:
        return escaped(text)
    pattern = "|".join(re.escape(piece) for piece in sorted(known, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text)
    shown = ""
    for place, piece in enumerate(pieces):
        if place % 2:
            shown += known[piece]
            continue
        # `escaped` drops the space at the ends, which parts the text from the marks.
        lead = " " if piece.startswith(" ") else ""
        tail = " " if piece.endswith(" ") and piece != " " else ""
        plain = escaped(piece)
        if place and not lead and pieces[place - 1].startswith("["):
            plain = _LINKING.sub(r"\\\g<0>", plain)
        shown += f"{lead}{plain}{tail}"
    return shown


def _refusal(answer: Answer) -> str:
    text = escaped(answer.text.partition(" The nearest papers are:")[0])
    if not answer.nearest:
        return text
    nearest = "\n".join(f"- {reference(paper)}" for paper in answer.nearest)
    return f"{text}\n\nThe nearest papers are:\n\n{nearest}"


def _references(answers: Sequence[Answer], numbers: Mapping[str, int]) -> str:
    cited: dict[str, list[Citation]] = {}
    for citation in chain.from_iterable(map(_cited, answers)):
        cited.setdefault(citation.paper_id, []).append(citation)
    papers = {
        paper.id: paper
        for answer in answers
        for paper in (*answer.nearest, *(passage.paper for passage in answer.passages))
    }
    if not cited:
        return ""
    entries = [
        _reference(numbers[paper_id], papers.get(paper_id), cited[paper_id])
        for paper_id in sorted(cited, key=lambda one: numbers[one])
    ]
    return "\n".join(["**References**\n", *entries])


def _reference(number: int, paper: Paper | None, citations: Iterable[Citation]) -> str:
    """A paper with its number and, each on a line of its own, the sentences quoted from it."""
    supported: dict[str, bool] = {}
    title = ""
    for citation in citations:
        title = title or citation.title
        quote = escaped(citation.quote)
        supported[quote] = supported.get(quote, False) or citation.supported
    lines = [f"- [{number}] {reference(paper) if paper else f'*{escaped(title)}*.'}"]
    for quote, enough in supported.items():
        if quote:
            lines.append(f"\n  > “{quote}”" + ("" if enough else f" {_NO_SUPPORT}"))
    return "\n".join(lines)
