"""The reader of listing pages on the real saved ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date as Date
from pathlib import Path

import pytest

from store.paper import Paper, normal_title
from tests.store.listing import papers, texts


@pytest.fixture(scope="module")
def real(pages_dir: Path) -> dict[str, list[Paper]]:
    """The records of each real page; not one of them may be rejected."""
    return {file.name[:3]: papers(file.read_bytes()) for file in sorted(pages_dir.glob("*.txt"))}


def count(real: dict[str, list[Paper]], has: Callable[[Paper], object]) -> list[int]:
    return [sum(has(paper) is not None for paper in found) for found in real.values()]


def test_real_pages_give_every_record(real: dict[str, list[Paper]]) -> None:
    assert [len(found) for found in real.values()] == [62, 46, 101, 46, 200]
    different = {normal_title(paper.title) for found in real.values() for paper in found}
    assert len(different) == 414


def test_real_pages_give_every_footer(real: dict[str, list[Paper]]) -> None:
    assert count(real, lambda p: p.author_count) == [58, 44, 92, 0, 0]
    assert count(real, lambda p: p.organisation) == [1, 0, 3, 0, 0]
    assert count(real, lambda p: p.date) == [59, 44, 95, 0, 0]
    assert count(real, lambda p: p.upvotes) == [9, 11, 20, 0, 0]
    named = {p.organisation for found in real.values() for p in found if p.organisation}
    assert named == {"Tencent", "Z.ai", "Adobe"}


def test_real_pages_are_from_2025(real: dict[str, list[Paper]]) -> None:
    found = [paper for papers in real.values() for paper in papers if paper.date]
    assert {p.date.year for p in found if p.date and p.date_inferred} == {2025}
    assert max(p.date.year for p in found if p.date and not p.date_inferred) == 2024
    assert max(p.date for p in found if p.date) < Date(2025, 12, 10)


def test_real_texts_hold_nothing_of_the_site(real: dict[str, list[Paper]]) -> None:
    site = re.compile(
        r"get trending papers|byAK|^subscribe|^new\b|daily papers|[·•]|\d+ authors$"
        r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{1,2}(?:, \d{4})?(?: \d+)?$",
        re.I,
    )
    everything = [text for found in real.values() for p in found for text in (p.title, p.abstract)]
    assert [text for text in everything if site.search(text)] == []
    assert [text for text in everything if " ".join(text.split()) != text] == []


def test_real_titles_and_abstracts_are_not_mixed_up(real: dict[str, list[Paper]]) -> None:
    found = [paper for papers in real.values() for paper in papers]
    assert min(len(paper.abstract) for paper in found) == 472
    assert max(len(paper.title) for paper in found) == 144


def test_real_records_say_where_they_stand(real: dict[str, list[Paper]], pages_dir: Path) -> None:
    for file in sorted(pages_dir.glob("*.txt")):
        lines = file.read_text(encoding="utf-8").split("\n")
        for position, paper in enumerate(real[file.name[:3]], start=1):
            (source,) = paper.sources
            assert source.position == position
            assert lines[source.line - 1].strip().endswith(paper.title)


@pytest.mark.parametrize("damage", ["crlf", "utf-16", "bom", "doubled lines", "no empty lines"])
def test_real_pages_survive_other_ways_to_save(
    real: dict[str, list[Paper]], pages_dir: Path, damage: str
) -> None:
    for file in sorted(pages_dir.glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        data = {
            "crlf": text.replace("\n", "\r\n").encode(),
            "utf-16": text.encode("utf-16"),
            "bom": text.encode("utf-8-sig"),
            "doubled lines": text.replace("\n", "\n\n").encode(),
            "no empty lines": re.sub("\n+", "\n", text).encode(),
        }[damage]
        expected = [(paper.title, paper.abstract) for paper in real[file.name[:3]]]
        assert texts(data) == expected


def test_a_real_page_without_its_header_is_still_one(pages_dir: Path) -> None:
    for file in sorted(pages_dir.glob("*.txt")):
        whole = papers(file.read_bytes())
        text = file.read_text(encoding="utf-8")
        assert len(papers(text[text.index(whole[0].title) :])) == len(whole)
