"""Plain text with one record per block of lines, blank lines between the blocks.

Nobody specified it: it is how people keep lists of papers. A block is a title on its first line,
perhaps authors on the next, and the abstract; or lines with labels ("Title: …", "Abstract: …"),
where a record may have blank lines within and ends where the next title begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from store.paper import Paper, Rejected, Source
from store.readers.authors import authors_of
from store.readers.base import KEPT, Data, Origin, ReaderError, decode, stream_of
from store.readers.fields import record_of
from store.readers.streams import HEAD, Lines, LongLine, Pieces, Stream, pieces_of

_LABELS = {
    "title": "title", "paper title": "title", "paper": "title",
    "author": "authors", "authors": "authors", "author(s)": "authors", "by": "authors",
    "abstract": "abstract", "summary": "summary",
    "year": "year", "date": "date", "published": "date", "publication date": "date",
    "doi": "doi", "url": "url", "link": "url", "arxiv": "arxiv_id", "arxiv id": "arxiv_id",
    "venue": "venue", "journal": "venue", "conference": "venue", "booktitle": "venue",
    "organisation": "organisation", "organization": "organisation", "affiliation": "organisation",
    "pmid": "pubmed", "keywords": "", "categories": "", "comments": "", "subjects": "",
}  # fmt: skip
_LABEL = re.compile(
    rf"\s*(?:\*\*)?({'|'.join(map(re.escape, sorted(_LABELS, key=len, reverse=True)))})"
    r"(?:\*\*)?\s*(?:[:：](?:\*\*)?|[—–]|$)\s*(.*)",
    re.I | re.S,
)
_ADDRESS = re.compile(r"\s*(?:https?://\S+|doi:\s*\S+|arxiv:\s*\S+)\s*$", re.I)
_LARGEST = 400_000  # characters of a block
_NAME = re.compile(r"[^\W\d_][\w.'’-]*")
_BETWEEN = re.compile(r"\s*(?:;|, and |,| and | & )\s*")
_ET_AL = re.compile(r"[,;]?\s*et al\.?$", re.I)
_SMALL = frozenset(
    ("de", "da", "del", "della", "der", "den", "di", "du", "la", "le", "van", "von", "bin", "al")
)
# What a title doesn't look like: markup, code, a sentence, the first line of a wrapped paragraph.
_NO_TITLE = re.compile(
    r"[={}<>|\\]|[.!,:;]$|[.!?] [A-Z]|^[^\w\"“‘'«(¿$]|^\d{4}-\d\d-\d\d|^\d+[.)]? *$"
)
_OPENS = re.compile(r"[\"“‘'«(¿$]?[A-Z0-9\u00c0-\u00de\u0391-\u03a9\u0410-\u042f\u4e00-\u9fff]")


@dataclass(slots=True)
class _Block:
    """Lines without a blank one between them, and the number of the first."""

    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0
    why: str = ""  # it can't be a record


class TextBlocks:
    """Titles and abstracts in blocks, with labels or without."""

    key = "text"
    name = "plain text blocks"

    def sniff(self, head: bytes, file: str) -> bool:
        """Whether blocks are labelled, or nearly all are a short line over a long text.

        Anything else is left alone: most text files hold no papers.
        """
        text = decode(head)
        if "\ufffd" in text or len(re.findall(r"[\x01-\x08\x0e-\x1f]", text)) > 3:
            return False
        if _labelled(text):
            return True
        blocks = list(_blocks(Lines(text.encode("utf-8", "replace"))))
        if len(head) >= HEAD:
            blocks = blocks[:-1]
        likely = sum(_likely(block) for block in blocks)
        return likely >= 2 and likely >= 0.9 * len(blocks)

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        pieces = Pieces(pieces_of(stream_of(data)), lambda error: ReaderError(f"{error}."))
        labelled = _labelled(decode(pieces.peek(HEAD)))
        blocks = _blocks(Lines(Stream(pieces)))
        for position, block in enumerate(_joined(blocks) if labelled else blocks, start=1):
            source = Source(origin.file, position, block.line)
            if block.why:
                yield Rejected(source, block.why, "\n".join(block.lines)[:KEPT])
            else:
                yield record_of(_fields(block, labelled=labelled), source)


def _blocks(lines: Lines) -> Iterator[_Block]:
    block = _Block(0)
    while True:
        try:
            line = next(lines, None)
        except LongLine as error:
            block.why = str(error)
            block.line = block.line or lines.number
            continue
        text = (line or "").replace("\0", "").strip().strip("\ufeff\u200b")
        if text:
            block.line = block.line or lines.number
            block.size += len(text)
            if block.size <= _LARGEST:
                block.lines.append(text)
            else:
                block.why = f"this block of lines is longer than {_LARGEST:,} characters"
        elif block.line:
            yield block
            block = _Block(0)
        if line is None:
            return


def _joined(blocks: Iterable[_Block]) -> Iterator[_Block]:
    """Records of labelled lines: each begins with a title, or with a label that it has already."""
    record: _Block | None = None
    seen: set[str] = set()
    for block in blocks:
        labels = [name for line in block.lines if (name := _label(line)[0])]
        begins = labels[:1] == ["title"] or bool(labels and seen.intersection(labels))
        if record and not begins and record.size + block.size <= _LARGEST and not block.why:
            record.lines += block.lines
            record.size += block.size
            seen.update(labels)
            continue
        if record:
            yield from _apart(record)
        record, seen = block, set(labels)
    if record:
        yield from _apart(record)


def _apart(block: _Block) -> Iterator[_Block]:
    """Records that have no blank line between them: each begins with its title."""
    start = 0
    titles = [n for n, line in enumerate(block.lines) if _label(line)[0] == "title"]
    for end in [*titles[1:], len(block.lines)]:
        lines = block.lines[start:end]
        yield _Block(block.line + start, lines, sum(map(len, lines)), block.why)
        start = end


def _label(line: str) -> tuple[str, str, bool]:
    """The field that a line's label names, the text behind it, and whether there is a label."""
    found = _LABEL.match(line)
    if not found:
        return "", line, False
    return _LABELS[" ".join(found.group(1).lower().split())], found.group(2), True


def _fields(block: _Block, *, labelled: bool) -> dict[str, object]:
    """The fields of a block, as `record_of` takes them."""
    texts: dict[str, list[str]] = {}
    current = "title"
    for number, line in enumerate(block.lines):
        name, text, known = _label(line)
        if known and (labelled or number):
            current = name
        elif not labelled:
            text = line
            if number == 0:
                current = "title"
            elif _ADDRESS.match(line) and number > 1:
                texts.setdefault("url", []).append(text)
                continue
            elif current == "title" and number == 1 and len(block.lines) > 2 and _are_names(line):
                texts["authors"] = [line]
                continue
            elif current != "abstract":
                current = "abstract"
        if current:
            texts.setdefault(current, []).append(text)
    fields: dict[str, object] = {name: " ".join(lines).strip() for name, lines in texts.items()}
    if names := fields.pop("authors", None):
        fields["authors"] = authors_of(str(names))
    if pubmed := fields.pop("pubmed", None):
        fields["other_ids"] = [f"pubmed:{pubmed}"]
    for name in ("url", "arxiv_id"):
        where = str(fields.get(name, ""))
        if "doi" in where.lower() or "arxiv" in where.lower():
            fields.setdefault("doi" if "doi" in where.lower() else "arxiv_id", where)
    if "url" in fields and not str(fields["url"]).lower().startswith("http"):
        del fields["url"]
    return fields


def _are_names(line: str) -> bool:
    """Whether a line can be nothing but names: capitalised, two or more words each."""
    names = [name.split() for name in _BETWEEN.split(_ET_AL.sub("", line))]
    return (
        len(line) <= 1_000
        and len(names) > 1
        and all(1 < len(name) < 6 for name in names)
        and all(
            bool(_NAME.fullmatch(word)) and (word[0].isupper() or word in _SMALL)
            for name in names
            for word in name
        )
    )


def _labelled(text: str) -> bool:
    """Whether text begins with a labelled line, and labels a title and an abstract of some size."""
    first, sizes, current = "", {"title": 0, "abstract": 0, "summary": 0}, ""
    for line in text.split("\n"):
        if not (line := line.strip().strip("\ufeff\u200b")):
            continue
        name, rest, known = _label(line)
        if known:
            current = name
        if not first and not known:
            return False
        first = first or line
        if current in sizes:
            sizes[current] = max(sizes[current], len(rest))
    return sizes["title"] >= 3 and max(sizes["abstract"], sizes["summary"]) >= 40


def _likely(block: _Block) -> bool:
    """Whether a block without labels is a title over an abstract, and no paragraph or code."""
    if block.why or len(block.lines) < 2:
        return False
    title, body = block.lines[0], block.lines[1:]
    text = " ".join(body)
    if not 8 <= len(title) <= 250 or _NO_TITLE.search(title) or not _OPENS.match(body[0]):
        return False
    if len(text) < max(150, 2 * len(title)) or len(text) < 50 * (len(body) - 1):
        return False
    letters = sum(c.isalpha() or c == " " for c in text)
    return letters > 0.85 * len(text) and bool(re.search(r"[.!?。](?:\s|$)", text))
