"""The benchmark of scale, whole, on a few real papers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import scale
from eval.memory import resident
from eval.questions import CONFERENCE
from eval.scale_finding import Exact
from store.library import Library
from store.settings import StoreSettings

HAS_PAPERS = pytest.mark.skipif(not CONFERENCE.is_file(), reason="no conference papers here")
SIZE = 60
SMALL = scale.Plan(
    (SIZE,), questions=6, exact=12, bare=SIZE, meanwhile=SIZE, starts=1, asked=4, quick=True
)

pytestmark = HAS_PAPERS


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scale")


@pytest.fixture(scope="module")
def document(libraries: Path) -> dict[str, Any]:
    return scale.run(SMALL, folder=libraries)


def figures_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (one,) = document["sizes"]
    return {figure["name"]: figure for figure in one["figures"]}


def test_every_figure_is_there_and_possible(document: dict[str, Any]) -> None:
    (one,) = document["sizes"]
    assert (one["size"], one["papers"]) == (SIZE, SIZE)
    assert one["chunks"] >= SIZE
    found = figures_of(document)
    assert len(found) == len(one["figures"])
    memory = bool(resident(os.getpid()))
    for name, figure in found.items():
        assert figure["ours"] is not None or ("memory" in name and not memory), name
        if figure["what"].startswith("…"):  # a part that no question needed takes no time
            assert figure["ours"] >= 0, name
        elif figure["unit"] and figure["ours"] is not None:
            assert figure["ours"] > 0, name
    for way in ("", ", one year"):
        assert found[f"retrieval p50{way}"]["ours"] <= found[f"retrieval p95{way}"]["ours"]
        assert 0.9 <= found[f"recall{way}"]["ours"] <= 1
    assert found["add words"]["ours"] < found["add all"]["ours"]
    assert found["add vectors"]["ratio"] == pytest.approx(
        found["add vectors"]["ours"] / found["add vectors"]["other"]
    )
    assert found["add found"]["ours"] == 1
    assert found["meanwhile failed"]["ours"] == 0
    assert found["meanwhile failed"]["more"]["asked"] > 0
    assert found["first"]["ours"] > found["ready"]["ours"]


def test_the_parts_of_retrieval_make_up_its_time(document: dict[str, Any]) -> None:
    found = figures_of(document)
    parts = [f["ours"] for name, f in found.items() if f["what"].startswith("…")]
    without, within = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    assert sum(without) == pytest.approx(found["retrieval p50"]["more"]["mean"])
    assert sum(within) == pytest.approx(found["retrieval p50, one year"]["more"]["mean"])


def test_the_marks_of_the_issue_are_judged(document: dict[str, Any]) -> None:
    found = figures_of(document)
    assert found["add words"]["mark"] == "ours <= 90"
    assert found["add vectors"]["mark"] == "ratio >= 0.85"
    assert found["retrieval p50"]["mark"] == found["retrieval p50, one year"]["mark"] == "ours < 25"
    assert found["retrieval p95"]["mark"] == found["retrieval p95, one year"]["mark"] == "ours < 60"
    assert found["recall"]["mark"] == "ours >= 0.98"
    for name in ("add memory", "memory", "meanwhile memory"):
        assert found[name]["mark"] == "ours < 1500"
    for name in ("open", "list title middle", "filter year", "filter text", "count", "remove"):
        assert found[name]["mark"] == "ours < 100"


def test_the_table_has_a_line_for_each_figure_and_a_column_for_each_size(
    document: dict[str, Any],
) -> None:
    (one,) = document["sizes"]
    smaller = {**one, "size": 3, "papers": 3, "figures": one["figures"][5:]}
    table = scale.markdown({**document, "sizes": [smaller, one]})
    lines = table.partition("\n\n")[0].splitlines()
    assert lines[0] == f"| papers | 3 | {SIZE} | mark | |"
    assert len(lines) == 2 + len(one["figures"])
    assert len({line.count("|") for line in lines}) == 1


def test_a_library_that_is_there_is_used_again_with_the_figures_of_its_adding(
    document: dict[str, Any], libraries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "_measured", lambda at, size, made, plan, say: made)
    (again,) = scale.run(SMALL, folder=libraries)["sizes"]
    assert again["figures"] == document["sizes"][0]["figures"][: len(again["figures"])]
    assert again["figures"][0]["name"] == "add words"
    kept = libraries / str(SIZE) / scale.ADDING
    assert json.loads(kept.read_text("utf-8")) == again
    kept.rename(kept.with_suffix(".aside"))
    (elsewhere,) = scale.run(SMALL, folder=libraries)["sizes"]
    kept.with_suffix(".aside").rename(kept)
    assert elsewhere == {"when": None, "figures": []}


def test_a_library_in_use_is_left_alone(document: dict[str, Any], libraries: Path) -> None:
    folder = libraries / str(SIZE)
    with Library(StoreSettings(library=folder), owner="somebody") as library:
        library.own()
        with pytest.raises(RuntimeError, match="in use by 'somebody'"):
            scale.run(SMALL, folder=libraries, anew=True)
    assert scale.complete(folder, SIZE)


def test_a_library_that_lacks_papers_is_not_complete(
    document: dict[str, Any], libraries: Path, tmp_path: Path
) -> None:
    assert scale.complete(libraries / str(SIZE), SIZE)
    assert not scale.complete(libraries / str(SIZE), 2 * SIZE)
    assert not scale.complete(tmp_path, SIZE)


def test_exact_search_finds_all_that_it_holds_the_search_against(
    document: dict[str, Any], libraries: Path
) -> None:
    with Library(StoreSettings(library=libraries / str(SIZE))) as library:
        exact = Exact(library)
        vector = library.embed_query("Which methods need no labels?")
        only = exact.ids[::3]
        assert np.linalg.norm(exact.rows, axis=1) == pytest.approx(1.0)
        for within in (None, only):
            nearest = exact.search(vector, 10, within)
            assert exact.share(nearest, vector, 10, within) == 1
            assert exact.share(nearest[:4], vector, 10, within) == pytest.approx(0.4)
            cosines = [cosine for _, cosine in nearest]
            assert cosines == sorted(cosines, reverse=True)
        assert {i for i, _ in exact.search(vector, 10, only)} <= set(only)
        outside = exact.search(vector, 10, exact.ids[1::3])
        assert exact.share(outside, vector, 10, only) == 0
        stored = library.vectors.search(vector, 10)
        assert [i for i, _ in stored] == [i for i, _ in exact.search(vector, 10)]


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected in"):
        scale.run(SMALL, collection=tmp_path / "none.jsonl.gz")
