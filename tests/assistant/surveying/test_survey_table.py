"""Tables over the invented papers: each cell is a sentence of its paper, or not stated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from assistant.surveying.columns import BadColumns
from assistant.surveying.table import make_table
from assistant.surveying.values import Cell, Table
from store.filters import Filters
from store.library import Library
from store.settings import StoreSettings
from tests.assistant.invented import BEES, BEES_TOO, LEDGERS
from tests.assistant.surveying.checking import assert_sound

Engine = Callable[..., CitedQueryEngine]
LEDGER = "reading old ledgers"
COLUMNS = ["method", "dataset", "result", "limitation", "code"]


def cells(table: Table) -> list[Cell]:
    return [cell for row in table.rows for cell in row.cells]


def test_each_column_is_answered_by_its_sentence(engine: CitedQueryEngine) -> None:
    table = make_table(engine, LEDGER, COLUMNS)
    assert table.columns == tuple(COLUMNS)
    assert [row.paper.paper_id for row in table.rows] == [LEDGERS.id]
    assert [cell.text for cell in table.rows[0].cells] == [
        "We present LedgerNet, a vision model with 9 million parameters that reads faded "
        "handwriting line by line.",
        "It was trained on 3,200 pages from two town archives.",
        "LedgerNet reads 94.2% of the characters on faded pages correctly, while a commercial "
        "reader that is fifty times larger reads 88.5%.",
        "It fails on pages with water stains.",
        "We release the pages and the model weights.",
    ]
    assert_sound(cells(table), engine.check)


def test_what_an_abstract_does_not_say_is_not_stated(engine: CitedQueryEngine) -> None:
    table = make_table(engine, "how do honeybees find their hive", ["data", "code", "cost"])
    assert {row.paper.paper_id for row in table.rows} == {BEES.id, BEES_TOO.id}
    for row in table.rows:
        data, code, cost = row.cells
        assert data.stated
        assert (code, cost) == (Cell(), Cell())
    assert_sound(cells(table), engine.check)


def test_a_question_of_ones_own_is_a_column_too(engine: CitedQueryEngine) -> None:
    table = make_table(engine, LEDGER, ["number of parameters", "how many cranes?"])
    parameters, cranes = table.rows[0].cells
    assert "9 million parameters" in parameters.text
    assert not cranes.stated


def test_rows_are_numbered_and_no_more_than_wanted(engine: CitedQueryEngine) -> None:
    table = make_table(engine, "how do honeybees find their hive", top_k=1)
    assert [row.paper.number for row in table.rows] == [1]
    assert {c.number for cell in cells(table) for c in cell.citations} == {1}


def test_papers_about_something_else_make_no_rows(engine: CitedQueryEngine) -> None:
    table = make_table(engine, "underwater basket weaving")
    assert not table.rows
    assert table.considered > 0
    assert table.notice.startswith("No paper of this library is about that. The nearest are: “")


def test_filters_hold_and_are_told(engine: CitedQueryEngine) -> None:
    since = Filters(since=date(2022, 1, 1))
    table = make_table(engine, "how do honeybees find their hive", filters=since)
    assert [row.paper.paper_id for row in table.rows] == [BEES_TOO.id]
    assert table.searched.filters == ("since 2022-01-01",)
    none = make_table(engine, LEDGER, filters=Filters(since=date(2040, 1, 1)))
    assert none.notice == "No paper passes the filters: widen them and ask again."


def test_an_empty_library_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    with Library(StoreSettings(library=folder), owner="a test") as library:
        table = make_table(CitedQueryEngine(library, AnswerSettings()), LEDGER)
    assert table.notice.startswith("This library holds no papers yet")


def test_columns_and_writers_that_cannot_be_used_are_refused(engine: CitedQueryEngine) -> None:
    with pytest.raises(BadColumns):
        make_table(engine, LEDGER, ["!"])
    with pytest.raises(ValueError, match="No language model is configured"):
        make_table(engine, LEDGER, writer="model")


# --- with a language model --------------------------------------------------------------------


def test_a_model_fills_cells_and_what_it_invents_stays_quoted(with_model: Engine) -> None:
    engine = with_model("fills-cells")
    table = make_table(engine, LEDGER, ["method", "dataset", "result", "limitation"])
    quoted = make_table(engine, LEDGER, ["method", "dataset", "result", "limitation"],
                        writer="extractive")  # fmt: skip
    assert (table.writer, quoted.writer) == ("fills-cells", "extractive")
    method, *others = table.rows[0].cells
    assert method.written
    assert method.text == (
        "LedgerNet is a vision model with 9 million parameters that reads handwriting."
    )
    assert others == list(quoted.rows[0].cells[1:])
    assert_sound(cells(table), engine.check)


@pytest.mark.parametrize(
    ("model", "why"), [("fails", "failed"), ("busy", "rate limit"), ("unknown", "refused|known")]
)
def test_where_a_model_fails_cells_are_quoted_and_one_sentence_says_why(
    with_model: Engine, model: str, why: str
) -> None:
    engine = with_model(model)
    table = make_table(engine, "how do honeybees find their hive")
    assert table.writer == "extractive"
    assert table.rows == make_table(engine, "how do honeybees find their hive",
                                    writer="extractive").rows  # fmt: skip
    assert table.notice.count(f"The language model {model}") == 1
    assert table.notice.endswith("so cells quote the abstracts instead.")
    assert any(word in table.notice for word in why.split("|"))
