"""Reads title and abstract of a paper from its PDF, by what is printed on the first pages.

A PDF says where letters stand and not what they are for: the title is the document's own, where
it is printed on page one, else what is set largest there; the abstract goes from its heading to
the next one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, ReaderError
from store.readers.fields import record_of
from store.readers.pdf_text import Pages, TextLine, TooMuch, pages_of

_LARGEST = 100 << 20  # bytes
_LONGEST = 6_000  # characters of an abstract
_SHORTEST = 80
_ENOUGH = 400  # characters behind which a paragraph may end an abstract whose end isn't marked
_SMALL, _LARGE = 0.88, 1.06  # letters of footnotes and of what follows, by the abstract's

_HEADING = r"(?:abstract|a\s+b\s+s\s+t\s+r\s+a\s+c\s+t|summary)"
_ALONE = re.compile(rf"\W*{_HEADING}\s*[.:—–-]*", re.I)
_INLINE = re.compile(
    rf"\W{{0,3}}(?i:{_HEADING})\s*[.:—–-]+\s*(?=\S)|(?:Abstract|ABSTRACT)\s+(?=[A-Z])"
)
_AFTER = re.compile(
    r"\W{0,3}(?:(?:\d{1,2}|[IVX]{1,4})?\s*[.:]?\s*i\s?n\s?t\s?r\s?o\s?d\s?u\s?c\s?t\s?i\s?o\s?n\b"
    r"|(?:additional )?key\s?-?words?\b|index terms\b|general terms\b|categories and subject"
    r"|(?:acm )?ccs concepts|acm reference format|article info|subject class|pacs\b"
    r"|jel (?:class|code)|(?:ams |msc|mathematics subject)|(?:table of )?contents$"
    r"|permission to make|(?:©|copyright\b|\(c\) ?(?:19|20))|\d\s*https?://|corresponding author"
    r"|manuscript received|r\s?é\s?s\s?u\s?m\s?é\b|zusammenfassung|acknowledge?ments?$"
    r"|(?:1|I)\.?$|(?:1|I)[.\s]\s*[A-Z][\w ]{2,40}$)",
    re.I,
)
_NO_TITLE = re.compile(
    r"microsoft |untitled|\S+\.(?:docx?|tex|dvi|pdf|indd|rtf|ps|fm|qxd|wpd)\b|arxiv:|doi:|"
    r"(?:title|paper|document|manuscript|template)\s*\d*$|instructions for",
    re.I,
)
_BANNER = re.compile(
    r"arxiv:|journal of|transactions on|proceedings of|contents lists|https?://|www\.|vol(?:ume|\.)"
    r"|published as|preprint|under review|research article|original (?:article|paper|research)",
    re.I,
)
_STAMP = re.compile(
    r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\s*\[[\w.-]+\]"
    r"\s*(\d{1,2})\s*([A-Z][a-z]{2})[a-z]*\s*(\d{4})"
)
_DOI = re.compile(r"\b10\.\d{4,9}/\S+")
_TEMPLATE_DOI = re.compile(r"10\.1145/(?:n+|1122445|XXX)", re.I)
_UNREAD = re.compile(r"\(cid:\d+\)")


class Pdf:
    """One paper a file, by the text on its first three pages."""

    key = "pdf"
    name = "PDF"

    def sniff(self, head: bytes, file: str) -> bool:
        return re.search(rb"%PDF-\d\.\d", head[:1024]) is not None and b" obj" in head

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        """Raises ReaderError when called: for a PDF that is broken, locked, or has no text."""
        name = PurePath(origin.file).name or "This"
        content = data if isinstance(data, bytes) else data.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ReaderError(f"{name} is larger than {_LARGEST >> 20} MB: that is no paper.")
        pages = _pages(content, name)
        if sum(len(line.text) for line in pages.lines) < _SHORTEST:
            raise ReaderError(
                f"{name} holds pictures of pages and no text: run text recognition over it first."
            )
        return iter([_record(pages, Source(origin.file, 1))])


def _pages(content: bytes, name: str) -> Pages:
    from pdfminer.pdfdocument import PDFEncryptionError

    try:
        return pages_of(content)
    except TooMuch:
        raise ReaderError(
            f"{name} asks for more work than the pages of a paper do: print it to a new PDF."
        ) from None
    except PDFEncryptionError:
        raise ReaderError(f"{name} is locked with a password: save it without one.") from None
    except Exception as error:  # whatever a broken file makes pdfminer raise
        raise ReaderError(
            f"{name} can't be read as a PDF ({type(error).__name__}): download it again."
        ) from None


def _record(pages: Pages, source: Source) -> Paper | Rejected:
    first = [line for line in pages.lines if line.page == 0]
    printed = _letters("".join(line.text for line in first))
    start = _heading(pages.lines)
    words = Counter(re.findall(r"[\w-]+", " ".join(line.text for line in pages.lines).lower()))
    if start is None:
        abstract = joined([line.text for line in _unmarked(first)], words)
    else:
        abstract = _abstract(pages.lines, start, words)
    unread = bool(_UNREAD.search(abstract))
    fields: dict[str, Any] = {
        "title": _title(pages, first, printed, start, words),
        "abstract": "" if unread else abstract,
        "authors": _authors(pages.info.get("Author", ""), printed),
        "doi": _doi(first),
        **_stamp(pages.margin, first),
    }
    outcome = record_of(fields, source)
    if isinstance(outcome, Rejected) and outcome.why == "it has no abstract":
        pages_read = "its first pages"
        why = f"no abstract was found on {pages_read}"
        if unread:
            why = f"the letters of its abstract can't be told from {pages_read}"
        return replace(outcome, why=f"{why}: add it by hand")
    return outcome


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _heading(lines: Sequence[TextLine]) -> int | None:
    """The number of the line with the heading of the abstract."""
    for number, line in enumerate(lines):
        if _ALONE.fullmatch(line.text) and number + 1 < len(lines):
            return number
        opens = not number or lines[number - 1].block != line.block
        found = _INLINE.match(line.text)
        if found and (opens or found.group().rstrip()[-1:] in (".", ":", "—", "–", "-")):
            return number
        if _AFTER.match(line.text) and "introduction" in _letters(line.text):
            return None  # an abstract has no place behind it
    return None


def _abstract(lines: Sequence[TextLine], start: int, words: Counter[str]) -> str:
    inline = None if _ALONE.fullmatch(lines[start].text) else _INLINE.match(lines[start].text)
    rest = list(lines[start + 1 :])
    if inline:
        rest.insert(0, replace(lines[start], text=lines[start].text[inline.end() :]))
    taken: list[TextLine] = []
    length = 0
    size = 0.0
    for line in rest:
        if _AFTER.match(line.text):
            break
        size = size or (line.size if len(line.text) > 20 else 0.0)
        if size and line.size < _SMALL * size:
            continue  # footnotes, line numbers, superscripts
        stopped = bool(taken) and taken[-1].text.rstrip(")”\"'")[-1:] in (".", "?", "!")
        if size and line.size > _LARGE * size and stopped and length > _SHORTEST:
            break
        taken.append(line)
        length += len(line.text)
        if length > _LONGEST:
            taken = _first_paragraph(taken)
            break
    text = joined([line.text for line in taken], words)
    return text if len(text) >= _SHORTEST else ""


def _unmarked(first: Sequence[TextLine]) -> list[TextLine]:
    """The lines of an abstract without a heading, as physicists print them; else none.

    It is the paragraph of some length right before the introduction or the keywords.
    """
    end = next((n for n, line in enumerate(first) if n and _AFTER.match(line.text)), 0)
    block = [line for line in first[:end] if line.block == first[end - 1].block]
    text = " ".join(line.text for line in block)
    prose = len(text) > _ENOUGH and len(text) > 50 * len(block) and text.count(". ") > 1
    return block if prose and text[0].isupper() and text.endswith(".") else []


def _first_paragraph(lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines up to the first paragraph's end that is far enough; none if there is no such."""
    length = 0
    for number, line in enumerate(lines):
        length += len(line.text)
        last = number + 1 == len(lines) or lines[number + 1].block != line.block
        if length > _ENOUGH and last and line.text.endswith("."):
            return list(lines[: number + 1])
    return []


def joined(lines: Sequence[str], words: Counter[str]) -> str:
    """Lines as running text; a hyphen at a line's end goes unless the file writes it elsewhere."""
    text = ""
    for line in lines:
        broken = re.search(r"([\w-]*\w)[-\xad]$", text)
        following = re.match(r"\w[\w-]*", line)
        if not (broken and following):
            text = f"{text} {line}" if text else line
            continue
        head, tail = broken.group(1).lower(), following.group().lower()
        kept = words[f"{head}-{tail}"] > words[head + tail] or "-" in head
        kept = (kept or not following.group()[0].islower()) and not text.endswith("\xad")
        text = (text if kept else text[:-1]) + line
    return text.replace("\xad", "")


def _title(
    pages: Pages, first: Sequence[TextLine], printed: str, start: int | None, words: Counter[str]
) -> str:
    given = pages.info.get("Title", "")
    real = len(given.split()) > 1 and not _NO_TITLE.match(given)
    if real and _letters(given) in printed:
        return given
    above = [
        line
        for number, line in enumerate(first)
        if line.y > 0.45 * pages.height
        and (start is None or number < start or line.y > first[min(start, len(first) - 1)].y)
        and sum(c.isalpha() for c in line.text) >= 3
        and not _BANNER.match(line.text)
    ]
    # A drop cap or a journal's logo is large too; a title has some length.
    for size in sorted({line.size for line in above}, reverse=True):
        run: list[TextLine] = []
        for line in above:
            if abs(line.size - size) <= 0.06 * size:
                run.append(line)
            elif run:
                break
        text = joined([line.text for line in run[:6]], words)
        if len(text) > 10 and " " in text:
            return text.rstrip("*∗†‡ ")
    return given if real else ""


def _authors(given: str, printed: str) -> list[str]:
    """The document's authors, if all of them are printed on page one."""
    names = [name.strip() for name in re.split(r"\s*[;,]\s*|\s+and\s+|\s*&\s*", given)]
    names = [name for name in names if name]
    whole = all(" " in name and _letters(name.split()[-1]) in printed for name in names)
    return names if names and whole else []


def _doi(first: Sequence[TextLine]) -> str:
    for line in first:
        found = _DOI.search(line.text) if "doi" in line.text.lower() else None
        if found and not _TEMPLATE_DOI.match(found.group()):
            return found.group()
    return ""


def _stamp(margin: str, first: Sequence[TextLine]) -> dict[str, str]:
    """What arXiv's stamp says: on the margin of page one, or in older papers at its top."""
    for text in (margin, *(line.text for line in first)):
        if found := _STAMP.search(text):
            arxiv_id, day, month, year = found.groups()
            return {
                "arxiv_id": arxiv_id,
                "date": f"{day} {month} {year}",
                "url": f"https://arxiv.org/abs/{arxiv_id}",
            }
    return {}
