"""A run is kept whole, and with what it was of."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from eval.plots import bars
from eval.prints import fingerprint, without_secrets
from eval.recording import Each, NotARun, find, keep, load, markdown, record
from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings
from tests.eval.making import a_run

PAPERS = [
    Paper(title=f"Paper {n}", abstract=f"Sentence {n}.", sources=(Source("f", n),))
    for n in range(1, 4)
]
EACH = st.dictionaries(
    st.text(), st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False))
)


def test_a_run_kept_is_the_run_loaded(tmp_path: Path) -> None:
    path = keep(a_run(), folder=tmp_path)
    assert load(path) == a_run()
    assert find("a-run", tmp_path) == find(str(path)) == path


@given(EACH)
def test_any_measures_come_back(tmp_path_factory: pytest.TempPathFactory, each: Each) -> None:
    run = replace(a_run(), each=each)
    assert load(keep(run, folder=tmp_path_factory.getbasetemp())) == run


def test_the_table_has_every_figure_with_its_command(tmp_path: Path) -> None:
    keep(a_run(), {"kinds": bars("Kinds", ["riddle"], {"ours": [0.25]})}, tmp_path)
    text = (tmp_path / "a-run.md").read_text("utf-8")
    assert "| mrr | 0.500 |" in text
    assert "| riddle | 0.250 | 4 |" in text
    assert text.count("By `assistant eval --name a-run`:") == 2
    assert "![kinds](a-run-kinds.png)" in text
    assert (tmp_path / "a-run-kinds.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"when": "today", "hit@1": 0.5}', "utf-8")
    with pytest.raises(NotARun, match="measure it again"):
        load(tmp_path / "old.json")
    with pytest.raises(NotARun, match=r"no run 'new'.*\(old\)"):
        find("new", tmp_path)


def test_an_engine_is_recorded_with_its_settings_and_without_its_keys(tmp_path: Path) -> None:
    settings = AnswerSettings(
        top_k=5, writer="extractive", llm_api_key="hush", llm_base_url="http://me:hush@host/v1"
    )
    with Library(StoreSettings(library=tmp_path, embed_api_key="hush"), owner="a test") as library:
        library.add(PAPERS)
        engine = CitedQueryEngine(library, settings)
        figures = {"mrr": 1, "auroc": math.nan, "kind": "no number", "none": {}}
        of = a_run().questions
        run = record("mine", datetime.now(UTC), engine, of, figures, {"q": {"rr": math.nan}})
    assert run.figures == {"mrr": 1.0}
    assert run.each == {"q": {}}
    assert run.settings["answer"]["top_k"] == 5
    assert run.settings["answer"]["llm_base_url"] == "http://host/v1"
    assert run.library.papers == 3
    kept = keep(run, folder=tmp_path / "results").read_text("utf-8") + markdown(run)
    assert "hush" not in kept
    assert str(tmp_path) not in json.dumps(dict(run.settings))


def test_no_setting_that_holds_a_key_is_recorded() -> None:
    assert "embed_api_key" not in without_secrets(StoreSettings(embed_api_key="hush"))


def test_the_print_of_a_library_knows_texts_and_not_their_order(tmp_path: Path) -> None:
    changed = [replace(PAPERS[0], abstract="Another sentence."), *PAPERS[1:]]
    prints = []
    for number, papers in enumerate((PAPERS, PAPERS[::-1], changed)):
        settings = StoreSettings(library=tmp_path / str(number))
        with Library(settings, owner="a test") as library:
            library.catalogue(papers)
            prints.append(fingerprint(library))
    assert prints[0] == prints[1]
    assert prints[0].digest != prints[2].digest
