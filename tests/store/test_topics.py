"""The map of a library: the same library gives the same map, and it stays true."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from store.library import Library
from store.paper import Paper
from store.projection import group, groups_for, project
from store.topics import TopicMap, cached_map, make_map
from tests.store.making import invented, open_library, record

_SUBJECTS = {
    "tides": "harbour tides and the height of ocean waves at the coast",
    "bread": "sourdough bread, yeast and the baking of flour",
    "stars": "telescopes that watch distant galaxies and stars",
}


def of_three_subjects(each: int = 6) -> list[Paper]:
    return [
        record(
            f"Paper {number} of {subject}: notes on {about}",
            f"We write about {about}. This is note {number} on {subject}, with RLHF in it.",
            "subjects.txt",
            1 + number + each * place,
            year=2019 + number % 3 if number else None,
        )
        for place, (subject, about) in enumerate(_SUBJECTS.items())
        for number in range(each)
    ]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three subjects, closed; its map may be made and thrown away."""
    where = tmp_path_factory.mktemp("subjects") / "library"
    with open_library(where) as opened:
        opened.add(of_three_subjects())
    return where


def test_every_paper_stands_on_the_map_in_one_topic(folder: Path) -> None:
    with open_library(folder) as library:
        drawn = make_map(library)
        assert drawn.papers == drawn.placed == len(drawn.points) == 18
        assert {point.paper_id for point in drawn.points} == {p.id for p in library.catalog.list()}
        assert all(0 <= at <= 1 for point in drawn.points for at in (point.x, point.y))
        for topic in drawn.topics:
            own = [point for point in drawn.points if point.topic == topic.number]
            assert topic.size == len(own) > 0
            assert (topic.x, topic.y) in {(point.x, point.y) for point in own}
        assert [topic.number for topic in drawn.topics] == list(range(len(drawn.topics)))
        sizes = [topic.size for topic in drawn.topics]
        assert sizes == sorted(sizes, reverse=True)


def test_papers_of_one_subject_share_a_topic(folder: Path) -> None:
    with open_library(folder) as library:
        drawn = make_map(library)
        subjects = {point.topic: set[str]() for point in drawn.points}
        for point in drawn.points:
            subjects[point.topic].add(point.title.split(":")[0].split(" ")[-1])
        assert len(subjects) == 3
        assert sorted(subjects.values(), key=str) == sorted(({s} for s in _SUBJECTS), key=str)


def test_years_count_all_papers_that_have_one(library: Library) -> None:
    library.add(of_three_subjects())
    drawn = make_map(library, sample=7)
    assert (drawn.papers, drawn.placed) == (18, 7)
    assert drawn.years == {2019: 3, 2020: 6, 2021: 6}
    assert list(drawn.years) == sorted(drawn.years)


def test_a_sample_keeps_most_of_its_papers_when_the_library_grows(library: Library) -> None:
    library.add(of_three_subjects())
    before = {point.paper_id for point in make_map(library, sample=9).points}
    library.add([record("Another on its own", "Of something else.", "b.txt")])
    after = {point.paper_id for point in make_map(library, sample=9).points}
    assert len(before & after) >= 8


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 8])
def test_a_handful_of_papers_has_a_map_too(library: Library, count: int) -> None:
    library.add(invented(count))
    drawn = make_map(library)
    assert len({(point.x, point.y) for point in drawn.points}) == drawn.placed == count
    assert sum(topic.size for topic in drawn.topics) == count
    assert all(topic.label for topic in drawn.topics)


def test_the_same_paper_many_times_has_a_map(library: Library) -> None:
    library.add([record(f"Tides {n}", "", "a.txt", n) for n in range(1, 10)])
    assert make_map(library).placed == 9


def test_a_map_is_the_same_in_another_process(folder: Path) -> None:
    with open_library(folder) as library:
        here = make_map(library)
        (folder / "map.json").unlink()
    program = (
        "import sys; from pathlib import Path; from store.topics import make_map;"
        "from tests.store.making import open_library;"
        "library = open_library(Path(sys.argv[1])); print(make_map(library)); library.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(here)


def test_a_map_is_kept_until_the_library_changes(library: Library) -> None:
    library.add(of_three_subjects())
    assert cached_map(library) is None
    drawn = make_map(library)
    assert cached_map(library) == drawn == make_map(library)
    assert cached_map(library, sample=5) is None
    version = library.catalog.changes.version()
    assert drawn.version == version
    library.remove_papers([drawn.points[0].paper_id])
    assert cached_map(library) is None
    assert library.catalog.changes.version() > version
    assert make_map(library).papers == 17


def test_papers_without_vectors_are_counted_and_join_the_map_when_they_have_them(
    library: Library,
) -> None:
    library.add(of_three_subjects())
    library.catalogue(invented(4, "later.txt"))
    early = make_map(library)
    assert (early.papers, early.placed) == (22, 18)
    assert cached_map(library) == early
    library.index()
    assert cached_map(library) is None
    assert make_map(library).placed == 22


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b'{"made": 3}', b"\xff\xfe", b'{"made": {}, "map": {}}']
)
def test_a_broken_map_is_made_anew(folder: Path, broken: bytes) -> None:
    with open_library(folder) as library:
        drawn = make_map(library)
        (folder / "map.json").write_bytes(broken)
        assert cached_map(library) is None
        assert make_map(library) == drawn == cached_map(library)


def test_a_map_of_another_format_is_made_anew(folder: Path) -> None:
    with open_library(folder) as library:
        make_map(library)
        kept = json.loads((folder / "map.json").read_text())
        kept["made"]["format"] += 1
        (folder / "map.json").write_text(json.dumps(kept))
        assert cached_map(library) is None


def test_a_map_that_cannot_be_kept_is_drawn_all_the_same(folder: Path) -> None:
    with open_library(folder) as library:
        drawn = make_map(library)
        (folder / "map.json").unlink()
        (folder / "map.part").mkdir()
        try:
            assert make_map(library) == drawn
            assert cached_map(library) is None
        finally:
            (folder / "map.part").rmdir()


def test_two_threads_and_questions_meanwhile_get_their_answers(library: Library) -> None:
    library.add(of_three_subjects())
    maps: list[TopicMap] = []
    threads = [threading.Thread(target=lambda: maps.append(make_map(library))) for _ in range(2)]
    for thread in threads:
        thread.start()
    vector = library.embed_query("bread")
    while any(thread.is_alive() for thread in threads):
        found = library.vectors.search(vector, 3)
        assert len(found) == 3
    for thread in threads:
        thread.join()
    assert maps[0] == maps[1]


def test_vectors_far_from_each_other_are_placed_apart() -> None:
    random = np.random.default_rng(1)
    centres = np.eye(3, 64, dtype=np.float32)
    vectors = np.repeat(centres, 20, axis=0) + random.normal(0, 0.05, (60, 64)).astype(np.float32)
    places, groups = project(vectors), group(vectors)
    kinds = np.repeat(np.arange(3), 20)
    for kind in range(3):
        own, other = places[kinds == kind], places[kinds != kind]
        middle = own.mean(axis=0)
        spread = np.linalg.norm(own - middle, axis=1).max()
        assert np.linalg.norm(other - middle, axis=1).min() > 0.5 * spread
        assert not set(groups[kinds == kind]) & set(groups[kinds != kind])


def test_more_papers_make_more_groups_up_to_what_one_can_read() -> None:
    assert [groups_for(n) for n in (0, 1, 7, 414, 4000, 100_000)] == [0, 1, 1, 12, 24, 24]
