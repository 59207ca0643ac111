"""Methods side by side: found by name, cited, and plainly unknown where no paper names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from assistant.engine import CitedQueryEngine
from assistant.surveying import comparing
from assistant.surveying.comparing import BadMethods, compare_methods
from assistant.surveying.naming import Named, find_method
from assistant.surveying.values import Cell, Comparison
from store.library import Library
from store.paper import Paper
from store.settings import StoreSettings
from tests.assistant.invented import BEES, BEES_TOO, FERRYBENCH, LANTERN, LEDGERS, invented
from tests.assistant.surveying.checking import assert_sound

Engine = Callable[..., CitedQueryEngine]


def cells(comparison: Comparison) -> list[Cell]:
    return [
        *(cell for method in comparison.methods for cell in method.cells),
        *(cell for one in comparison.together for cell in one.cells),
        *(cell for pair in comparison.opposed for cell in (pair.one, pair.other)),
    ]


def test_each_method_is_told_from_the_paper_that_introduces_it(engine: CitedQueryEngine) -> None:
    found = compare_methods(engine, ["LedgerNet", "lantern sort"], ["what it is", "limitation"])
    ledger, lantern = found.methods
    assert [paper.paper_id for paper in ledger.papers] == [LEDGERS.id]
    assert [paper.paper_id for paper in lantern.papers] == [LANTERN.id]
    assert ledger.introduced
    assert lantern.introduced
    assert [cell.text for cell in ledger.cells] == [
        "We present LedgerNet, a vision model with 9 million parameters that reads faded "
        "handwriting line by line.",
        "It fails on pages with water stains.",
    ]
    assert lantern.cells[0].text.startswith("We propose Lantern Sort")
    assert_sound(cells(found), engine.check)


def test_a_method_that_no_paper_names_is_said_to_be_unknown(engine: CitedQueryEngine) -> None:
    found = compare_methods(engine, ["LedgerNet", "Foobarify"])
    assert [method.found for method in found.methods] == [True, False]
    assert found.methods[1].cells == (Cell(),) * len(found.aspects)
    assert found.notice == "No paper of this library names 'Foobarify'."


def test_where_both_are_mentioned_the_sentence_is_quoted(engine: CitedQueryEngine) -> None:
    found = compare_methods(engine, ["Lantern Sort", "heap sort"])
    (one,) = found.together
    assert one.methods == ("Lantern Sort", "heap sort")
    assert [cell.text for cell in one.cells] == [
        "Lantern Sort outperforms heap sort on every stream with a window of at least 16 items."
    ]
    assert not found.methods[1].introduced
    assert not found.methods[1].cells[0].stated  # nobody says what heap sort is
    assert_sound(cells(found), engine.check)


def test_papers_that_contradict_each_other_are_told(engine: CitedQueryEngine) -> None:
    (pair,) = compare_methods(engine, ["morning light", "honeybees"]).opposed
    cited = {c.paper_id for cell in (pair.one, pair.other) for c in cell.citations}
    assert cited == {BEES.id, BEES_TOO.id}
    assert "does not help" in pair.one.text + pair.other.text


def test_every_number_names_one_paper(engine: CitedQueryEngine) -> None:
    found = compare_methods(engine, ["FerryBench", "Lantern Sort", "morning light"])
    by_number = {paper.number: paper.paper_id for paper in found.papers}
    assert sorted(by_number) == list(range(1, len(by_number) + 1))
    for cell in cells(found):
        assert all(by_number[c.number] == c.paper_id for c in cell.citations)


@pytest.mark.parametrize(
    ("methods", "why"),
    [
        ([], "Name two methods"), (["PPO"], "Name two methods"), (["PPO", " ppo "], "Name two"),
        (list("abcdefg"), "At most 6"), (["PPO", "?"], "is no method's name"),
        (["PPO", "x" * 201], "is no method's name"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_compared_are_refused(
    engine: CitedQueryEngine, methods: list[str], why: str
) -> None:
    with pytest.raises(BadMethods, match=why):
        compare_methods(engine, methods)


def test_a_model_writes_of_the_methods_own_paper(with_model: Engine) -> None:
    engine = with_model("fills-cells")
    found = compare_methods(engine, ["LedgerNet", "heap sort"], ["method", "data"])
    method, data = found.methods[0].cells
    assert (method.written, data.written) == (True, False)
    assert found.writer == "fills-cells"
    assert_sound(cells(found), engine.check)


# --- names ------------------------------------------------------------------------------------

ABOUT = {
    "Direct Preference Optimization in Kitchens": "Cooks disagree. Direct preference optimization "
    "(DPO) is a way of asking them. DPO-Guard keeps them calm.",
    "Slow Soups": "We find that DPO ruins soup. Nobody knows why it does.",
    "Dough": "Drying of porous objects (DPO) is slow. We measure how slow.",
    "StirNet: Learning to Stir": "We introduce Fast StirNet-like spoons. StirNet stirs better.",
    "Rags and Riches": "Rags burn well. We propose a new kind of rag for lamps and stoves.",
}


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library(StoreSettings(library=tmp_path_factory.mktemp("kitchen")), owner="a test")
    library.catalogue(
        invented(title, abstract, "kitchen.txt", position)
        for position, (title, abstract) in enumerate(ABOUT.items(), 1)
    )
    library.index_words()
    return library


def titles(papers: Sequence[Paper]) -> set[str]:
    return {paper.title for paper in papers}


def test_an_abbreviation_and_what_it_stands_for_are_one_name(kitchen: Library) -> None:
    long = find_method(kitchen, "direct preference optimization")
    assert titles(long.papers) == {"Direct Preference Optimization in Kitchens"}
    assert long.holds("Nobody likes DPO.")
    short = find_method(kitchen, "DPO")
    assert "Slow Soups" in titles(short.papers)
    assert short.holds("By direct-preference optimization.")


def test_a_name_is_no_part_of_another(kitchen: Library) -> None:
    named = find_method(kitchen, "DPO")
    assert named.holds("DPO-based cooking")
    assert not named.holds("DPO-Guard keeps them calm.")
    assert not find_method(kitchen, "RAG").papers


def test_the_paper_whose_title_is_the_name_is_its_own(kitchen: Library) -> None:
    named = find_method(kitchen, "stirnet")
    assert named.own == 1
    assert named.papers[0].title == "StirNet: Learning to Stir"


def test_ferrybench_is_first_among_those_that_name_it(engine: CitedQueryEngine) -> None:
    named = find_method(engine.library, "FerryBench")
    assert len(named.papers) == 2
    assert named.papers[0].id == FERRYBENCH.id


def test_a_definition_is_of_the_method_and_no_mention() -> None:
    named = Named("PPO", re.compile(r"\bPPO\b"), (), 0)
    says = "PPO is an algorithm that clips its updates."
    mention = "Current methods rely on frameworks like PPO and GRPO, which follow policy iteration."
    assert comparing._defines(named, says, False) > 0
    assert comparing._defines(named, "A method called PPO clips its updates.", False) > 0
    assert comparing._defines(named, mention, False) == 0
    assert comparing._defines(named, "In PPO training, a known flaw is drift.", False) == 0
