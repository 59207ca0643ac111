"""Reads a page of a papers site that somebody saved or copied as text.

A page has a header, then titles and abstracts, with or without a footer under each record
(authors or an organisation, a dot, a date, upvotes). `page_marks` takes header and footers out,
`page_layout` tells titles from abstracts, `page_dates` gives dates their year; the papers are
made here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date as Date
from itertools import pairwise
from pathlib import PurePath
from typing import NamedTuple

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, UnknownFormat, decode, whole
from store.readers.page_dates import Calendar
from store.readers.page_layout import Line, Record, alternates, divide, ending
from store.readers.page_marks import Footer, Page, pages_of, unglued

_MARKUP = re.compile(r"\s*<(?:!doctype|!--|\?xml|(?:html|head|body|div|p|span)[\s/>])", re.I)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\ufffd]")
_CUT_EVIDENCE = 0.9  # share of the other abstracts that end with a full stop or the like
_EXCERPT = 500  # characters of a rejected record

_NO_ABSTRACT = "this title has no abstract under it: add it to the page, or leave the title out"
_CUT_TITLE = "the page ends after this title, its abstract was cut off: save the page again"


class NotAListingPage(UnknownFormat):
    """The file holds no page of titles and abstracts."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{PurePath(file).name or 'This'} is no listing page: expected the text of a saved "
            "page of papers, each a title with its abstract under it."
        )


class ListingPage:
    """Titles, abstracts and, where they are given, author counts, organisations, dates, upvotes.

    `today` bounds the dates; without it the clock is asked when a page is read.

        list(ListingPage().read(Path("page.txt").read_bytes(), Origin("page.txt")))
    """

    key = "page"
    name = "listing page"

    def __init__(self, today: Date | None = None) -> None:
        self._today = today

    def sniff(self, head: bytes, file: str) -> bool:
        """Whether the first bytes read as a page that was cut off behind them."""
        try:
            self.read(head, Origin(file))
        except NotAListingPage:
            return False
        return True

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        """Every whole record as a paper, and what was cut or has no abstract as rejected.

        Raises `NotAListingPage` when called, before anything is yielded.
        """
        text = _text(whole(data, origin.file))
        lines = list(_lines(text))
        if _MARKUP.match(text) or _is_list(lines):
            raise NotAListingPage(origin.file)
        pages = pages_of(lines, ends_in_newline=text.endswith("\n"))
        unmarked = [line for page in pages for run in page.runs for line in run.lines]
        if not any(page.telling for page in pages) and (
            _is_binary(text) or not alternates(unmarked)
        ):
            raise NotAListingPage(origin.file)
        file = _File(
            origin,
            today=self._today or Date.today(),
            spaced=any(b.number > a.number + 1 for a, b in pairwise(lines)),
            # An empty line behind the last record shows that nothing was cut off it.
            whole=text[len(text.rstrip()) :].count("\n") > 1,
        )
        found: list[Paper | Rejected] = []
        for page in pages:
            found += _read_page(page, file, len(found), page is pages[-1])
        known = any(page.slogan for page in pages)
        if not any(isinstance(outcome, Paper) for outcome in found) and not (known and found):
            raise NotAListingPage(origin.file)
        return iter(found)


class _File(NamedTuple):
    """What the pages of one file share."""

    origin: Origin
    today: Date
    spaced: bool
    whole: bool


def _read_page(page: Page, file: _File, before: int, last: bool) -> Iterator[Paper | Rejected]:
    """The records of one saved page; `before` counts those of the pages before it in the file."""
    runs = [run for run in page.runs if run.lines]
    days = (run.footer.day for run in runs if run.footer and run.footer.day)
    calendar = Calendar.of(page.day, days, file.origin.saved, file.today)
    closed = [run.footer is not None for run in runs]
    divided = divide([run.lines for run in runs], closed, file.spaced)
    if divided is None:
        raise NotAListingPage(file.origin.file)
    records = [
        (record, run.footer if record is of_run[-1] else None)
        for run, of_run in zip(runs, divided, strict=True)
        for record in of_run
    ]
    for number, (record, footer) in enumerate(records, start=1):
        source = Source(file.origin.file, before + number, record.line)
        title = unglued(record.title, page) if number == 1 else record.title
        at_the_end = last and number == len(records) and footer is None
        why = ""
        if not record.abstract:
            why = _CUT_TITLE if at_the_end else _NO_ABSTRACT
        elif at_the_end and not file.whole:
            why = _why_cut(record, [other for other, _ in records[:-1]])
        if why:
            shown = f"{title}\n{record.abstract}".strip()[:_EXCERPT]
            fields = json.dumps({"title": title, "abstract": record.abstract}, ensure_ascii=False)
            yield Rejected(source, why, shown, fields)
        else:
            yield _paper(title, record.abstract, footer, calendar, source)


def _paper(
    title: str, abstract: str, footer: Footer | None, calendar: Calendar, source: Source
) -> Paper:
    footer = footer or Footer()
    date, inferred = calendar.date(footer.day) if footer.day else (None, False)
    return Paper(
        title=title,
        abstract=abstract,
        author_count=footer.authors,
        organisation=footer.organisation,
        date=date,
        date_inferred=inferred,
        upvotes=footer.day.upvotes if footer.day else None,
        sources=(source,),
    )


def _why_cut(last: Record, others: Sequence[Record]) -> str:
    """Why the last record of a page, without a footer, looks cut; empty if it doesn't.

    Some whole abstracts end without a full stop, so the others on the page are the measure.
    """
    abstracts = [record.abstract for record in others if record.abstract]
    stopped = sum(ending(abstract) != "open" for abstract in abstracts)
    if ending(last.abstract) != "open" or stopped < _CUT_EVIDENCE * len(abstracts):
        return ""
    compared = f", as {stopped} of the {len(abstracts)} others on it do" if abstracts else ""
    return (
        "the page ends in the middle of this abstract, which has neither a full stop nor an "
        f"address at its end{compared}: save the page again"
    )


def _text(data: bytes) -> str:
    """The text of a page, in UTF-8 even if a few characters are damaged.

    `decode` takes a file with one broken character for Latin-1, which would turn the bullets
    and dots of a page that was cut in the middle of a character into something else.
    """
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        mended = data.decode("utf-8", "replace")
        broken = mended.count("\ufffd")
        whole = len(mended) - len(mended.encode("ascii", "ignore")) - broken
        if broken and (whole >= broken or (broken == 1 and mended.endswith("\ufffd"))):
            data = mended.encode("utf-8")
    return decode(data)


def _lines(text: str) -> Iterator[Line]:
    """The lines with text in them. Only a line feed ends a line; form feeds and the like are space.

    A character that was cut at the end of the file doesn't make a line.
    """
    for number, raw in enumerate(text.split("\n"), start=1):
        line = " ".join(raw.split()).strip("\ufeff\u200b ")
        if line.strip("\ufffd"):
            yield Line(number, line)


def _is_list(lines: Sequence[Line]) -> bool:
    """Whether a text is a long list of words or numbers, whose millions of lines aren't weighed."""
    return len(lines) > 10_000 and sum(len(line.text) for line in lines) < 6 * len(lines)


def _is_binary(text: str) -> bool:
    """Whether a text has more than the odd character that no text has."""
    return 100 * sum(1 for _ in _CONTROL.finditer(text)) > len(text)
