"""The first 5,000 conference papers go in as they would at home: by the command's own way."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

from eval.questions import CONFERENCE
from eval.scale_adding import adding

COUNT = 5_000


def test_thousands_of_papers_are_added_whole_and_found_by_their_words(tmp_path: Path) -> None:
    file = tmp_path / "first.jsonl.gz"
    with gzip.open(CONFERENCE, "rb") as lines, gzip.open(file, "wb") as first:
        first.writelines(islice(lines, COUNT))
    figures = {figure.name: figure for figure in adding(file, COUNT, tmp_path / "library", 20)}
    assert figures["add found"].ours == 1
    assert figures["add words"].more["rejected"] == 0
    assert figures["add vectors"].more["chunks"] > COUNT
    memory = figures["add memory"].ours
    assert memory is not None
    assert memory < 1500  # MB
