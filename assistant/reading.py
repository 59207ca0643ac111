"""Which papers are read together with the question, and what that changes of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Passage
from assistant.conversation import Standalone
from assistant.evidence import Evidence
from assistant.retrieval import in_order
from assistant.together import Judgement, Reader, retold
from store.library import Library

# A paper this far behind the first, by the score of the search, isn't brought forward; of those
# nearer, the log-odds that it answers count so much beside that score. Chosen on training
# questions about papers that nothing has learnt from; see eval/README.md.
_NEAR = 0.3
_COUNTS = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found, after the first papers were read; `answers` is the log-odds that one of
    them answers, None where that isn't to count."""

    passages: list[Passage]
    evidence: list[Evidence]
    answers: float | None = None


@dataclass
class FirstPapers:
    """Reads the first papers together with the question: `most` at most, none where that is 0.

    It is one paper where the search leaves no doubt, those close behind the first where it does,
    those that are named, and as many as it may be where several are wanted. A message longer
    than the model was taught is left alone: its beginning may be anything but the question. What
    the conversation adds to it stands behind it, and may be cut off.
    """

    reader: Reader
    library: Library
    most: int

    def read(
        self,
        standalone: Standalone,
        passages: Sequence[Passage],
        evidence: Sequence[Evidence],
        *,
        several: bool,
        named: int,
        movable: bool,
    ) -> Reading:
        """The sentences told apart anew, and the papers put in a new order if `movable`. Those
        that are `named` stay before all others."""
        movable = movable and not named
        near = _near(passages[: self.most]) if movable else 1
        wanted = named or (self.most if several else near)
        first = passages[: min(wanted, self.most)]
        if not first or self.reader.is_too_long(standalone.asks, self.library):
            return Reading(list(passages), list(evidence))
        judged = self.reader.judge(standalone.question, first, evidence, self.library)
        count = len(first)
        order = _order(first, judged, near) if movable else list(range(count))
        answers: float | None = max(one.answers for one in judged)
        if not (several or named):
            answers = judged[order[0]].answers
        if standalone.favoured:
            # Follow-ups it wasn't taught: of a paper that the conversation means it may only say
            # that it answers, and the message alone tells its sentences apart.
            answers = answers if answers and answers > 0 else None
            if standalone.asks != standalone.question:
                judged = self.reader.judge(standalone.asks, first, evidence, self.library)
        order = [*order, *range(count, len(passages))]
        return Reading(*in_order(order, passages, retold(evidence, judged)), answers)


def _near(passages: Sequence[Passage]) -> int:
    """How many of the first are so close to the very first that reading may tell."""
    least = passages[0].scores.fused - _NEAR if passages else 0.0
    return next((i for i, p in enumerate(passages) if p.scores.fused < least), len(passages))


def _order(passages: Sequence[Passage], judged: Sequence[Judgement], near: int) -> list[int]:
    """The places of the passages, of which the `near` first ones are sorted anew."""

    def score(i: int) -> float:
        return passages[i].scores.fused + _COUNTS * judged[i].answers

    return [*sorted(range(near), key=score, reverse=True), *range(near, len(passages))]
