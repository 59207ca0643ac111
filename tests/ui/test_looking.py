"""Looking at the assistant itself: `config` and `doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.library import Library
from store.settings import StoreSettings
from tests.assistant.rerank_server import RerankServer
from tests.ui.making import Run, document


def test_config_tells_each_value_and_where_it_comes_from(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("pool = 77", "utf-8")
    monkeypatch.setenv("ASSISTANT_TOP_K", "9")
    told = document(run("--config", str(file), "config", "--json", library=tmp_path))
    rows = {row["name"]: row for row in told["settings"]}
    assert (rows["pool"]["value"], rows["pool"]["from"]) == (77, str(file))
    assert (rows["top_k"]["value"], rows["top_k"]["from"]) == (9, "ASSISTANT_TOP_K")
    assert (rows["library"]["value"], rows["library"]["from"]) == (str(tmp_path), "flag")
    assert rows["window"]["from"] == "default"
    assert all(row["about"] and row["environment"] for row in rows.values())
    shown = run("config", library=tmp_path).out
    for name, row in rows.items():
        assert name in shown
        assert all(variable in shown for variable in row["environment"])


def test_doctor_finds_a_library_well(run: Run, library: Path) -> None:
    told = document(run("doctor", "--json", library=library))
    assert told["ok"] is True
    found = {check["what"]: check["found"] for check in told["checks"]}
    assert "6 papers" in found["Library"]
    assert found["Word index"] == "6 papers"
    assert "384 dimensions" in found["Embedder"]
    assert found["Language model"].startswith("none configured")
    assert found["Reranker"].startswith("off")
    shown = run("doctor", library=library)
    assert all(line.startswith("ok ") for line in shown.out.splitlines())


def test_doctor_ends_badly_when_something_is_not_well(
    run: Run, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(StoreSettings(library=own_library)) as opened:
        opened.catalog.changes.requeue("vectors")
    monkeypatch.setenv("ASSISTANT_LLM_MODEL", "some-model")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    told = run("doctor", "--json", library=own_library)
    assert document(told, code=1)["ok"] is False
    assert told.err == "Look at: vector index, language model.\n"
    bad = {c["what"]: c["found"] for c in json.loads(told.out)["checks"] if not c["ok"]}
    assert "6 papers still to come: run 'assistant add'" in bad["Vector index"]
    assert "could not be reached" in bad["Language model"]


def test_doctor_tries_the_reranker(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RerankServer() as server:
        monkeypatch.setenv("ASSISTANT_RERANK", "endpoint")
        monkeypatch.setenv("ASSISTANT_RERANK_BASE_URL", server.base_url)
        told = document(run("doctor", "--json", library=library), code=1)
        bad = {c["what"]: c["found"] for c in told["checks"] if not c["ok"]}
        assert bad == {"Reranker": f"The reranker refused the key, at {server.base_url}"}
        monkeypatch.setenv("ASSISTANT_RERANK_API_KEY", server.api_key)
        told = document(run("doctor", "--json", library=library))
        found = {c["what"]: c["found"] for c in told["checks"]}
        assert found["Reranker"] == f"the endpoint at {server.base_url} ranks two texts"
