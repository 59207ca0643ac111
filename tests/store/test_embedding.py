"""The built-in embedder against recorded fp32 vectors, and the choice of embedder.

The vectors are those of the fp32 graph (`python -m eval.make_model WHEEL --references
tests/store`); they were compared with sentence-transformers on torch: cosine 1.000000 for each.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from llama_index.core.schema import TextNode

from store import embedding
from store.embedding import (
    EmbedderUnclear,
    MiniLM,
    fingerprint_of,
    make_embedder,
    token_counter,
)
from store.minilm import DIMENSIONS, MODEL, STATES, WINDOW, ModelMissing, Vectors

HERE = Path(__file__).parent
RECORDS = [
    json.loads(line)
    for line in (HERE / "reference_texts.jsonl").read_text(encoding="utf-8").splitlines()
]
TEXTS: list[str] = [record["text"] for record in RECORDS]
FILES = Path(embedding.__file__).parent / "data" / "minilm"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="module")
def vectors(minilm: MiniLM) -> Vectors:
    return minilm.embed(TEXTS)


@pytest.fixture(scope="module")
def references() -> Vectors:
    recorded = np.load(HERE / "reference_vectors.npy").astype(np.float32)
    normed: Vectors = recorded / np.linalg.norm(recorded, axis=1, keepdims=True)
    return normed


# --- the vectors ------------------------------------------------------------------------------


@pytest.mark.parametrize("i", range(len(TEXTS)), ids=lambda i: f"{i}-{RECORDS[i]['kind']}")
def test_a_vector_is_close_to_the_fp32_models(
    i: int, vectors: Vectors, references: Vectors
) -> None:
    assert vectors[i] @ references[i] >= 0.98


def test_the_vectors_are_closer_still_on_average(vectors: Vectors, references: Vectors) -> None:
    assert references.shape == (100, DIMENSIONS)
    assert (vectors * references).sum(axis=1).mean() >= 0.995


def test_each_text_finds_its_own_reference_first(vectors: Vectors, references: Vectors) -> None:
    # White space reads as no text at all, so those two share a vector.
    blank = [i for i, text in enumerate(TEXTS) if not text.strip()]
    found = (vectors @ references.T).argmax(axis=1)
    assert [i for i in range(100) if found[i] != i and i not in blank] == []


def test_vectors_are_float32_of_length_one(vectors: Vectors) -> None:
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_its_company(minilm: MiniLM, vectors: Vectors) -> None:
    for i in range(0, 100, 7):
        assert np.array_equal(minilm.embed([TEXTS[i]])[0], vectors[i])
    assert np.array_equal(minilm.embed(TEXTS[::-3]), vectors[::-3])


def test_a_vector_does_not_depend_on_the_number_of_threads(vectors: Vectors) -> None:
    assert np.array_equal(MiniLM(threads=1).embed(TEXTS[:40]), vectors[:40])
    assert np.array_equal(MiniLM(threads=5).embed(TEXTS[:40]), vectors[:40])


def test_many_threads_may_share_a_fresh_embedder(vectors: Vectors) -> None:
    shared = MiniLM(threads=2)
    start = threading.Barrier(6)

    def ask(offset: int) -> bool:
        start.wait(timeout=60)
        mine = range(offset, 72, 6)
        alone = np.array([shared.get_query_embedding(TEXTS[i]) for i in mine], np.float32)
        together = shared.embed([TEXTS[i] for i in mine])
        return np.array_equal(alone, vectors[mine]) and np.array_equal(together, vectors[mine])

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(6)))


def test_no_texts_give_no_vectors(minilm: MiniLM) -> None:
    assert minilm.embed([]).shape == (0, DIMENSIONS)
    assert minilm.get_text_embedding_batch([]) == []


# --- texts that are hard to read ----------------------------------------------------------------


def test_only_the_first_256_pieces_count(minilm: MiniLM) -> None:
    words = ["wind"] * (WINDOW - 2)
    full = minilm.embed([" ".join(words)])
    assert np.array_equal(minilm.embed([" ".join([*words, "rain", "snow"])]), full)
    assert not np.array_equal(minilm.embed([" ".join([*words[:-1], "rain"])]), full)


@pytest.mark.parametrize(
    "text",
    [
        "wind " * 30_000,
        "wind" + " " * 40_000 + "rain",
        "x" * 40_000 + " rain",
        ("y" * 99 + " ") * 400,
        "風" * 20_000,
    ],
    ids=["words", "gap", "long word", "long words", "no spaces"],
)
def test_cutting_a_huge_text_early_changes_nothing(minilm: MiniLM, text: str) -> None:
    whole = minilm._model.pieces(text).ids
    assert minilm._model.cut(text)[0].tolist() == whole[: WINDOW - 2]


@pytest.mark.parametrize(
    "text", ["", " \n", "\0", "a\0b", "\ud83d", "a\udcffb", "\ufffe\U0010ffff"]
)
def test_no_text_is_too_broken_for_a_vector(minilm: MiniLM, text: str) -> None:
    (vector,) = minilm.embed([text])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert minilm.count_tokens(text) == len(minilm.piece_offsets(text))


def test_pieces_are_counted_without_marks_and_without_a_limit(minilm: MiniLM) -> None:
    assert minilm.count_tokens("") == 0
    assert minilm.count_tokens("Wind and rain.") == 4
    assert minilm.count_tokens("wind " * 1000) == 1000


def test_offsets_of_pieces_point_into_the_text(minilm: MiniLM) -> None:
    text = "Éclat\ud83d of WIND 🎉 embeddings"
    shown = [text[start:end] for start, end in minilm.piece_offsets(text)]
    assert shown == ["Éc", "lat", "of", "WIND", "🎉", "em", "bed", "ding", "s"]


# --- as a LlamaIndex embedder ------------------------------------------------------------------


def test_every_way_to_ask_gives_the_same_vector(minilm: MiniLM) -> None:
    texts = TEXTS[:5]
    expected = minilm.embed(texts).tolist()

    async def asked() -> list[list[float]]:
        return [
            await minilm.aget_query_embedding(texts[0]),
            await minilm.aget_text_embedding(texts[1]),
            *(await minilm.aget_text_embedding_batch(texts[2:])),
        ]

    assert minilm.get_query_embedding(texts[0]) == expected[0]
    assert minilm.get_text_embedding(texts[1]) == expected[1]
    assert minilm.get_text_embedding_batch(texts) == expected
    assert asyncio.run(asked()) == expected


def test_batches_are_put_together_in_order(vectors: Vectors) -> None:
    in_threes = MiniLM(embed_batch_size=3)
    assert in_threes.get_text_embedding_batch(TEXTS[:8]) == vectors[:8].tolist()


def test_it_embeds_nodes_in_a_pipeline(minilm: MiniLM, vectors: Vectors) -> None:
    (node,) = minilm([TextNode(text=TEXTS[0])])
    assert node.embedding == vectors[0].tolist()


def test_it_can_be_stored_and_copied(minilm: MiniLM, vectors: Vectors) -> None:
    stored = minilm.to_json()
    assert str(FILES) not in stored
    for copy in (
        MiniLM.from_json(stored),
        pickle.loads(pickle.dumps(minilm)),
        minilm.model_copy(deep=True),
    ):
        assert np.array_equal(copy.embed(TEXTS[:1])[0], vectors[0])


# --- the files ---------------------------------------------------------------------------------


def test_the_fingerprint_is_of_the_files_that_are_there(minilm: MiniLM) -> None:
    graph = onnx.load(FILES / "model.onnx")
    assert [output.name for output in graph.graph.output] == ["vector", STATES]
    del graph.graph.output[1]  # the word pieces' states, which leave the vectors as they are
    tokenizer = (FILES / "tokenizer.json").read_bytes()
    digest = hashlib.sha256(graph.SerializeToString(deterministic=True) + tokenizer).hexdigest()
    about = json.loads((FILES / "model.json").read_text(encoding="utf-8"))
    assert about == {
        "model": MODEL,
        "dimensions": DIMENSIONS,
        "window": WINDOW,
        "sha256": digest,
    }
    assert minilm.fingerprint == f"{MODEL}:{digest[:16]}"


def test_the_files_say_where_they_come_from() -> None:
    assert "sentence-transformers/all-MiniLM-L6-v2" in (FILES / "NOTICE").read_text("utf-8")
    assert "Apache License" in (FILES / "LICENSE").read_text("utf-8")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"tokenizer\.json is missing"):
        MiniLM(tmp_path).embed(["wind"])
    with pytest.raises(ModelMissing, match=r"model\.json is missing"):
        _ = MiniLM(tmp_path).fingerprint


def test_torch_is_not_needed_and_the_runtime_is_loaded_late() -> None:
    code = (
        "import sys\n"
        "from store.embedding import MiniLM\n"
        "early = {'onnxruntime', 'tokenizers', 'openai'} & set(sys.modules)\n"
        "MiniLM().embed(['wind', 'rain'])\n"
        "print(sorted(early), 'torch' in sys.modules, 'onnxruntime' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert run.stdout.split("\n")[-2] == "[] False True"


# --- the choice --------------------------------------------------------------------------------


class _Endpoint(BaseHTTPRequestHandler):
    """Gives each text the vector [its length, 1]."""

    seen: list[tuple[str, str | None]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((body["model"], self.headers["Authorization"]))
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        data = [
            {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0]}
            for i, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        answer = {"object": "list", "data": data, "model": body["model"], "usage": usage}
        payload = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    _Endpoint.seen = []
    with HTTPServer(("127.0.0.1", 0), _Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join(timeout=10)


def test_the_built_in_embedder_is_the_default() -> None:
    assert isinstance(make_embedder(), MiniLM)
    assert isinstance(make_embedder(MODEL, None, None), MiniLM)


def test_an_endpoint_embeds_in_its_place(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not to be sent")
    embedder = make_embedder("some-model", endpoint, None)
    assert embedder.get_text_embedding_batch(["wind", "rainy"]) == [[4.0, 1.0], [5.0, 1.0]]
    assert make_embedder("some-model", endpoint, "k").get_query_embedding("ice") == [3.0, 1.0]
    assert _Endpoint.seen == [("some-model", "Bearer none"), ("some-model", "Bearer k")]


def test_fingerprints_tell_models_apart_but_not_addresses(endpoint: str) -> None:
    here = make_embedder("some-model", endpoint)
    there = make_embedder("some-model", endpoint.replace("127.0.0.1", "localhost"))
    other = make_embedder("other-model", endpoint)
    assert fingerprint_of(here) == fingerprint_of(there)
    assert len({fingerprint_of(e) for e in (here, other, MiniLM())}) == 3


def test_tokens_are_counted_for_any_embedder(endpoint: str) -> None:
    for embedder in (MiniLM(), make_embedder("some-model", endpoint)):
        assert token_counter(embedder)("Wind and rain.") == 4


def test_half_an_endpoint_is_refused() -> None:
    with pytest.raises(EmbedderUnclear, match="set embed_base_url"):
        make_embedder("some-model", None, None)
    with pytest.raises(EmbedderUnclear, match="set embed_model"):
        make_embedder(None, "http://127.0.0.1:1/v1", None)
