"""The Hugging Face daily papers, a list for each day.

https://huggingface.co/api/daily_papers?date=2025-11-05; a page has up to 50 papers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import date as Date
from typing import Any

from store.sources.answers import Page, json_of, records_in, strange
from store.sources.base import Client, Site

_PAGE = 50
_PAGES = 20  # of one day: it has never come to a tenth of that


def site(address: str) -> Site:
    return Site("Hugging Face", address)


class DailyPapers:
    """The lists from one day to another; a day that isn't over is asked for again next time.

    Raises ValueError for days that can't be had.
    """

    size = 1

    def __init__(self, first: Date, last: Date, site: Site, *, today: Date | None = None) -> None:
        self._today = today or datetime.now(UTC).date()
        if last < first:
            raise ValueError(f"Nothing can be from {first} until {last}: swap the two days.")
        if last > self._today:
            raise ValueError(f"The papers of {last} can't be fetched, as it is still to come.")
        days = (first + timedelta(number) for number in range((last - first).days + 1))
        self.items = tuple(day.isoformat() for day in days)
        self._site = site

    def source_of(self, item: str) -> str:
        return f"hf-daily: {item}"

    def get(self, client: Client, items: Sequence[str]) -> Page:
        (day,) = items
        found: dict[str, Any] = {}
        for number in range(_PAGES):
            page = self._page(client, day, number)
            new = {key: one for one in page if (key := _key(one)) not in found}
            found |= new
            if len(page) < _PAGE or not new:
                break
        data = json.dumps(list(found.values())).encode()
        records = records_in(self._site, data, "hf-daily", self.source_of(day)) if found else ()
        # Until the day is over there will be more.
        unfinished = frozenset({day} if day >= self._today.isoformat() else ())
        return Page(records, ((".json", data),), len(found), len(found), unfinished)

    def _page(self, client: Client, day: str, number: int) -> list[Any]:
        def parse(data: bytes) -> list[Any]:
            page = json_of(self._site, data)
            if not isinstance(page, list):
                raise strange(self._site)
            return page

        params = {"date": day, "limit": str(_PAGE)} | ({"p": str(number)} if number else {})
        return client.ask(self._site, "", params, parse, asked=f"the papers of {day}")


def _key(entry: Any) -> str:
    paper = entry.get("paper") if isinstance(entry, dict) else None
    return str(paper.get("id")) if isinstance(paper, dict) else json.dumps(entry)
