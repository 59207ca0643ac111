"""What a run over the questions is measured by. Plain functions over plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Answer
from eval.questions import Question
from store.paper import normal_title


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question with what came of it.

    `rank` is the place (from 1) of the first right paper among the passages, 0 if none is.
    """

    question: Question
    answer: Answer
    rank: int


def outcome(question: Question, answer: Answer) -> Outcome:
    """Where the first right paper stands among an answer's passages."""
    titles = [normal_title(passage.paper.title) for passage in answer.passages]
    ranks = [titles.index(title) + 1 for title in question.papers if title in titles]
    return Outcome(question, answer, min(ranks, default=0))


def hit_at(outcomes: Sequence[Outcome], k: int) -> float:
    """Share of the answerable questions with a right paper among the first k."""
    return _mean([0 < o.rank <= k for o in outcomes if o.question.answerable])


def reciprocal_rank(outcomes: Sequence[Outcome]) -> float:
    """Mean reciprocal rank of the first right paper (0 where it isn't among the passages)."""
    return _mean([1 / o.rank if o.rank else 0.0 for o in outcomes if o.question.answerable])


def citations_right(outcomes: Sequence[Outcome]) -> float:
    """Share of all citations, over all answers to answerable questions, to a right paper."""
    marks = [
        normal_title(citation.title) in o.question.papers
        for o in outcomes
        if o.question.answerable
        for citation in o.answer.citations
    ]
    return _mean(marks)


def first_citation_right(outcomes: Sequence[Outcome]) -> float:
    """Share of the answerable questions that were answered whose first citation is to a right
    paper."""
    firsts = [(o, o.answer.citations[0]) for o in outcomes if o.answer.citations]
    marks = [normal_title(c.title) in o.question.papers for o, c in firsts if o.question.answerable]
    return _mean(marks)


def first_citation_evident(outcomes: Sequence[Outcome]) -> float:
    """Share of the labelled questions that were answered whose first quote overlaps a sentence
    that a reader picked as evidence."""
    marks = []
    for o in outcomes:
        if not o.question.evidence or not o.answer.citations:
            continue
        first = o.answer.citations[0]
        gold = o.question.evidence.get(normal_title(first.title), [])
        marks.append(any(first.start < end and start < first.end for start, end in gold))
    return _mean(marks)


def per_question(o: Outcome) -> dict[str, float]:
    """What the measures say of one question, less those that make no sense for it.

    `refused_right` is 1 where refusing or answering was right. The right citations are a share
    of this answer's, so that their mean over questions isn't `citations_right`.
    """
    refused = o.answer.status == "refused"
    measures = {
        "refused_right": float(refused != o.question.answerable),
        "confidence": o.answer.confidence,
    }
    if o.question.answerable:
        measures |= {
            "hit@1": hit_at([o], 1),
            "hit@5": hit_at([o], 5),
            "rr": reciprocal_rank([o]),
            "citations_to_a_right_paper": citations_right([o]),
            "first_citation_is_evidence": first_citation_evident([o]),
        }
    return {name: value for name, value in measures.items() if not np.isnan(value)}


def quotes_verbatim(outcomes: Sequence[Outcome]) -> float:
    """Share of all citations whose quote stands at its offsets in its paper's abstract."""
    marks = []
    for o in outcomes:
        abstracts = {p.paper.id: p.paper.abstract for p in o.answer.passages}
        marks += [abstracts[c.paper_id][c.start : c.end] == c.quote for c in o.answer.citations]
    return _mean(marks)


def refusals(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Precision and recall of refusing, and how often each kind of question was treated right."""
    refused = [o for o in outcomes if o.answer.status == "refused"]
    none = [o for o in outcomes if not o.question.answerable]
    some = [o for o in outcomes if o.question.answerable]
    return {
        "precision": _mean([not o.question.answerable for o in refused]),
        "recall": _mean([o.answer.status == "refused" for o in none]),
        "answered_right": _mean([o.answer.status != "refused" for o in some]),
    }


def auroc(outcomes: Sequence[Outcome], *, within: int | None = None) -> float:
    """Area under the ROC curve of the confidence, answerable against unanswerable questions.

    `within` holds only questions against each other whose numbers of words are no further apart:
    where people ask longer for what is there, length alone would tell the two kinds apart.
    """
    right = [o for o in outcomes if o.question.answerable]
    wrong = [o for o in outcomes if not o.question.answerable]
    gaps = _gaps([o.answer.confidence for o in right], [o.answer.confidence for o in wrong])
    if within is not None:
        words = [[len(o.question.question.split()) for o in half] for half in (right, wrong)]
        gaps = gaps[np.abs(_gaps(*words)) <= within]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean()) if gaps.size else float("nan")


def _gaps(ones: Sequence[float], others: Sequence[float]) -> NDArray[np.float64]:
    gaps: NDArray[np.float64] = np.array(ones, float)[:, None] - np.array(others, float)[None, :]
    return gaps


def _mean(values: Sequence[float | bool]) -> float:
    return float(np.mean(values)) if values else float("nan")
