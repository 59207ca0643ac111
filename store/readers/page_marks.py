"""The site's own lines in a saved page: its headers, the footers under records, its links.

Taking them out leaves runs of titles and abstracts, each run closed by a footer or by the end
of the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from store.readers.page_dates import Day, read_count, read_day
from store.readers.page_layout import Line, ending

_BULLETS = "•●▪◦"
_DOTS = frozenset("·•∙⋅‧・")
_AUTHORS = re.compile(rf"[{_BULLETS}*-]? ?([0-9]{{1,6}}) authors?")
_OPENERS = "\"'\u201c\u2018([{$\\"
_SUBSCRIBER = re.compile(r"(?:d|rs?|s)\b")

# Lines of the site itself. Only the first kind is so telling that it marks a header anywhere;
# the second could be a title, so each counts once and only beside one of the first.
_SLOGANS = frozenset({
    "gettrendingpapersinyouremailinbox", "gettrendingpapersinyouremailinboxonceaday",
    "byakandtheresearchcommunity",
})  # fmt: skip
_BUTTONS = frozenset({
    "new", "subscribe", "daily papers", "papers", "daily", "weekly", "monthly", "trending",
    "trending papers", "hugging face", "models", "datasets", "spaces", "community", "docs",
    "enterprise", "pricing", "log in", "sign up",
})  # fmt: skip
_SITE_FOOTER = frozenset({
    "previous", "next", "load more", "company", "tos", "privacy", "about", "careers", "website",
    "models", "datasets", "spaces", "pricing", "docs", "system theme", "© hugging face",
    "hugging face", "...", "…",
})  # fmt: skip

_LONGEST_MARK = 100  # characters; no line of a header or footer is longer


@dataclass(slots=True)
class Footer:
    """What stood under a record, as far as it could be read."""

    authors: int | None = None
    organisation: str | None = None
    day: Day | None = None
    dotted: bool = False

    @property
    def telling(self) -> bool:
        """Whether nothing but a listing page has such lines; a diary has dates too."""
        return self.authors is not None or (self.dotted and self.day is not None)


@dataclass(slots=True)
class Run:
    """The lines of one or more records up to a footer, or up to the end of the page."""

    lines: list[Line] = field(default_factory=list)
    footer: Footer | None = None


@dataclass(slots=True)
class Page:
    """What one header stands over; a file can hold several saved pages in a row."""

    slogan: bool = False
    button: bool = False
    day: Day | None = None
    runs: list[Run] = field(default_factory=lambda: [Run()])

    @property
    def telling(self) -> bool:
        return self.slogan or any(run.footer and run.footer.telling for run in self.runs)


def pages_of(lines: Sequence[Line], ends_in_newline: bool) -> list[Page]:
    """The lines sorted into pages and runs; headers and footers are taken out of them."""
    lines = _without_site_footer(lines)
    pages = [Page()]
    i = 0
    while i < len(lines):
        page = pages[-1]
        run = page.runs[-1]
        if len(lines[i].text) <= _LONGEST_MARK:
            header, end = _header(lines, i)
            if header:
                if i:
                    pages.append(header)
                else:
                    pages = [header]
                i = end
                continue
            footer, end = _footer(lines, i, len(run.lines), ends_in_newline)
            if footer:
                if run.lines:
                    run.footer = footer
                    page.runs.append(Run())
                i = end
                continue
        run.lines.append(lines[i])
        i += 1
    return pages


def _without_site_footer(lines: Sequence[Line]) -> Sequence[Line]:
    """Without the links at the foot of the site: two or more such lines at the very end."""
    end = len(lines)
    while end and (lines[end - 1].text.casefold() in _SITE_FOOTER or lines[end - 1].text.isdigit()):
        end -= 1
    links = any(not line.text.isdigit() for line in lines[end:])
    return lines[:end] if links and len(lines) - end > 1 else lines


def _header(lines: Sequence[Line], start: int) -> tuple[Page | None, int]:
    """The header that starts at a line, if one does, and the line behind it.

    At the top of the file any line of the site makes a header, further down only a slogan.
    """
    page = Page()
    buttons: set[str] = set()
    i = start
    while i < len(lines):
        text = lines[i].text[: _LONGEST_MARK + 1].casefold()
        if "".join(filter(str.isalnum, text)) in _SLOGANS:
            page.slogan = True
        elif text in _BUTTONS - buttons:
            buttons.add(text)
        else:
            day = read_day(lines[i].text) if page.slogan or start == 0 else None
            if day:
                page.day = day
                i += 1
            break
        i += 1
    page.button = "subscribe" in buttons
    return (page if page.slogan or (start == 0 and i) else None), i


def _footer(
    lines: Sequence[Line], start: int, above: int, ends_in_newline: bool
) -> tuple[Footer | None, int]:
    """The footer that starts at a line, if one does, and the line behind it.

    `above` counts the lines since the last footer. A footer is any of authors, organisation,
    dot and date in this order: pages have parts of it, and a save can end in the middle.
    """
    footer = Footer()
    i = start
    while i < len(lines):
        text = lines[i].text
        if len(text) > _LONGEST_MARK:
            break
        if text in _DOTS:
            footer.dotted = True
        elif footer.authors is None and (found := _AUTHORS.fullmatch(text)):
            footer.authors = int(found.group(1))
        elif day := read_day(text):
            footer.day = day
            i += 1
            if day.upvotes is None and _adjoins(lines, i):
                votes = read_count(lines[i].text)
                if votes is not None:
                    footer.day = Day(day.month, day.day, day.year, votes)
                    i += 1
            break
        elif footer.dotted and _adjoins(lines, i) and not _adjoins(lines, i + 1):
            # A date in no form known here, or one that was cut: still no title.
            if len(text) <= 30:
                i += 1
            break
        elif footer.organisation is None and _is_organisation(lines, i, above):
            cut = i == len(lines) - 1 and not ends_in_newline
            footer.organisation = None if cut else _display_name(text)
        else:
            break
        i += 1
    return (footer if i > start else None), i


def _adjoins(lines: Sequence[Line], i: int) -> bool:
    """Whether there is a line i and no empty line before it."""
    return 0 < i < len(lines) and lines[i].number == lines[i - 1].number + 1


def _is_organisation(lines: Sequence[Line], i: int, above: int) -> bool:
    """Whether a line names an organisation: a dot follows, or it has a bullet and stands alone.

    Some saves lose the bullet; then the line must have a block's first place or look unlike
    the end of an abstract, which also may stand above a dot where the authors are missing.
    """
    text = lines[i].text
    bullet = text[0] in _BULLETS
    sentence = ending(text) != "open"
    if i + 1 < len(lines) and lines[i + 1].text in _DOTS:
        if bullet or (above >= 2 and not _adjoins(lines, i) and _adjoins(lines, i + 1)):
            return True
        return not sentence and (_adjoins(lines, i + 1) or (above >= 2 and len(text) <= 60))
    if not bullet or above < 2 or len(text) > 60 or (sentence and i < len(lines) - 1):
        return False
    neighbours = [lines[j].text[0] for j in (i - 1, i + 1) if 0 <= j < len(lines)]
    alone = not _adjoins(lines, i) and not _adjoins(lines, i + 1)
    return alone and not any(mark in _BULLETS for mark in neighbours)


def _display_name(text: str) -> str:
    """The name behind the slug: "• some-lab Some Lab" is Some Lab."""
    name = text.lstrip(_BULLETS).strip()
    slug, _, display = name.partition(" ")
    return display or slug


def unglued(title: str, page: Page) -> str:
    """The first title of a page without the "Subscribe" button that some saves glue to it.

    A header that has the button on a line of its own doesn't glue it too.
    """
    rest = title.removeprefix("Subscribe")
    if page.button or not rest or rest == title:
        return title
    if rest[0].islower():
        glued = page.slogan and not _SUBSCRIBER.match(rest)
    else:
        glued = rest[0].isalnum() or rest[0] in _OPENERS
    return rest if glued else title
