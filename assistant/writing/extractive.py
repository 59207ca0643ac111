"""The extractive writer: picks sentences that answer, quotes them and never invents a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.answer import Citation, Passage, Sentence, Tokens
from assistant.conflict import conflicts, numbers_in
from assistant.evidence import Evidence
from assistant.writing.base import Task
from assistant.writing.claims import opposes
from assistant.writing.direct import Direct, direct_answer

# Chosen on the tuning half of the questions: more papers answer broad questions better, and
# cite more that a reader wouldn't.
_BEHIND = 0.02  # how far (fused score) a further paper may stand behind the first
_REACH = 0.95  # share of the first paper's relevance that its best sentence must have
_BEHIND_IF_SEVERAL, _REACH_IF_SEVERAL = 0.3, 0.8  # the same where several papers are wanted
_TELLING = 1.2  # how far a further sentence of a paper may fall behind its most telling one
_REPEATS = 0.88  # cosine above which a sentence says what another said
_PAPERS = 4

_SPACE = re.compile(r"\s+")


class ExtractiveWriter:
    """Quotes the best sentences, paper by paper, the strongest paper first.

    Within a paper the most telling sentence leads and the others follow in the abstract's
    order. A sentence that repeats one already chosen is left out. Where the question has a short
    answer that is plain to see, it comes first of all, and a paper that says the opposite of
    one before it is led in as such; `notices` then says so for the whole answer.
    """

    name = "extractive"
    tokens = Tokens()

    def __init__(self, max_sentences: int = 4) -> None:
        self.max_sentences = max_sentences
        self.notices: list[str] = []

    def write(self, task: Task) -> Iterator[Sentence]:
        chosen = choose(
            task.evidence,
            task.passages,
            self.max_sentences,
            several=task.several,
            named=task.named,
        )
        opposed = _opposed(chosen)
        self.notices = [f"[{n}] reports the opposite of [{m}]." for n, m in opposed.items()]
        direct = None if opposed or task.several else _direct(task, chosen)
        for number, (index, quoted) in enumerate(chosen, 1):
            passage = task.passages[index]
            if direct and number == 1:
                quoted = _led_by(direct.evidence, quoted)
            for place, evidence in enumerate(quoted):
                yield _quote(
                    passage,
                    evidence,
                    number,
                    leads=place == 0,
                    direct=direct.text if direct and number == 1 and place == 0 else "",
                    contrast=place == 0 and number in opposed,
                )


def choose(
    evidence: Sequence[Evidence],
    passages: Sequence[Passage],
    most: int,
    *,
    several: bool = False,
    named: int = 0,
) -> list[tuple[int, list[Evidence]]]:
    """The sentences to quote: (passage, its sentences in reading order), the best paper first.

    Each paper worth citing gives its most telling sentence; what is then left of `most` goes to
    further telling sentences, the first paper's before the others'. A paper that would only
    repeat what another said is left out.
    """
    by_paper = {
        index: sorted((e for e in evidence if e.passage == index), key=lambda e: -e.telling)
        for index in range(len(passages))
    }
    chosen: dict[int, list[Evidence]] = {}
    worth = worth_citing(evidence, passages, several=several, named=named)
    for index in worth[: min(_PAPERS, most)]:
        best = by_paper[index][0].telling
        near = (e for e in by_paper[index] if best - e.telling <= _TELLING)
        against_first = sorted(near, key=lambda e: not _contradicts(e, chosen))
        new = next((e for e in against_first if not _repeats(e, chosen)), None)
        if new:
            chosen[index] = [new]
    if not named and len(chosen) < min(_PAPERS, most):
        chosen |= _against(by_paper, chosen, worth_citing(evidence, passages, several=True))
    left = most - len(chosen)
    for index, quoted in chosen.items():
        for candidate in by_paper[index]:
            if not left or len(quoted) == 3:
                break
            behind = quoted[0].telling - candidate.telling
            alone = len(chosen) == 1 and len(quoted) == 1  # one sentence is thin for an answer
            if (alone or behind <= _TELLING) and not _repeats(candidate, chosen):
                quoted.append(candidate)
                left -= 1
    return [
        (index, [quoted[0], *sorted(quoted[1:], key=lambda e: e.span)])
        for index, quoted in chosen.items()
    ]


def worth_citing(
    evidence: Sequence[Evidence],
    passages: Sequence[Passage],
    *,
    several: bool = False,
    named: int = 0,
) -> list[int]:
    """The first passage, and those that stand close behind it with a sentence to show for it;
    where `several` papers are wanted they may stand further apart. The first `named` passages
    are the ones that the question names: then these and no others.

    Who reranked may have put a low fused score before a high one: the order is the reranker's,
    how far apart its places are is told by the scores in falling order."""
    best: dict[int, float] = {}
    for e in evidence:
        best[e.passage] = max(best.get(e.passage, 0.0), e.relevance)
    if not best:
        return []
    if named:
        return [index for index in sorted(best) if index < named]
    first = min(best)
    bar = (_REACH_IF_SEVERAL if several else _REACH) * best[first]
    allowed = _BEHIND_IF_SEVERAL if several else _BEHIND
    falling = sorted((passage.scores.fused for passage in passages), reverse=True)
    return [
        index
        for index in sorted(best)
        if index == first or (best[index] >= bar and falling[first] - falling[index] <= allowed)
    ]


def _repeats(candidate: Evidence, chosen: dict[int, list[Evidence]]) -> bool:
    """Whether a sentence says what a chosen one says. The opposite and another figure are near
    in meaning too, and are just what a reader must not miss."""
    return any(
        float(np.dot(candidate.vector, evidence.vector)) > _REPEATS
        and numbers_in(candidate.text) <= numbers_in(evidence.text)
        and not conflicts(candidate.text.lower(), evidence.text.lower(), str.split)
        for quoted in chosen.values()
        for evidence in quoted
    )


def _contradicts(candidate: Evidence, chosen: dict[int, list[Evidence]]) -> bool:
    return any(opposes(candidate, e) for quoted in chosen.values() for e in quoted)


def _against(
    by_paper: dict[int, list[Evidence]], chosen: dict[int, list[Evidence]], near: Sequence[int]
) -> dict[int, list[Evidence]]:
    """The first of the papers close behind that says the opposite of a chosen one: a reader
    mustn't miss it."""
    for index in near:
        for e in by_paper[index] if index not in chosen else ():
            if by_paper[index][0].telling - e.telling <= _TELLING and _contradicts(e, chosen):
                return {index: [e]}
    return {}


def _opposed(chosen: Sequence[tuple[int, list[Evidence]]]) -> dict[int, int]:
    """The numbers of the papers whose leading sentence says the opposite of what an earlier
    paper is quoted with, each with that paper's number."""
    return {
        number: before
        for number, (_, quoted) in enumerate(chosen, 1)
        for before, (_, earlier) in reversed(list(enumerate(chosen[: number - 1], 1)))
        if any(opposes(quoted[0], e) for e in earlier)
    }


def _direct(task: Task, chosen: Sequence[tuple[int, list[Evidence]]]) -> Direct | None:
    if not chosen:
        return None
    index, quoted = chosen[0]
    own = [e for e in task.evidence if e.passage == index]
    title = task.passages[index].paper.title
    return direct_answer(task.asked or task.question, quoted, own, title)


def _led_by(evidence: Evidence, quoted: list[Evidence]) -> list[Evidence]:
    """The quoted sentences with this one first; as many as there were, if it is none of them."""
    rest = [e for e in quoted if e.span != evidence.span]
    return [evidence, *rest[: len(quoted) - 1]]


def _quote(
    passage: Passage,
    evidence: Evidence,
    number: int,
    *,
    leads: bool,
    direct: str = "",
    contrast: bool = False,
) -> Sentence:
    paper = passage.paper
    quote = paper.abstract[evidence.span[0] : evidence.span[1]]
    text = f"{_SPACE.sub(' ', quote)} [{number}]"
    if leads:
        kind = " (summary)" if paper.kind == "summary" else ""
        lead = "By contrast, in" if contrast else "In"
        text = f"{lead} *{paper.title}*{kind}: {text}"
    direct = _SPACE.sub(" ", direct)
    if direct:
        text = f"**{direct}** [{number}]: {text}"
    citation = Citation(
        number=number,
        paper_id=paper.id,
        title=paper.title,
        quote=quote,
        start=evidence.span[0],
        end=evidence.span[1],
        score=1.0,  # word for word, as the support check would say
        supported=True,
    )
    return Sentence(
        text,
        (citation,),
        supported=True,
        opens_paragraph=leads and number > 1,
        direct=direct,
    )
