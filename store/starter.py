"""The starter library: landmark machine-learning papers with summaries in our own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

from store.paper import Paper, Source

STARTER = "starter library"


def starter_papers() -> Iterator[Paper]:
    """The papers the package carries; each `kind` is "summary", as no abstract is copied."""
    text = files("store").joinpath("data/starter.jsonl").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        fields = json.loads(line)
        yield Paper(
            title=fields["title"],
            abstract=fields["summary"],
            kind="summary",
            authors=tuple(fields["authors"]),  # of long lists the first eight, and the count
            author_count=fields.get("author_count"),
            year=fields["year"],
            venue=fields["venue"],
            url=fields["url"],
            arxiv_id=fields["arxiv_id"],
            sources=(Source(STARTER, number, number),),
        )
