"""Which lines of a listing page are titles and which are abstracts.

Between two footers a page is a run of titles and abstracts, and where footers are missing
nothing marks where a record begins. The run is divided by the cheapest reading of it: every
way to call its units (blocks of lines, or lines) title or abstract has a price, made of what
titles and abstracts look like and of how often an abstract has several paragraphs or is
missing, and the search for the lowest price (Viterbi's, two states, linear in the units)
weighs the whole run at once. So one odd title or one abstract without a full stop can't
shift the records behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import Literal, NamedTuple

Ending = Literal["stop", "mark", "open"]

# The prices are rough logarithms of how rare a thing is: 0 is usual, 8 about one in thousands.
_NO_ABSTRACT = 8.0  # a title that another title follows
_CUT = 1.0  # the same at the end of the page, where a save may have been cut
_OPEN_END = 3.0  # an abstract without a full stop at its end, and a title behind it
_PARAGRAPH = 2.5  # an abstract that goes on after a full stop and an empty line
_BROKEN = 6.0  # an abstract that goes on in the middle of a sentence
_LIKE_TITLE = 4.0  # a paragraph that has a title's length and no full stop
_SECOND_LINE = 3.0  # an abstract of several lines where each line is a unit
_LINES_IN_BLOCKS = 4.0  # units are lines though the page has empty lines; twice with footers
_AT_THE_END = 3.0  # a paragraph at the very end of a page without footers: rather a cut title
_STOPPED_TITLE = 4.0  # a title with a full stop, twice that if its abstract is no longer

_TOO_FEW_TO_JUDGE = 10  # records

_SHORT = 250  # characters; most titles are shorter, most abstracts are longer
_CLOSERS = "\"'\u201d\u2019\u00bb)]}*_$`"  # may stand behind the full stop

_CHAPTERS = frozenset({"chapter", "part", "book", "act", "scene", "canto", "section"})


class Line(NamedTuple):
    """A line with text: its number in the file (from 1) and the text, spaces collapsed."""

    number: int
    text: str


class Record(NamedTuple):
    """A title, the number of its first line, and its abstract ("" if there is none)."""

    line: int
    title: str
    abstract: str


class _Unit(NamedTuple):
    """What can only be a title or (part of) an abstract as a whole: a block or a line."""

    line: int
    text: str
    ending: Ending
    as_title: float


class _View(NamedTuple):
    """One way to cut a page into units, and how unlikely it is before one looks at them."""

    runs: list[list[_Unit]]
    by_line: bool = False
    price: float = 0.0


def ending(text: str) -> Ending:
    """How a text ends: with a full stop or an address, with ? or !, or open."""
    tail = text[-300:].rstrip(_CLOSERS)
    if not tail:
        return "open"
    if tail[-1] in ".…。":
        return "stop"
    if tail[-1] in "?!\uff1f\uff01":
        return "mark"
    last = tail.rpartition(" ")[2]
    address = "//" in last or "www." in last.lower() or ("/" in last and "." in last)
    return "stop" if address else "open"


def divide(
    runs: Sequence[Sequence[Line]], closed: Sequence[bool], spaced: bool
) -> list[list[Record]] | None:
    """The records of each run of lines, or None if no reading of the page is likely.

    A closed run has a footer behind it. `spaced` says whether the page has empty lines at
    all, as then blocks of lines are the likely units, and without them single lines. The
    page is read in both ways and the cheaper is taken.
    """
    adjoining = any(b.number == a.number + 1 for run in runs for a, b in pairwise(run))
    views: list[_View] = []
    if spaced or not adjoining:
        views.append(_View([list(_blocks(run)) for run in runs]))
    if adjoining:
        lines = [[_unit(*line) for line in run] for run in runs]
        unlikely = _LINES_IN_BLOCKS * (1 + any(closed)) if spaced else 0.0
        views.append(_View(lines, by_line=True, price=unlikely))
    readings = [(*_read(view, closed), view) for view in views]
    _, starts, view = min(readings, key=lambda reading: reading[0])
    divided = [list(_records(*run)) for run in zip(view.runs, starts, strict=True)]
    return divided if _likely([record for records in divided for record in records]) else None


def _likely(records: Sequence[Record]) -> bool:
    """Whether even the cheapest reading is one of titles and abstracts, and not of wrapped prose.

    In prose "titles" are as long as "abstracts", and neither ends with a sentence's end.
    """
    stopped = sum(ending(record.abstract) != "open" for record in records)
    titles = sum(len(record.title) for record in records)
    abstracts = sum(len(record.abstract) for record in records)
    few = len(records) <= _TOO_FEW_TO_JUDGE
    return few or 2 * stopped > len(records) or abstracts > 2 * titles


def alternates(lines: Sequence[Line]) -> bool:
    """Whether a text without any mark of a listing is one title and one abstract in turn.

    Strict, so that a letter or a novel isn't taken for a listing: at least two titles that
    don't end like sentences with abstracts that do, and one odd pair in ten. The last may be
    cut.
    """
    return _alternate(_blocks(lines)) or _alternate(_unit(*line) for line in lines)


def _alternate(units: Iterator[_Unit]) -> bool:
    fitting = odd = titles = abstracts = 0
    cut = False
    for title in units:
        abstract = next(units, None)
        if abstract is None:
            break
        cut = abstract.ending == "open"
        first = title.text.split(" ", 1)[0].casefold().strip(".:")
        unlike = title.ending == "stop" or title.text[-1] in ",;:" or title.text[0] in "#>@<{}%|="
        if cut or unlike or len(abstract.text) < 40 or first in _CHAPTERS:
            odd += 1
            if odd > fitting + 10:
                return False
        else:
            fitting += 1
            titles += len(title.text)
            abstracts += len(abstract.text)
    return fitting > 1 and (odd - cut) * 10 <= fitting and abstracts > 1.2 * titles


def _blocks(lines: Sequence[Line]) -> Iterator[_Unit]:
    block: list[str] = []
    first = last = 0
    for number, text in lines:
        if block and number != last + 1:
            yield _unit(first, " ".join(block))
            block = []
        if not block:
            first = number
        block.append(text)
        last = number
    if block:
        yield _unit(first, " ".join(block))


def _unit(line: int, text: str) -> _Unit:
    end = ending(text)
    price = 0.5 if end == "mark" else 0.0
    if end == "open" and text[-1] in ",;:":
        price += 3
    if len(text) > _SHORT:
        price += 1 if len(text) < 2 * _SHORT else 3
        price += min(2 * max(text.count(". ") - 1, 0), 6)
    return _Unit(line, text, end, price)


def _read(view: _View, closed: Sequence[bool]) -> tuple[float, list[list[bool]]]:
    """The price of a view and, for every unit, whether a record starts there."""
    footers = any(closed)
    total = view.price
    best = []
    for units, shut in zip(view.runs, closed, strict=True):
        price, starts = _cheapest(units, shut, footers, view)
        total += price
        best.append(starts)
    return total, best


def _cheapest(
    units: Sequence[_Unit], closed: bool, footers: bool, view: _View
) -> tuple[float, list[bool]]:
    if not units:
        return 0.0, []
    stopped = 2 * _STOPPED_TITLE if footers else _STOPPED_TITLE
    title, body = _title_price(units[0], stopped), inf
    after_title = bytearray(len(units))  # bit 1: a title came from a title, bit 2: a body did
    for i in range(1, len(units)):
        before, unit = units[i - 1], units[i]
        ended = body + (_OPEN_END if before.ending == "open" else 0)
        alone = title + _NO_ABSTRACT
        last = not closed and i == len(units) - 1
        begun = title + _pair_price(before, unit, footers, last)
        carried = body + _join_price(before, unit, last and not footers)
        if view.by_line:
            carried += _SECOND_LINE
        after_title[i] = (alone < ended) + 2 * (begun <= carried)
        title = min(ended, alone) + _title_price(unit, stopped)
        body = min(begun, carried)
    title += _NO_ABSTRACT if closed else _CUT
    is_title = title < body
    starts = [False] * len(units)
    for i in range(len(units) - 1, -1, -1):
        starts[i] = is_title
        is_title = bool(after_title[i] & (1 if is_title else 2))
    return min(title, body), starts


def _title_price(unit: _Unit, stopped: float) -> float:
    return unit.as_title + (stopped if unit.ending == "stop" else 0)


def _pair_price(title: _Unit, abstract: _Unit, footers: bool, last: bool) -> float:
    """The price of an abstract's first unit behind its title."""
    price = 0.0
    if not last:
        price += len(abstract.text) < len(title.text)
        price += 2 * (len(abstract.text) < 25)
    if title.ending == "stop" and not footers and len(abstract.text) < 3 * len(title.text):
        price += _STOPPED_TITLE
    return price


def _join_price(before: _Unit, unit: _Unit, at_the_end: bool) -> float:
    """The price of an abstract that goes on from one unit to the next."""
    price = _AT_THE_END if at_the_end else 0.0
    if before.ending != "open":
        price += _PARAGRAPH
    elif before.text[-1] in ",;:" or unit.text[0].islower():
        price += 1
    else:
        price += _BROKEN
    if before.ending == "open" and len(before.text) < _SHORT and before.text[-1] not in ",;:":
        price += 3
    if unit.ending != "stop" and len(unit.text) < _SHORT:
        price += _LIKE_TITLE if unit.ending == "open" else _LIKE_TITLE / 2
    return price


def _records(units: Sequence[_Unit], starts: Sequence[bool]) -> Iterator[Record]:
    begins = [i for i, start in enumerate(starts) if start]
    for begin, end in pairwise([*begins, len(units)]):
        title = units[begin]
        yield Record(title.line, title.text, " ".join(u.text for u in units[begin + 1 : end]))
