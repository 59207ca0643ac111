"""Two kept runs, question by question: what differs, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.recording import Each, Run, figure

RESAMPLES = 10_000
_SEED = 20
_BATCH = 250  # resamples at a time, so that many questions don't fill the memory
_TOLD = 5  # questions told of that became better, and as many that became worse
Moved = tuple[str, float, float]  # question id, before, after


@dataclass(frozen=True, slots=True)
class Difference:
    """What a measure gained from one run to another, over the same questions.

    `low` and `high` bound the 95 % interval of `difference` (after − before); `p` is how
    often chance alone would bring a difference at least as large, either way.
    """

    questions: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Movement:
    """The questions whose measure changed: how many each way, and those that moved most."""

    better: int
    worse: int
    most_gained: tuple[Moved, ...]
    most_lost: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side. `notes` say in what else they differ."""

    before: str
    after: str
    measures: Mapping[str, Difference]
    movements: Mapping[str, Movement]
    notes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return asdict(self)


def paired(before: Sequence[float], after: Sequence[float]) -> Difference:
    """The difference of two means over the same questions, by a paired bootstrap.

    Questions are drawn with their pair of values: 10,000 resamples, a fixed seed, percentile
    interval. `p` comes from the same resamples moved to a mean of zero (Efron and Tibshirani
    1993, chapter 16), and is never below 1 / 10,001.

    Raises ValueError for fewer than two questions, or lists of different length.
    """
    import numpy as np
    from scipy.stats import bootstrap  # comes with scikit-learn

    first, second = np.asarray(before, float), np.asarray(after, float)
    if first.shape != second.shape or len(first) < 2:
        raise ValueError("A paired bootstrap takes two values for each of at least two questions.")

    def gain(a: Any, b: Any, axis: int = -1) -> Any:
        return np.mean(b - a, axis=axis)

    found = bootstrap(
        (first, second), gain, paired=True, n_resamples=RESAMPLES, batch=_BATCH,
        method="percentile", rng=np.random.default_rng(_SEED),
    )  # fmt: skip
    mean = float(gain(first, second))
    moved = np.abs(found.bootstrap_distribution - mean)
    # Sums in another order differ in their last bits, which must not count.
    as_large = int((moved >= abs(mean) - 1e-12).sum())
    interval = found.confidence_interval
    return Difference(
        questions=len(first),
        before=float(first.mean()),
        after=float(second.mean()),
        difference=mean,
        low=float(interval.low),
        high=float(interval.high),
        p=(as_large + 1) / (RESAMPLES + 1),
    )


def compare(before: Run, after: Run) -> Comparison:
    """Every measure that both runs have for at least two of the same questions."""
    names = list(dict.fromkeys(name for row in before.each.values() for name in row))
    measures, movements, few = {}, {}, []
    for name in names:
        pairs = _pairs(before.each, after.each, name)
        if len(pairs) < 2:
            few.append(name)
            continue
        measures[name] = paired([b for _, b, _ in pairs], [a for _, _, a in pairs])
        movements[name] = _movement(pairs)
    return Comparison(before.name, after.name, measures, movements, _notes(before, after, few))


def markdown(comparison: Comparison) -> str:
    """A comparison as a page to read."""
    c = comparison
    lines = [f"# {c.before} → {c.after}", "", *(f"{note}\n" for note in c.notes)]
    if not c.measures:
        return "\n".join([*lines, "No measure has two questions in both runs.", ""])
    lines += [
        f"| measure | questions | {c.before} | {c.after} | difference | 95 % interval | p |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    for name, d in c.measures.items():
        cells = [name, str(d.questions), figure(d.before), figure(d.after), *_difference(d)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| measure | better | worse | most gained | most lost |"]
    lines.append("| --- | ---: | ---: | --- | --- |")
    for name, m in c.movements.items():
        told = [_told(m.most_gained), _told(m.most_lost)]
        lines.append(f"| {name} | {m.better} | {m.worse} | {' | '.join(told)} |")
    lines += [
        "",
        f"Difference: after − before; interval and p by a paired bootstrap ({RESAMPLES:,} "
        "resamples of the questions).",
        "",
    ]
    return "\n".join(lines)


def in_words(d: Difference) -> str:
    """`+0.012 (95 % interval −0.003 to +0.027, p 0.11)`."""
    difference, interval, p = _difference(d)
    return f"{difference} (95 % interval {interval}, p {p})"


def _difference(d: Difference) -> list[str]:
    p = "< 0.001" if d.p < 0.001 else f"{d.p:.3f}"
    return [_signed(d.difference), f"{_signed(d.low)} to {_signed(d.high)}", p]


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _told(moved: Sequence[Moved]) -> str:
    return ", ".join(f"{i} {figure(b)} → {figure(a)}" for i, b, a in moved)


def _pairs(before: Each, after: Each, name: str) -> list[Moved]:
    return [
        (i, row[name], after[i][name])
        for i, row in before.items()
        if name in row and name in after.get(i, {})
    ]


def _movement(pairs: Sequence[Moved]) -> Movement:
    ordered = sorted(pairs, key=lambda moved: moved[1] - moved[2])
    better = [moved for moved in ordered if moved[2] > moved[1]]
    worse = [moved for moved in reversed(ordered) if moved[2] < moved[1]]
    return Movement(len(better), len(worse), tuple(better[:_TOLD]), tuple(worse[:_TOLD]))


def _notes(before: Run, after: Run, few: Sequence[str]) -> tuple[str, ...]:
    notes = []
    shared = before.each.keys() & after.each.keys()
    if before.each.keys() != after.each.keys():
        notes.append(
            f"The runs asked different questions: {len(shared)} are in both and are compared; "
            f"{len(before.each) - len(shared)} are in {before.name} only, "
            f"{len(after.each) - len(shared)} in {after.name} only."
        )
    elif before.questions.digest != after.questions.digest:
        notes.append("The questions have the same ids, but their file or judgements changed.")
    if before.library.embedder != after.library.embedder:
        notes.append(f"Embedders: {before.library.embedder}, then {after.library.embedder}.")
    if before.library.digest != after.library.digest:
        notes.append(
            f"The libraries hold different texts ({before.library.papers} papers, then "
            f"{after.library.papers})."
        )
    changed = sorted(
        f"{name} {old.get(name)} → {new.get(name)}"
        for part in before.settings.keys() | after.settings.keys()
        for old, new in [(before.settings.get(part, {}), after.settings.get(part, {}))]
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    )
    if changed:
        notes.append(f"Settings: {', '.join(changed)}.")
    if few:
        notes.append(f"Left out, as the runs don't share two questions: {', '.join(few)}.")
    return tuple(notes)
