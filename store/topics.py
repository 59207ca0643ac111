"""A library as a map: papers that say alike lie close together, and each region has a name.

The map is kept in the library's folder for as long as it is true of the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from store.filters import Filters
from store.topic_labels import label_groups

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.library import Library
    from store.paper import Paper

SAMPLE = 4000  # papers on a map
_FILE = "map.json"
_FORMAT = 1  # grows when the same library would get another map
_AT_A_TIME = 1000  # chunks; those who ask questions get their turn between


@dataclass(frozen=True, slots=True)
class Point:
    """A paper on the map; x and y from 0 to 1. `topic` is a topic's number."""

    paper_id: str
    title: str
    year: int | None
    x: float
    y: float
    topic: int


@dataclass(frozen=True, slots=True)
class Topic:
    """Papers that belong together; `size` are those on the map, x and y where they lie closest.

    `label` has up to three terms with commas between, the first says most; `words` has these
    and some more.
    """

    number: int
    label: str
    words: tuple[str, ...]
    size: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class TopicMap:
    """The map of a library: `placed` of its `papers` are on it, the largest topic comes first.

    `years` counts all papers that have a year. `version` is the catalogue's (`Changes.version`).
    """

    points: tuple[Point, ...] = ()
    topics: tuple[Topic, ...] = ()
    years: dict[int, int] = field(default_factory=dict)
    papers: int = 0
    placed: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class _Made:
    """What a map was made of: it is good while all of this stays."""

    version: int
    waiting: int
    embedder: str
    sample: int
    format: int = _FORMAT


@dataclass(frozen=True, slots=True)
class _Kept:
    made: _Made
    map: TopicMap


def make_map(library: Library, sample: int = SAMPLE) -> TopicMap:
    """The map of a library, from its folder if it is there and still true.

    A library of more than `sample` papers is shown by so many of them, drawn evenly and mostly
    the same ones again when it has grown. Papers whose vectors are still to be made are left
    out. Takes seconds, so call it beside the work; whoever calls it meanwhile waits for it.

    Raises what `Library` does.
    """
    from filelock import FileLock

    library.own()
    with FileLock(library.folder / "map.lock"):
        if kept := cached_map(library, sample):
            return kept
        made = _made(library, sample)
        drawn = _draw(library, made, sample)
        _keep(library.folder / _FILE, _Kept(made, drawn))
        return drawn


def cached_map(library: Library, sample: int = SAMPLE) -> TopicMap | None:
    """The map that was made of the library as it is now; None where it must be made (anew)."""
    from pydantic import TypeAdapter

    try:
        # Broken, or of another format: pydantic's error is a ValueError.
        kept = TypeAdapter(_Kept).validate_json((library.folder / _FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return kept.map if kept.made == _made(library, sample) else None


def _made(library: Library, sample: int) -> _Made:
    from store.embedding import fingerprint_of

    return _Made(
        version=library.catalog.changes.version(),
        waiting=library.pending("vectors"),
        embedder=fingerprint_of(library.embedder),
        sample=sample,
    )


def _keep(path: Path, kept: _Kept) -> None:
    from pydantic import TypeAdapter

    part = path.with_suffix(".part")
    with suppress(OSError):  # a map that can't be kept is as good
        part.write_bytes(TypeAdapter(_Kept).dump_json(kept))
        part.replace(path)


def _draw(library: Library, made: _Made, sample: int) -> TopicMap:
    from store.projection import group, project

    ids, vectors = _vectors(library, sample)
    papers = library.get(ids)
    there = [number for number, paper_id in enumerate(ids) if paper_id in papers]
    drawn = [papers[ids[number]] for number in there]
    vectors = vectors[there]
    places = project(vectors).round(4)
    groups = group(vectors)
    years, count = library.catalog.years(), library.count()
    points = tuple(
        Point(paper.id, paper.title, paper.year, float(x), float(y), int(topic))
        for paper, (x, y), topic in zip(drawn, places.tolist(), groups, strict=True)
    )
    topics = _topics(library, drawn, places, groups)
    return TopicMap(points, topics, years, count, len(points), made.version)


def _topics(
    library: Library,
    papers: Sequence[Paper],
    places: NDArray[np.float32],
    groups: NDArray[np.int64],
) -> tuple[Topic, ...]:
    import numpy as np

    members = [
        np.flatnonzero(groups == number) for number in range(int(groups.max(initial=-1)) + 1)
    ]
    labels = label_groups(
        [[papers[i] for i in own.tolist()] for own in members], library.words.stems
    )
    topics = []
    for number, (own, label) in enumerate(zip(members, labels, strict=True)):
        x, y = _centre(places[own])
        topics.append(Topic(number, label.text, label.words, len(own), x, y))
    return tuple(topics)


def _centre(places: NDArray[np.float32]) -> tuple[float, float]:
    """The place with the nearest third of the others closest around it: the middle of a topic
    may lie in another one, and its median too."""
    import numpy as np

    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    nearest = np.sort(apart, axis=1)[:, len(places) // 3]
    x, y = places[int(np.argmin(nearest))].tolist()
    return x, y


def _vectors(library: Library, sample: int) -> tuple[list[str], NDArray[np.float32]]:
    """Papers of the sample and the means of their chunks' vectors, one row each."""
    import numpy as np

    if not library.catalog.count_chunks():
        return [], np.zeros((0, 1), np.float32)
    index = library.vectors
    chunks: dict[str, list[str]] = {}
    for chunk_id in library.catalog.chunk_ids(Filters()):
        chunks.setdefault(chunk_id.rpartition("#")[0], []).append(chunk_id)
    # By a hash of the id: as good as drawn by lot, and the lots stay when papers come and go.
    chosen = sorted(sorted(chunks, key=lambda i: (crc32(i.encode()), i))[:sample])
    wanted = [chunk_id for paper_id in chosen for chunk_id in chunks[paper_id]]
    found: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(wanted), _AT_A_TIME):
        found |= index.vectors(wanted[start : start + _AT_A_TIME])
    ids, rows = [], []
    for paper_id in chosen:
        if own := [found[i] for i in chunks[paper_id] if i in found]:
            ids.append(paper_id)
            rows.append(np.mean(own, axis=0))
    return ids, np.array(rows, np.float32).reshape(len(ids), -1)
