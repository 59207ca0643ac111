"""The orders in which papers are listed, and the database's indexes that make pages of them.

Each index also holds what filters look at, so that a page deep in a filtered list is found
without reading the papers before it.
"""

from __future__ import annotations

from typing import Literal

Order = Literal[
    "added", "-added", "title", "-title", "year", "-year", "upvotes", "-upvotes",
    "organisation", "-organisation",
]  # fmt: skip

DATE = "COALESCE(date, CAST(year AS TEXT))"

# "-" goes down: the newest, the most. Papers without the fact come last either way.
SORTS: dict[Order, str] = {
    "added": "number",
    "-added": "number DESC",
    "title": "title COLLATE NOCASE, number",
    "-title": "title COLLATE NOCASE DESC, number DESC",
    "year": f"{DATE} NULLS LAST, number DESC",
    "-year": f"{DATE} DESC, number",
    "upvotes": "upvotes NULLS LAST, number DESC",
    "-upvotes": "upvotes DESC, number",
    "organisation": "organisation COLLATE NOCASE NULLS LAST, number",
    "-organisation": "organisation COLLATE NOCASE DESC, number DESC",
}

SCHEMA = f"""
CREATE INDEX IF NOT EXISTS papers_number ON papers (number, date, year, organisation, id);
CREATE INDEX IF NOT EXISTS papers_title
    ON papers (title COLLATE NOCASE, number, date, year, organisation, id);
CREATE INDEX IF NOT EXISTS papers_date
    ON papers ({DATE} DESC, number, date, year, organisation, id);
CREATE INDEX IF NOT EXISTS papers_upvotes
    ON papers (upvotes DESC, number, date, year, organisation, id);
CREATE INDEX IF NOT EXISTS papers_organisation
    ON papers (organisation COLLATE NOCASE, number, date, year, organisation, id);
CREATE INDEX IF NOT EXISTS papers_authors ON papers (authors, id) WHERE authors <> '[]';
CREATE INDEX IF NOT EXISTS papers_inferred ON papers (id) WHERE date_inferred;
"""
