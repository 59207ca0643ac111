"""The vector index: the same on an embedded Chroma and on a Chroma server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import ExactMatchFilter, MetadataFilters, VectorStoreQuery

from store.errors import WrongEmbedder
from store.vectors import VectorIndex, wipe

AXES = np.eye(8, dtype=np.float32)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    folder = tmp_path_factory.mktemp("server")
    process = subprocess.Popen(
        [chroma, "run", "--host", "127.0.0.1", "--port", str(port), "--path", folder],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/api/v2/heartbeat", timeout=1).close()
            break
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
    yield address
    process.kill()
    process.wait()


@pytest.fixture(params=["embedded", "server"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    if request.param == "embedded":
        yield tmp_path / "vectors"
    else:
        address: str = request.getfixturevalue("server")
        yield address
        wipe(address)


@pytest.fixture
def index(where: Path | str) -> Iterator[VectorIndex]:
    opened = VectorIndex(where, "one embedder")
    yield opened
    opened.close()


def nodes(*chunk_ids: str, text: str = "text") -> Sequence[TextNode]:
    return [
        TextNode(id_=i, text=f"{text} of {i}", metadata={"paper_id": i.partition("#")[0]})
        for i in chunk_ids
    ]


def test_the_nearest_chunks_come_first_with_their_cosines(index: VectorIndex) -> None:
    index.add(nodes("a#0", "b#0", "b#1"), AXES[:3])
    hits = index.search(np.array([0.6, 0.8, 0, 0, 0, 0, 0, 0], np.float32), 2)
    assert [chunk_id for chunk_id, _ in hits] == ["b#0", "a#0"]
    assert [cosine for _, cosine in hits] == pytest.approx([0.8, 0.6], abs=1e-5)
    assert len(index.search(AXES[0], 50)) == len(index) == 3


def test_vectors_come_back_as_they_went_in(index: VectorIndex) -> None:
    given = np.random.default_rng(1).standard_normal((2, 8)).astype(np.float32)
    index.add(nodes("a#0", "b#0"), given)
    found = index.vectors(["b#0", "a#0", "c#0"])
    assert found.keys() == {"a#0", "b#0"}
    assert np.stack([found["a#0"], found["b#0"]]) == pytest.approx(given, rel=1e-6)
    assert index.vectors([]) == {}


def test_nodes_come_back_whole_through_the_vector_store_of_llamaindex(index: VectorIndex) -> None:
    told = {"paper_id": "a", "title": "On it", "year": 2024, "start": 5, "sentences": "5-9 10-20"}
    about = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id="a")}
    given = TextNode(id_="a#0", text="text of a#0", metadata=told, relationships=about)
    index.add([given], AXES[:1])
    asked = VectorStoreQuery(
        query_embedding=AXES[0].tolist(),
        similarity_top_k=1,
        filters=MetadataFilters(filters=[ExactMatchFilter(key="year", value=2024)]),
    )
    (found,) = index.store.query(asked).nodes or []
    assert found.to_dict() == given.to_dict()
    index.store.delete("a")
    assert index.search(AXES[0], 1) == []


def test_a_chunk_that_is_there_stays_as_it_is(index: VectorIndex) -> None:
    index.add(nodes("a#0"), AXES[:1])
    index.add(nodes("a#0", "b#0", text="another text"), AXES[1:3])
    assert len(index) == 2
    assert index.vectors(["a#0"])["a#0"].tobytes() == AXES[0].tobytes()


def test_all_chunks_of_a_paper_are_removed_and_no_others(index: VectorIndex) -> None:
    index.add(nodes("a#0", "a#1", "aa#0"), AXES[:3])
    index.remove(["a", "nobody"])
    assert [chunk_id for chunk_id, _ in index.search(AXES[0], 9)] == ["aa#0"]
    index.remove([])
    assert len(index) == 1


def test_a_search_keeps_to_the_chunks_that_it_is_given(index: VectorIndex) -> None:
    index.add(nodes("a#0", "b#0", "c#0"), AXES[:3])
    assert [i for i, _ in index.search(AXES[0], 9, ["c#0", "b#0"])] in (
        ["b#0", "c#0"],
        ["c#0", "b#0"],
    )
    assert [i for i, _ in index.search(AXES[0], 1, ["a#0", "b#0"])] == ["a#0"]
    assert index.search(AXES[0], 9, []) == []


def test_a_chunk_that_was_just_removed_does_not_stop_a_search(index: VectorIndex) -> None:
    index.add(nodes("a#0", "b#0"), AXES[:2])
    assert [i for i, _ in index.search(AXES[0], 9, ["a#0", "gone#0"])] == ["a#0"]
    assert index.search(AXES[0], 9, ["gone#0", "gone#1"]) == []


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.search(AXES[0], 5) == []
    assert index.search(AXES[0], 5, ["a#0"]) == []
    index.add([], AXES[:0])
    assert len(index) == 0


def test_everything_is_there_when_the_index_is_opened_again(where: Path | str) -> None:
    first = VectorIndex(where, "one embedder")
    first.add(nodes("a#0"), AXES[:1])
    first.close()
    again = VectorIndex(where, "one embedder")
    ((chunk_id, cosine),) = again.search(AXES[0], 5)
    assert chunk_id == "a#0"
    assert cosine == pytest.approx(1.0, abs=1e-6)
    again.close()


def test_an_index_remembers_the_embedder_that_made_it(where: Path | str) -> None:
    VectorIndex(where, "one embedder").close()
    with pytest.raises(WrongEmbedder, match=r"embedded with one embedder, but another .*reindex"):
        VectorIndex(where, "another")
    VectorIndex(where, "one embedder").close()


def test_a_wiped_index_is_empty_and_open_to_any_embedder(where: Path | str) -> None:
    first = VectorIndex(where, "one embedder")
    first.add(nodes("a#0"), AXES[:1])
    first.close()
    wipe(where)
    other = VectorIndex(where, "another")
    assert len(other) == 0
    other.add(nodes("a#0"), AXES[:1, :4])
    assert other.vectors(["a#0"])["a#0"].shape == (4,)
    other.close()
    wipe(where)
    wipe(where)  # nothing there: nothing to do


def test_an_index_that_is_refused_is_not_left_open(tmp_path: Path) -> None:
    from chromadb.api.shared_system_client import SharedSystemClient

    VectorIndex(tmp_path, "one embedder").close()
    with pytest.raises(WrongEmbedder):
        VectorIndex(tmp_path, "another")
    assert str(tmp_path) not in SharedSystemClient._identifier_to_system


def test_many_chunks_go_in_and_out_in_batches(
    index: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_batch", 3)
    ids = [f"p{number}#0" for number in range(8)]
    index.add(nodes(*ids), AXES)
    assert index.vectors(ids).keys() == set(ids)
    index.remove([chunk_id.partition("#")[0] for chunk_id in ids[:7]])
    assert [chunk_id for chunk_id, _ in index.search(AXES[0], 9)] == ids[7:]


def test_telemetry_is_off(where: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    import chromadb
    from chromadb.config import Settings

    seen: list[bool] = []

    def watched(make: Callable[..., object]) -> Callable[..., object]:
        def client(*args: object, settings: Settings, **options: object) -> object:
            seen.append(settings.anonymized_telemetry)
            return make(*args, settings=settings, **options)

        return client

    for name in ("PersistentClient", "HttpClient"):
        monkeypatch.setattr(chromadb, name, watched(getattr(chromadb, name)))
    VectorIndex(where, "one embedder").close()
    assert seen == [False]


def test_chunks_are_removed_by_name_where_their_number_is_known(index: VectorIndex) -> None:
    there = [f"{paper}#{n}" for paper in "abc" for n in range(3)]
    index.add(nodes(*there), np.eye(9, 384, dtype=np.float32))
    index.remove(["a", "b", "nobody"], {"a": 3, "nobody": 2})
    assert set(index.vectors(there)) == {"c#0", "c#1", "c#2"}
