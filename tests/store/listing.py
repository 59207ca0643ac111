"""Listing pages written out, and read as the tests of their reader want them."""

from __future__ import annotations

from datetime import date as Date

from store.paper import Paper, Rejected
from store.readers.base import Origin
from store.readers.pages import ListingPage
from tests.store.make_pages import Layout

TODAY = Date(2026, 3, 1)
SAVED = Date(2025, 11, 5)
LAYOUTS: tuple[Layout, ...] = ("footers", "blocks", "lines")
ONE = "We count the boats in a harbour and find that the count depends on who is counting."
TWO = "Bridges sway. We say why, and we give a bound on the sway of any bridge that people cross."


def outcomes(page: str | bytes, saved: Date | None = None) -> list[Paper | Rejected]:
    data = page if isinstance(page, bytes) else page.encode()
    return list(ListingPage(TODAY).read(data, Origin("page.txt", saved)))


def papers(page: str | bytes, saved: Date | None = None) -> list[Paper]:
    """The papers of a page that must be whole."""
    found = outcomes(page, saved)
    assert [o for o in found if isinstance(o, Rejected)] == []
    return [o for o in found if isinstance(o, Paper)]


def texts(page: str | bytes) -> list[tuple[str, str]]:
    return [(paper.title, paper.abstract) for paper in papers(page)]


def page(*records: str, day: str = "Nov 5") -> str:
    """A page with header from blocks that are written out."""
    return "\n\n".join(["Get trending papers in your email inbox!", "Subscribe", day, *records])
