"""Reads the ACL Anthology's own XML, one file a collection, with abstracts where it has them.

The format is described by the anthology's schema (`data/xml/schema.rnc` of its repository); the
flat files that came before it (`<volume id="P18">` with papers) are read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from store.paper import Paper, Rejected, Source
from store.readers.base import Data, Origin, decode
from store.readers.fields import record_of
from store.readers.xml import child_text, read_records, root_of
from store.readers.xml_target import Found

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class AclXml:
    """Papers with their ACL ids; the volume they are in gives venue and year."""

    key = "acl"
    name = "ACL Anthology XML"

    def sniff(self, head: bytes, file: str) -> bool:
        root = root_of(head)
        if root == "collection":
            text = decode(head)
            return "<volume" in text and ("<paper" in text or "<booktitle" in text)
        return root == "volume" and "<paper" in decode(head)

    def read(self, data: Data, origin: Origin) -> Iterator[Paper | Rejected]:
        volume: list[Found] = []  # the latest volume's meta

        def take(found: Found, source: Source) -> Paper | Rejected | None:
            if found.element.tag == "meta":
                volume[:] = [found]
            if found.element.tag != "paper":
                return None
            # A meta that is broken leaves the one before it, which isn't of this volume.
            own = volume and volume[0].within == found.within
            meta = volume[0].element if own else found.element
            return record_of(_fields(found, meta), source)

        return read_records(data, origin, ("meta", "frontmatter", "paper"), take)


def _fields(found: Found, meta: Element) -> dict[str, Any]:
    paper, around = found.element, dict(found.within)
    acl = _acl_id(
        around.get("collection", {}).get("id", ""),
        around.get("volume", {}).get("id", ""),
        paper.get("id", ""),
    )
    names = (
        " ".join(part for path in ("first", "last") if (part := child_text(one, path)))
        for one in paper.findall("author")
    )
    url = child_text(paper, "url")
    year = child_text(paper, "year") or child_text(meta, "year")
    return {
        "title": child_text(paper, "title"),
        "abstract": child_text(paper, "abstract"),
        "authors": [name for name in names if name],
        "date": f"{child_text(paper, 'month') or child_text(meta, 'month')} {year}",
        "venue": child_text(paper, "booktitle") or child_text(meta, "booktitle"),
        "doi": child_text(paper, "doi"),
        "other_ids": [f"acl:{acl}"] if acl else [],
        "url": f"https://aclanthology.org/{acl}/" if acl else (url if "://" in url else ""),
    }


def _acl_id(collection: str, volume: str, paper: str) -> str:
    """The id as it stands in addresses: `2023.acl-long.1`, or `P19-1001` in the older style.

    Papers of workshops (W), of some volumes of D19 and of C69 have two digits for the volume.
    """
    if not (volume and paper):
        return ""
    if not collection:  # the flat files: volume P18, paper 1001
        return f"{volume}-{paper}"
    if not collection[0].isalpha():
        return f"{collection}-{volume}.{paper}"
    if not (volume.isdecimal() and paper.isdecimal()):
        return ""
    wide = collection[0] == "W" or collection == "C69" or (collection == "D19" and int(volume) > 4)
    return f"{collection}-{volume:0>2}{paper:0>2}" if wide else f"{collection}-{volume}{paper:0>3}"
