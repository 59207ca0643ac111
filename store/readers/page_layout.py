"""Which lines of a listing page are titles and which are abstracts.

Between two footers a page is a run of titles and abstracts, and where footers are missing
nothing marks where a record begins. The run is divided by the cheapest reading of it: every
way to call its units title or abstract has a price, made of what titles and abstracts look
like and of how often an abstract has several paragraphs or is missing, and the search for
the lowest price (Viterbi's, two states, linear in the units) weighs the whole run at once.
So one odd title or one abstract without a full stop can't shift the records behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import Literal, NamedTuple

Ending = Literal["stop", "mark", "open"]

# The prices are rough logarithms of how rare a thing is: 0 is usual, 8 about one in thousands.
_NO_ABSTRACT = 8.0  # a title that another title follows
_CUT_TITLE = 1.0  # the same at the end of the page, where a save may have been cut
_OPEN_END = 3.0  # an abstract without a full stop at its end
_PARAGRAPH = 2.5  # an abstract that goes on after a full stop and an empty line
_BROKEN = 6.0  # an abstract that goes on in the middle of a sentence
_LIKE_TITLE = 4.0  # a paragraph that has a title's length and no full stop
_GAP = 3.0  # an empty line between a title and its abstract where each line is a unit
_LINES_IN_BLOCKS = 4.0  # units are lines though the page has empty lines
_WRAPPED = 1.0  # lines are wrapped: they must earn their looser prices
_AT_THE_END = 3.0  # a paragraph at the very end: rather a cut title
_STOPPED_TITLE = 4.0  # a title with a full stop, twice that if its abstract is no longer

_SHORT = 250  # characters; most titles are shorter, most abstracts are longer
_WIDEST_WRAP = 200  # characters; a page with longer lines isn't hard-wrapped
_CLOSERS = "\"'\u201d\u2019\u00bb)]}*_$`"  # may stand behind the full stop


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
    """One way to cut a page into units; `wrap` is the width at which lines were wrapped."""

    runs: list[list[_Unit]]
    by_line: bool = False
    price: float = 0.0
    wrap: float = inf


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


def divide(runs: Sequence[Sequence[Line]], closed: Sequence[bool]) -> list[list[Record]]:
    """The records of each run of lines; a closed run is one with a footer behind it.

    Abstracts may stand in blocks between empty lines or one to a line, and the lines may be
    wrapped: the page is read in each of these ways and the cheapest reading is taken.
    """
    wrapped = any(after.number == line.number + 1 for run in runs for line, after in pairwise(run))
    spaced = not wrapped or any(
        after.number > line.number + 1 for run in runs for line, after in pairwise(run)
    )
    views: list[_View] = []
    if spaced:
        views.append(_View([list(_blocks(run)) for run in runs]))
    if wrapped:
        lines = [[_unit(line.number, line.text) for line in run] for run in runs]
        unlikely = _LINES_IN_BLOCKS if spaced else 0.0
        views.append(_View(lines, by_line=True, price=unlikely))
        width = max(len(line.text) for run in runs for line in run)
        if width <= _WIDEST_WRAP:
            views.append(_View(lines, by_line=True, price=unlikely + _WRAPPED, wrap=width))
    best: list[list[bool]] = []
    chosen, lowest = views[0], inf
    for view in views:
        price, starts = _read(view, closed)
        if price < lowest:
            chosen, lowest, best = view, price, starts
    return [list(_records(units, starts)) for units, starts in zip(chosen.runs, best, strict=True)]


def alternates(lines: Sequence[Line]) -> bool:
    """Whether a text without any mark of a listing is one title and one abstract in turn.

    Strict, so that a letter or a novel isn't taken for a listing: two records at least, no
    title that ends like a sentence, no abstract that doesn't. The last record may be cut.
    """
    return _strict(_blocks(lines)) or _strict(_unit(line.number, line.text) for line in lines)


def _strict(units: Iterator[_Unit]) -> bool:
    whole = titles = abstracts = 0
    for title in units:
        abstract = next(units, None)
        if abstract is None:
            break
        unlike = title.ending == "stop" or title.text[-1] in ",;:" or title.text[0] in "#>@<{}%|="
        first = title.text.split(" ", 1)[0].casefold().strip(".:")
        if unlike or first in {"chapter", "part", "book", "act", "scene", "canto"}:
            return False
        if abstract.ending == "open" or len(abstract.text) < 30:
            # Only the end of the file excuses it.
            return whole > 1 and next(units, None) is None
        whole += 1
        titles += len(title.text)
        abstracts += len(abstract.text)
    return whole > 1 and abstracts > 1.2 * titles


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
        is_wrap = _is_wrap(before, unit, view.wrap)
        ended = body + (_OPEN_END if before.ending == "open" else 0) + is_wrap
        alone = title + _NO_ABSTRACT
        begun = title + _pair_price(before, unit, footers) + is_wrap
        if view.by_line and unit.line > before.line + 1:
            begun += _GAP
        last = not closed and i == len(units) - 1
        carried = body + (0.1 if is_wrap else _join_price(before, unit, last))
        after_title[i] = (alone < ended) + 2 * (begun <= carried)
        title = min(ended, alone) + _title_price(unit, stopped)
        body = min(begun, carried)
    title += _NO_ABSTRACT if closed else _CUT_TITLE
    body += _OPEN_END if units[-1].ending == "open" else 0
    is_title = title < body
    starts = [False] * len(units)
    for i in range(len(units) - 1, -1, -1):
        starts[i] = is_title
        is_title = bool(after_title[i] & (1 if is_title else 2))
    return min(title, body), starts


def _title_price(unit: _Unit, stopped: float) -> float:
    return unit.as_title + (stopped if unit.ending == "stop" else 0)


def _pair_price(title: _Unit, abstract: _Unit, footers: bool) -> float:
    """The price of an abstract's first unit behind its title."""
    price = 0.0
    if len(abstract.text) < len(title.text):
        price += 1
    if len(abstract.text) < 25:
        price += 2
    if title.ending == "stop" and not footers and len(abstract.text) < 3 * len(title.text):
        price += _STOPPED_TITLE
    return price


def _join_price(before: _Unit, unit: _Unit, last: bool) -> float:
    """The price of an abstract that goes on from one unit to the next."""
    price = _AT_THE_END if last else 0.0
    if before.ending != "open":
        price += _PARAGRAPH
    elif before.text[-1] in ",;:" or unit.text[0].islower():
        price += 1
    else:
        price += _BROKEN
    if before.ending == "open" and len(before.text) < _SHORT and before.text[-1] not in ",;:":
        price += 3
    if unit.ending == "open" and len(unit.text) < _SHORT:
        price += _LIKE_TITLE
    return price


def _is_wrap(before: _Unit, unit: _Unit, width: float) -> bool:
    """Whether the first word of a line had no room left on the line before it."""
    return len(before.text) + 1 + len(unit.text.partition(" ")[0]) > width


def _records(units: Sequence[_Unit], starts: Sequence[bool]) -> Iterator[Record]:
    begins = [i for i, start in enumerate(starts) if start]
    for begin, end in pairwise([*begins, len(units)]):
        title = units[begin]
        yield Record(title.line, title.text, " ".join(u.text for u in units[begin + 1 : end]))
