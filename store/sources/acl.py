"""The ACL Anthology: its collections' XML, as its repository has them, and volumes of these."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from store.paper import Paper, Rejected, Source
from store.sources.answers import Page, records_in, xml_of
from store.sources.base import Client, NotThere, Site

_NAME = re.compile(r"(\d{4}\.\w+|[A-Za-z]\d{2})(?:-(\w+))?")


def site(address: str) -> Site:
    return Site("The ACL Anthology", address)


class AclVolumes:
    """Collections (`2023.acl`, `P19`) and volumes (`2023.acl-long`, `P19-1`); raises ValueError
    for what is neither."""

    size = 1

    def __init__(self, names: Sequence[str], site: Site) -> None:
        self.items = tuple(dict.fromkeys(_plain(name) for name in names))
        self._site = site

    def source_of(self, item: str) -> str:
        return f"acl: {item}"

    def get(self, client: Client, items: Sequence[str]) -> Page:
        (item,) = items
        collection, _, volume = item.partition("-")

        def parse(data: bytes) -> bytes:
            xml_of(self._site, data)
            return data

        path, asked = f"/{collection}.xml", f"the collection {collection}"
        try:
            data = client.ask(self._site, path, {}, parse, asked=asked)
        except NotThere:
            return self._missing(item)
        records = records_in(self._site, data, "acl", self.source_of(item))
        if volume:
            records = tuple(one for one in records if any(_of(item, i) for i in _ids(one)))
        if not records:
            return self._missing(item)
        return Page(records, ((".xml", data),), len(records), len(records))

    def _missing(self, item: str) -> Page:
        why = f"the ACL Anthology has no papers of {item}: check how it is written"
        return Page((Rejected(Source(self.source_of(item)), why, item),), open=frozenset({item}))


def _plain(name: str) -> str:
    found = _NAME.fullmatch(name.strip())
    if not found:
        raise ValueError(
            f"'{name}' is neither a collection nor a volume of the ACL Anthology: write it as "
            "2023.acl, 2023.acl-long or P19-1."
        )
    collection = found[1].lower() if found[1][0].isdigit() else found[1].upper()
    return f"{collection}-{found[2].lower()}" if found[2] else collection


def _ids(record: Paper | Rejected) -> Sequence[str]:
    if isinstance(record, Paper):
        return record.other_ids
    return json.loads(record.fields).get("other_ids", ()) if record.fields else ()


def _of(volume: str, paper: str) -> bool:
    """Whether a paper's id is one of a volume: 2023.acl-long.7, or P19-1007 of P19-1."""
    start = f"acl:{volume}." if volume[0].isdigit() else f"acl:{volume}"
    return paper.lower().startswith(start.lower())
