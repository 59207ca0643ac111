"""Records of an XML file one at a time, with what is dangerous in XML refused.

Built on defusedxml's parser: a document that defines entities or fetches anything is refused,
while a DOCTYPE that names a DTD, as PubMed's do, is passed over and never fetched. Only the
record that is open is held, so memory stays flat however long the file is; how deep and how
large a record may be is bounded. A record that is broken doesn't keep the others from being read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, ReaderError, decode, stream_of
from store.readers.streams import as_utf8, peeked
from store.readers.xml_elements import Broken, Elements, EndlessTag
from store.readers.xml_target import Found, TooLarge

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.S)
_OPENING = re.compile(r"<(?:!DOCTYPE\s+)?(?:[\w.-]+:)?([\w.-]+)")
# What files of two bytes a character begin with: a mark that says so, or the first tag.
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_BLOCKS = frozenset({"p", "br", "sec", "title", "list-item", "div"})
_KEPT = frozenset({"sub", "sup"})  # "10<sup>-5</sup>" without its mark is another number


def root_of(head: bytes) -> str:
    """The local name of an XML document's root by its first bytes; "" if it is no XML."""
    text = decode(head[:4096] if b"<" in head[:4096] else head).lstrip("\ufeff")
    at = 0
    while match := _PROLOG.match(text, at):
        at = match.end()
    opening = _OPENING.match(text, at)
    return opening.group(1) if opening else ""


def read_records(
    data: Data,
    origin: Origin,
    tags: Collection[str],
    take: Callable[[Found, Source], object],
    inner: Collection[str] = (),
) -> Iterator[Paper | Rejected]:
    """What `take` makes of each element with one of these local names, counted from 1.

    `take` returns a Paper, a Rejected, or None for what is no record. Elements with the names
    `inner` may lie in a record. A record that is broken is rejected; where no record can be read,
    that is a ReaderError.
    """
    name, number = PurePath(origin.file).name or "This", 0
    for found in _elements(data, name, tags, inner):
        source = Source(origin.file, number + 1, found.line)
        if isinstance(found, Broken) and found.last and not number:
            where = f"line {found.at} ({found.why})"
            raise ReaderError(f"{name} is broken XML at {where}: save it again.")
        outcome = _rejected(found, source) if isinstance(found, Broken) else take(found, source)
        if isinstance(outcome, Paper | Rejected):
            number += 1
            yield outcome


def _elements(
    data: Data, name: str, tags: Collection[str], inner: Collection[str]
) -> Iterator[Found | Broken]:
    from defusedxml import DefusedXmlException

    head, stream = peeked(stream_of(data), name)
    # Behind a fault, the next record is looked for among bytes: those of UTF-8.
    wide = _UTF_16.get(head[:2])
    if wide:
        stream = as_utf8(stream, wide, name)
    try:
        yield from Elements(stream, tags, inner, encoding="utf-8" if wide else None)
    except DefusedXmlException:
        raise ReaderError(
            f"{name} defines entities or refers to other files, which can do harm and which "
            "no list of papers needs: save it without them."
        ) from None
    except TooLarge as error:
        raise ReaderError(f"{name} is no list of papers: {error}.") from None
    except EndlessTag:
        raise ReaderError(f"{name} is no list of papers: a tag in it doesn't end.") from None
    except ReaderError:
        raise
    except (ValueError, LookupError) as error:  # encodings that expat doesn't know
        raise ReaderError(f"{name} can't be read as XML ({error}): save it as UTF-8.") from None


def _rejected(broken: Broken, source: Source) -> Rejected:
    where = f"the XML is broken at line {broken.at} ({broken.why})"
    if broken.last:
        why = f"{where}, nothing behind it could be read: save the file again"
    else:
        why = f"{where}: mend this record"
    return Rejected(source, why, broken.text)


def text_of(element: Element | None) -> str:
    """All text in an element, that of its children in its place; "" for None.

    Formulas become `$…$` where their LaTeX is given; sub- and superscripts keep their HTML
    tags, which `readable` knows.
    """
    return "".join(_pieces(element)).strip() if element is not None else ""


def child_text(element: Element | None, path: str) -> str:
    """The text of the first element at a path of local names; "" if there is none."""
    return text_of(element.find(path)) if element is not None else ""


def _pieces(element: Element) -> Iterator[str]:
    if element.tag == "tex-math":
        yield f"${''.join(element.itertext()).strip().strip('$').strip()}$"
        return
    if element.tag == "math":
        formula = element.get("alttext") or next(
            ("".join(a.itertext()) for a in element.iter("annotation") if "tex" in str(a.attrib)),
            "",
        )
        shown = "".join("".join(element.itertext()).split())
        yield f"${formula.strip().strip('$')}$" if formula.strip() else shown
        return
    if element.tag in _BLOCKS:
        yield "\n"
    yield f"<{element.tag}>" if element.tag in _KEPT else ""
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""
    yield f"</{element.tag}>" if element.tag in _KEPT else ""
    if element.tag in _BLOCKS:
        yield "\n"
