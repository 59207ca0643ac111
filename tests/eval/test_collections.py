"""Rankings are measured as trec_eval does, and ours is what the product ranks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.engine import CitedQueryEngine
from eval.beir import Collection
from eval.cli import app
from eval.recording import load
from eval.retrieval import measure, ours, plain_fusion, score
from store.library import Library
from tests.eval.conftest import Write

Opened = tuple[Library, dict[str, str]]


def test_the_measures_of_a_ranking_are_those_by_hand() -> None:
    found = score({"q": ["b", "x", "a"], "none": []}, {"q": {"a": 2, "b": 1}, "none": {"a": 1}})
    gained, ideal = 1 + 2 / math.log2(4), 2 + 1 / math.log2(3)
    assert found["q"]["nDCG@10"] == pytest.approx(gained / ideal)
    assert found["q"]["recall@10"] == found["q"]["MRR@10"] == 1
    assert set(found["none"].values()) == {0.0}


def test_what_stands_beyond_the_tenth_place_counts_for_recall_at_100_only() -> None:
    others = [f"x{n}" for n in range(10)]
    found = score({"q": [*others, "a"]}, {"q": {"a": 1}})["q"]
    assert found == {"nDCG@10": 0, "recall@10": 0, "recall@100": 1, "MRR@10": 0}


def test_equal_neighbours_keep_the_order_of_the_ranking() -> None:
    ranking = ["b", "c", "a"]
    found = [score({"q": ranking}, {"q": {i: 1}})["q"]["MRR@10"] for i in ranking]
    assert found == pytest.approx([1, 1 / 2, 1 / 3])


def test_ours_begins_as_the_product_finds(tiny_library: Opened) -> None:
    library, documents = tiny_library
    engine = CitedQueryEngine(library)
    question = "Do bees hum in dialects?"
    found = [p.paper.id for p in engine.find(question, top_k=10).passages]
    ranked = ours(engine, question)
    assert ranked.ids[: len(found)] == found
    assert documents[ranked.ids[0]] == "d2"
    assert len(set(ranked.ids)) == len(ranked.ids)
    assert documents[plain_fusion(library, question)[0]] == "d2"


def test_all_systems_are_measured_on_all_questions(
    tiny_library: Opened, collection: Collection
) -> None:
    library, documents = tiny_library
    measured = measure(CitedQueryEngine(library), collection, documents)
    assert list(measured.systems) == ["BM25", "dense", "plain fusion", "ours"]
    assert list(measured.each) == ["q1", "q2"]
    assert measured.systems["ours"]["MRR@10"] == 1
    of_questions = [row["ours: nDCG@10"] for row in measured.each.values()]
    assert measured.systems["ours"]["nDCG@10"] == pytest.approx(sum(of_questions) / 2)


def test_the_command_prints_one_document_and_keeps_the_run(
    write_collection: Write, tmp_path: Path
) -> None:
    results, folder = tmp_path / "results", str(write_collection())
    arguments = ["--work", str(tmp_path), "--results", str(results), "--name", "mine", "--json"]
    done = CliRunner().invoke(app, ["retrieval", folder, *arguments], catch_exceptions=False)
    printed = json.loads(done.stdout)["collections"]["tiny"]
    run = load(results / "mine-tiny.json")
    assert run.figures["systems"] == printed["systems"]
    assert run.library.papers == 5
    assert (results / "mine-tiny-systems.png").read_bytes().startswith(b"\x89PNG")
    compared = CliRunner().invoke(
        app, ["compare", "mine-tiny", "mine-tiny", "--results", str(results), "--json"]
    )
    assert json.loads(compared.stdout)["measures"]["ours: nDCG@10"]["difference"] == 0
