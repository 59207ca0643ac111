"""Are an answer's citations right, needed and enough?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isnan
from statistics import fmean

from assistant.answer import Answer, Passage, Scores, Sentence
from assistant.citing import SupportCheck
from eval.choosing import Asked
from eval.findings import Findings, by_group
from eval.plots import Draw, bars
from eval.scores import (
    Outcome,
    citations_right,
    first_citation_evident,
    first_citation_right,
    quotes_verbatim,
)
from store.paper import Paper, normal_title
from store.sentences import split_sentences

Bears = Callable[[str, tuple[Passage, ...]], bool]
_MARK = re.compile(r"\s*\[(\d+)\]")
_LEAD_END = r"(?: \(summary\))?: "
_RIGHT = {
    "citations_to_a_right_paper": "right paper",
    "first_citation_to_a_right_paper": "first: right paper",
    "citations_are_evidence": "gold sentence",
    "first_citation_is_evidence": "first: gold sentence",
}
_NEEDED = {"citation_recall": "recall", "citation_precision": "precision"}
_EXTRACTIVE = (
    "Extractive answers quote word for word, so that their citation recall and precision are 1 by "
    "construction: these two tell something of a language model's answers only."
)
_CHECK = (
    "Citation recall and precision are ALCE's (Gao et al. 2023), judged by the product's own "
    "support check in place of an inference model, which it replaces without being one: "
    "`assistant eval support` shows what it lets through."
)
_NOT_VERBATIM = "SOME QUOTES DON'T STAND AT THEIR OFFSETS: that is a fault of the program."


def measure(asked: Asked) -> Findings:
    """All measures of the citations of the questions asked; refused ones cite nothing.

    Recall and precision are means over the answers, as in ALCE; shares of citations are over all
    citations of a group.
    """
    bears = borne_out_by(asked.engine.check)
    answered = [o for o in asked.outcomes if o.answer.sentences]
    judged = {o.question.id: alce(o.answer, bears) for o in answered}

    def row(outcomes: Sequence[Outcome]) -> dict[str, float]:
        return _row(outcomes, judged)

    writers = sorted({o.answer.writer for o in answered})
    figures = by_group(answered, row)
    figures["by_writer"] = {w: row([o for o in answered if o.answer.writer == w]) for w in writers}
    each = {o.question.id: _of_one(row([o])) for o in answered}
    notes = [_CHECK] + [_EXTRACTIVE] * ("extractive" in writers)
    if quotes_verbatim(answered) < 1:
        notes.insert(0, _NOT_VERBATIM)
    shown = _RIGHT if writers == ["extractive"] else _RIGHT | _NEEDED
    return Findings(figures, each, _plot(figures["by_kind"], shown), tuple(notes))


def alce(answer: Answer, bears: Bears) -> tuple[float, float]:
    """Citation recall and precision of one answer (Gao et al. 2023, "Enabling Large Language
    Models to Generate Text with Citations", section 3).

    Recall: share of the sentences that what they cite, taken together, bears out. Precision:
    share of the citations that are needed, which is those of a sentence borne out that bear it
    out alone, or without which the others don't. A paper cited twice by a sentence counts once.

    Args:
        bears: whether passages, taken together, bear a text out.
    """
    passages = {p.paper.id: p for p in answer.passages}
    whole, needed = [], []
    for sentence in answer.sentences:
        text = said(sentence)
        cited = tuple(passages[i] for i in dict.fromkeys(c.paper_id for c in sentence.citations))
        whole.append(bool(cited) and bears(text, cited))
        for number, passage in enumerate(cited):
            others = cited[:number] + cited[number + 1 :]
            idle = others and not bears(text, (passage,)) and bears(text, others)
            needed.append(whole[-1] and not idle)
    return _mean(whole), _mean(needed)


def said(sentence: Sentence) -> str:
    """What a sentence claims: without its marks, and of a quote without what leads it in."""
    return in_two(sentence)[1]


def in_two(sentence: Sentence) -> tuple[str, str]:
    """What stands before a quote's lead ("In *Title*: "), which is a short answer or nothing, and
    what is said; both without marks."""
    numbers = {citation.number for citation in sentence.citations}
    text = _MARK.sub(lambda m: "" if int(m[1]) in numbers else m[0], sentence.text)
    for citation in sentence.citations:
        if found := re.search(rf"\bin \*{re.escape(citation.title)}\*{_LEAD_END}", text, re.I):
            before = text[: found.start()].removesuffix("By contrast, ")
            return before.strip(" *:"), text[found.end() :]
    return "", text


def borne_out_by(check: SupportCheck) -> Bears:
    """The product's support check as a judge of several passages: one of them is enough, or all
    of them read as one text."""

    @cache
    def alone(text: str, title: str, abstract: str) -> bool:
        words = text.split()
        if any(abstract[start:end].split() == words for start, end in split_sentences(abstract)):
            return True  # as the check would say, without a vector for each sentence
        paper = Paper(title=title, abstract=abstract)
        return check.of(text, Passage(paper, Scores(0.0))).enough

    def bears(text: str, passages: tuple[Passage, ...]) -> bool:
        papers = [p.paper for p in passages]
        if any(alone(text, paper.title, paper.abstract) for paper in papers):
            return True
        titles, abstracts = ([p.title for p in papers], [p.abstract for p in papers])
        return len(papers) > 1 and alone(text, " ".join(titles), " ".join(abstracts))

    return bears


def _row(
    answered: Sequence[Outcome], judged: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    papers = [len({c.paper_id for c in o.answer.citations}) for o in answered]
    marks = [marked for o in answered if (marked := evident(o))]
    recalls, precisions = ([judged[o.question.id][place] for o in answered] for place in (0, 1))
    return {
        "answers": len(answered),
        "citations": sum(len(o.answer.citations) for o in answered),
        "papers_per_answer": _mean(papers),
        "quotes_verbatim": quotes_verbatim(answered),
        "citation_recall": _mean(recalls),
        "citation_precision": _mean(precisions),
        "citations_to_a_right_paper": citations_right(answered),
        "first_citation_to_a_right_paper": first_citation_right(answered),
        "citations_are_evidence": _mean([mark for marked in marks for mark in marked]),
        "any_citation_is_evidence": _mean([any(marked) for marked in marks]),
        "first_citation_is_evidence": first_citation_evident(answered),
    }


def evident(o: Outcome) -> list[bool]:
    """For each citation whether its sentence is one that a reader picked; none where no reader
    picked any for the question."""
    if not o.question.evidence:
        return []
    return [
        any(c.start < end and start < c.end for start, end in o.question.evidence.get(title, []))
        for c in o.answer.citations
        for title in [normal_title(c.title)]
    ]


def _plot(by_kind: Mapping[str, Mapping[str, float]], shown: Mapping[str, str]) -> dict[str, Draw]:
    """Bars for the kinds that a paper answers; a measure that a kind hasn't got is drawn as 0."""
    rows = {k: r for k, r in by_kind.items() if not isnan(r["citations_to_a_right_paper"])}
    if not rows:
        return {}
    series = {
        label: [0.0 if isnan(row[name]) else row[name] for row in rows.values()]
        for name, label in shown.items()
    }
    return {"kinds": bars("Citations by kind of question", list(rows), series, "share")}


def _of_one(row: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if name != "answers"}


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else float("nan")
