"""Questions made from a library's own papers, and the file they are kept in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from eval.collecting import collect, write
from eval.questions import load_doubtful, load_questions
from eval.run import ask_all, report
from eval.templates import KINDS, Templates
from eval.wording import copies, spelt_out
from store.library import Library
from store.paper import Paper, normal_title
from store.sentences import split_sentences
from store.settings import StoreSettings
from tests.assistant.invented import PAPERS, invented
from tests.store.any_papers import papers, texts

SPELT = invented(
    "Weighing Fog on Six Cranes by Night",
    """Fog is hard to weigh. We use a drifting wet cloth (DWC) that hangs from cranes at night.
    The drifting cloth collects 120 droplets an hour in thick fog. Experiments show that the
    cloth loses 12% of its droplets to evening wind. Nothing is known of its behaviour in snow.""",
    "harbour.txt",
    9,
)
ALL = (*PAPERS, SPELT)
BY_TITLE = {normal_title(paper.title): paper for paper in ALL}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("collected")
    with Library(StoreSettings(library=folder), owner="a test") as opened:
        opened.add(ALL)
        yield opened


def test_every_piece_of_evidence_stands_in_its_abstract(library: Library, tmp_path: Path) -> None:
    found = 0
    for seed in range(5):
        file = tmp_path / f"{seed}.jsonl"
        write(collect(library.catalog, count=60, seed=seed).rows, file)
        for question in load_questions(path=file):
            for title, spans in question.evidence.items():
                assert title in question.papers
                sentences = split_sentences(BY_TITLE[title].abstract)
                assert set(spans) <= set(sentences)
                found += len(spans)
    assert found > 50


@given(st.lists(papers(), min_size=1, max_size=3), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_any_papers_at_all_give_spans_within_them(given: list[Paper], seed: int) -> None:
    templates = Templates(given, lambda words: given[:1])
    for paper in given:
        for made in templates.questions(paper, Random(seed)).values():
            for right, spans in made.evidence:
                assert all(0 <= s < e <= len(right.abstract) for s, e in spans)


def test_the_same_seed_gives_the_same_file_and_another_another(
    library: Library, tmp_path: Path
) -> None:
    files = []
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        files.append(tmp_path / name)
        write(collect(library.catalog, count=40, seed=seed).rows, files[-1])
    one, two, three = (file.read_bytes() for file in files)
    assert one == two
    assert one != three


def test_questions_are_of_several_kinds_and_copy_nothing(library: Library) -> None:
    kinds = set()
    for seed in range(4):
        rows = collect(library.catalog, count=60, seed=seed).rows
        kinds |= {row["kind"] for row in rows}
        assert len({row["id"] for row in rows}) == len(rows)
        for row in rows:
            assert row["question"].strip()
            for paper in ALL:
                assert not copies(row["question"], paper.abstract)
                assert normal_title(row["question"]) != normal_title(paper.title)
    assert kinds == {*KINDS, "near-miss", "general"}


def test_a_paper_that_is_hidden_from_one_question_is_right_for_no_other_single_one(
    library: Library,
) -> None:
    rows = collect(library.catalog, count=60).rows
    hidden = {title for row in rows for title in row.get("without", ())}
    assert 0 < len(hidden) <= len(ALL) // 4
    assert all(row["papers"] == [] for row in rows if "without" in row)
    assert not [row for row in rows if len(row["papers"]) == 1 and hidden & set(row["papers"])]


def test_a_hidden_paper_is_not_found_and_the_rest_is(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    write(collect(library.catalog, count=60).rows, file)
    engine = CitedQueryEngine(library, AnswerSettings(writer="extractive"))
    outcomes = ask_all(engine, load_questions(path=file))
    for outcome in outcomes:
        found = {normal_title(passage.paper.title) for passage in outcome.answer.passages}
        assert not found & set(outcome.question.without)
    assert report(outcomes)["hit@5"] > 0.9


def test_the_only_paper_of_a_library_can_be_hidden(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    row = {"kind": "near-miss", "question": "Fog?", "papers": [], "without": [SPELT.title]}
    write([row], file)
    with Library(StoreSettings(library=tmp_path / "one"), owner="a test") as single:
        single.add([SPELT])
        engine = CitedQueryEngine(single, AnswerSettings(writer="extractive"))
        (outcome,) = ask_all(engine, load_questions(path=file))
    assert outcome.answer.passages == ()
    assert outcome.answer.status == "refused"


def test_an_empty_library_gives_general_questions_and_says_that_there_are_too_few(
    tmp_path: Path,
) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as empty:
        collection = collect(empty.catalog, count=10)
    assert collection.counts() == {"general": 2}
    assert collection.notices == ("The papers gave 2 questions of the 10 wanted.",)


def test_an_acronym_is_taken_only_where_it_is_spelt_out() -> None:
    text = "We use a drifting wet cloth (DWC) and a very long net (NET); see (ABC)."
    ((short, long, (start, end)),) = spelt_out(text)
    assert (short, long) == ("DWC", "drifting wet cloth")
    assert text[start:end] == "drifting wet cloth (DWC)"


@given(texts, texts)
def test_a_text_copies_itself_from_five_words_on(first: str, second: str) -> None:
    words = ["fog", "eats", "cranes", "by", "night"]
    assert copies(" ".join(words), f"{first} {' '.join(words)}; {second}")
    assert not copies(" ".join(words[:4]), " ".join(words))


# --- the file ---------------------------------------------------------------------------


def test_a_line_may_leave_out_what_it_need_not_say(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(
        '{"question": "How?", "papers": ["A Title"]}\n\n{"question": "Bad?", "note": "no"}\n',
        "utf-8",
    )
    (question,) = load_questions(path=file)
    assert (question.split, question.papers, question.answerable) == ("own", ("a title",), True)
    assert [row["note"] for row in load_doubtful(file)] == ["no"]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "7", '{"papers": []}', '{"question": 7, "papers": []}', '{"question": " "}',
     '{"question": "a", "papers": 7}', '{"question": "a", "papers": [7]}',
     '{"question": "a", "papers": ["t"], "evidence": [{"title": "t"}]}'],
)  # fmt: skip
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"question": "How?", "papers": []}\n' + line + "\n", "utf-8")
    with pytest.raises(ValueError, match=r"Line 2 of .*mine\.jsonl is no labelled question"):
        load_questions(path=file)


def test_a_file_that_can_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    write([{"question": "How?"}], file)
    with pytest.raises(TypeError):
        write([{"question": object()}], file)
    assert [path.name for path in tmp_path.iterdir()] == ["q.jsonl"]
    assert file.read_text("utf-8") == '{"question": "How?"}\n'
