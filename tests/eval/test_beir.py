"""Collections in BEIR's layout are read as they are written, a paper for each document."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from eval.beir import BadCollection, Collection, collection_library, load_collection
from store.library import Library
from tests.eval.conftest import JUDGED, Write


def test_every_document_that_says_something_is_a_paper_of_its_own(
    collection: Collection, tiny_library: tuple[Library, dict[str, str]]
) -> None:
    library, documents = tiny_library
    assert sorted(documents.values()) == ["d1", "d2", "d3", "d4", "d5"]
    assert library.count() == 5
    papers = library.get(list(documents))
    titles = {documents[i]: paper.title for i, paper in papers.items()}
    assert titles["d2"] == "Notes"
    assert titles["d3"] == "Notes (2)"
    assert titles["d4"] == "d4"
    assert collection.empty == ("d6",)


def test_a_document_without_text_has_its_title_for_text(collection: Collection) -> None:
    assert collection.papers["d5"].abstract == "Harbour seals and ferries"


def test_only_judged_questions_are_asked(collection: Collection) -> None:
    assert list(collection.queries) == ["q1", "q2"]
    assert collection.questions.questions == 2


@pytest.mark.parametrize(
    ("judged", "place"),
    [
        (f"query-id\tcorpus-id\tscore\n{JUDGED}", "qrels.tsv"),
        (JUDGED, "qrels/test.tsv"),
        ("q1 0 d1 2\nq1 0 d5 1\n\nq2 0 d2 1\n", "qrels.tsv"),
    ],
)
def test_judgements_are_read_with_or_without_header(
    write_collection: Write, collection: Collection, judged: str, place: str
) -> None:
    read = load_collection(write_collection(judged, place))
    assert read.judged == collection.judged == {"q1": {"d1": 2, "d5": 1}, "q2": {"d2": 1}}
    assert read.questions == collection.questions


def test_a_packed_corpus_is_the_same_corpus(
    write_collection: Write, collection: Collection
) -> None:
    folder = write_collection()
    plain = folder / "corpus.jsonl"
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert load_collection(folder).corpus_digest == collection.corpus_digest


def test_titles_that_the_library_takes_for_one_stay_two(
    write_collection: Write, tmp_path: Path
) -> None:
    folder = write_collection()
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        for number, title in enumerate(("Non-book Materials", "Nonbook Materials")):
            document = {"_id": f"n{number}", "title": title, "text": f"Shelf {number} of maps."}
            corpus.write(json.dumps(document) + "\n")
    with collection_library(load_collection(folder), tmp_path) as (library, documents):
        assert library.count() == 7
        assert {"n0", "n1"} < set(documents.values())


def test_a_library_is_made_once(collection: Collection, tmp_path: Path) -> None:
    with collection_library(collection, tmp_path) as (library, first):
        made = library.folder
    told: list[int] = []
    with collection_library(collection, tmp_path, tell=lambda *_: told.append(1)) as again:
        assert again[0].folder == made
        assert again[1] == first
    assert not told


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("corpus.jsonl", '{"_id": "d1", "text": "a"}\nnonsense\n', "corpus.jsonl, line 2"),
        ("corpus.jsonl", '{"_id": "d1", "text": "a"}\n' * 2, "line 2: every document needs"),
        ("queries.jsonl", "", "2 questions that queries.jsonl doesn't have"),
        ("qrels.tsv", "q1\td1\t2\nq1\td5\n", "qrels.tsv, line 2"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n", "judges nothing"),
    ],
)
def test_what_is_wrong_is_named(write_collection: Write, file: str, text: str, said: str) -> None:
    folder = write_collection()
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(BadCollection, match=said):
        load_collection(folder)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCollection, match=r"corpus\.jsonl"):
        load_collection(tmp_path)
