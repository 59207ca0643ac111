"""How near are answers to a reference, how long are they, and what do they cost?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Answer
from eval.choosing import Asked
from eval.citations import in_two
from eval.findings import Findings, by_group
from eval.plots import bars
from eval.questions import Question
from eval.scores import Outcome
from store.library import Library
from store.paper import normal_title

_WORD = re.compile(r"[^\W_]+")
_NONE_WROTE = "nobody (refused)"
_NO_REFERENCE = (
    'No question that was answered has a reference: give rows an "answer", or evidence sentences.'
)
_EVIDENCE = (
    "Where a question has no reference answer its gold evidence sentences are the reference, of "
    "each right paper apart, and the nearest counts: extractive answers, which quote, have an "
    "advantage there."
)


def measure(asked: Asked) -> Findings:
    """Means over the questions that were answered and have a reference; lengths and costs over
    all answers."""
    outcomes, library = asked.outcomes, asked.engine.library
    likeness = _likeness(outcomes, library)

    def row(group: Sequence[Outcome]) -> dict[str, float]:
        answered = [o for o in group if o.answer.sentences]
        found = [likeness[o.question.id] for o in answered if o.question.id in likeness]
        return {
            "questions": len(group),
            "answers": len(answered),
            "with_reference": len(found),
            "rouge_l": _mean([rouge for rouge, _ in found]),
            "similarity": _mean([similarity for _, similarity in found]),
            "words": _mean([len(plain(o.answer).split()) for o in answered]),
        }

    figures = by_group(outcomes, row)
    figures["cost"] = costs([o.answer for o in outcomes])
    plots = {}
    rows = {k: r for k, r in figures["by_kind"].items() if r["with_reference"]}
    if rows:
        series = {m: [r[m] for r in rows.values()] for m in ("rouge_l", "similarity")}
        plots["kinds"] = bars("Answers against references", list(rows), series, "0 to 1")
    each = {o.question.id: _of_one(o, likeness) for o in outcomes}
    return Findings(figures, each, plots, (_EVIDENCE if likeness else _NO_REFERENCE,))


def plain(answer: Answer) -> str:
    """An answer's sentences without marks and without the titles that lead its quotes."""
    return " ".join(part for sentence in answer.sentences for part in in_two(sentence) if part)


def references(question: Question, abstracts: Mapping[str, str]) -> list[str]:
    """What an answer may be held against: the reference answer, else for each right paper the
    sentences that a reader picked, in the abstract's order.

    Args:
        abstracts: by normalised title.
    """
    if question.answer:
        return [question.answer]
    return [
        " ".join(abstracts[title][start:end] for start, end in sorted(spans))
        for title, spans in question.evidence.items()
        if title in abstracts and spans
    ]


def rouge_l(text: str, reference: str) -> float:
    """ROUGE-L F1 (Lin 2004): harmonic mean of the shares of both texts' words that their longest
    common subsequence holds. Words are runs of letters and digits in small letters, unstemmed.

    The same as the package rouge-score, which isn't used as it is distributed as source only,
    brings nltk, and takes no other letters than English ones.
    """
    from rapidfuzz.distance import LCSseq

    words, wanted = (_WORD.findall(t.lower()) for t in (text, reference))
    common = LCSseq.similarity(words, wanted)
    return 2 * common / (len(words) + len(wanted)) if common else 0.0


def costs(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """By writer: how many answers, mean tokens of each and their sum, and milliseconds until the
    whole answer was there. A refusal that no language model wrote has no writer."""
    by_writer: dict[str, list[Answer]] = {}
    for answer in answers:
        wrote = answer.sentences or answer.tokens.prompt
        by_writer.setdefault(answer.writer if wrote else _NONE_WROTE, []).append(answer)
    return {
        writer: {
            "answers": len(group),
            "prompt_tokens": _mean([a.tokens.prompt for a in group]),
            "completion_tokens": _mean([a.tokens.completion for a in group]),
            "all_tokens": sum(a.tokens.prompt + a.tokens.completion for a in group),
            "p50_ms": float(np.percentile([a.timings_ms["total"] for a in group], 50)),
            "p95_ms": float(np.percentile([a.timings_ms["total"] for a in group], 95)),
        }
        for writer, group in sorted(by_writer.items())
    }


def _likeness(outcomes: Sequence[Outcome], library: Library) -> dict[str, tuple[float, float]]:
    """ROUGE-L and cosine to the nearest reference, by question that has one and was answered.

    The built-in embedder reads the first 256 word pieces of either text.
    """
    abstracts = {normal_title(paper.title): paper.abstract for paper in library.catalog.list()}
    held = {
        o.question.id: (plain(o.answer), texts)
        for o in outcomes
        if o.answer.sentences and (texts := references(o.question, abstracts))
    }
    texts = list(dict.fromkeys(t for text, wanted in held.values() for t in (text, *wanted)))
    vectors = dict(zip(texts, library.embed(texts), strict=True)) if texts else {}
    return {
        i: (
            max(rouge_l(text, one) for one in wanted),
            max(_cosine(vectors[text], vectors[one]) for one in wanted),
        )
        for i, (text, wanted) in held.items()
    }


def _of_one(o: Outcome, likeness: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    measures = {
        "total_ms": o.answer.timings_ms["total"],
        "prompt_tokens": float(o.answer.tokens.prompt),
        "completion_tokens": float(o.answer.tokens.completion),
    }
    if o.answer.sentences:
        measures["words"] = float(len(plain(o.answer).split()))
    if o.question.id in likeness:
        measures["rouge_l"], measures["similarity"] = likeness[o.question.id]
    return measures


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else float("nan")
