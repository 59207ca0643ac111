"""Catalogues of earlier formats brought to the present one, inside the caller's transaction."""

from __future__ import annotations

import sqlite3

from store.identity import keys_of
from store.rows import from_json


def migrate(db: sqlite3.Connection) -> None:
    """Brings a catalogue of format 1 to format 2; leaves a new one and any other alone.

    Format 2 knows the ids of further registers, and lets several papers have one title.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return
    version = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    if version != ("1",):
        return
    db.execute("ALTER TABLE papers ADD COLUMN other_ids TEXT NOT NULL DEFAULT '[]'")
    db.execute("DROP TABLE keys")
    db.execute(
        "CREATE TABLE keys (key TEXT NOT NULL, paper_id TEXT NOT NULL, "
        "PRIMARY KEY (key, paper_id)) WITHOUT ROWID"
    )
    for paper_id, data in db.execute("SELECT paper_id, data FROM records").fetchall():
        keys = [(key, paper_id) for key in keys_of(from_json(data))]
        db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", keys)
    db.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")
