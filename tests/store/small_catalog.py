"""What tests of the catalogue do to it again and again."""

from __future__ import annotations

from store.catalog import Catalog
from store.paper import Paper


def follow(catalog: Catalog) -> list[str]:
    """Lets both indexes follow every change; returns the papers that changed."""
    for index in ("words", "vectors"):
        changes = catalog.changes.pending(index)
        chunks = dict.fromkeys(catalog.get([change.paper_id for change in changes]), 1)
        catalog.changes.followed(index, changes, chunks)
    return [change.paper_id for change in changes]


def only(catalog: Catalog) -> Paper:
    (paper,) = catalog.list()
    return paper
