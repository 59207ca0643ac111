"""Answers, papers and reports as JSON: nothing is lost, and the keys are those promised."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from assistant.answer import Answer, Citation
from store.adding import AddReport
from store.paper import Paper, Rejected, Skipped, Source
from tests.ui.samples import ANSWER, CITATION, PAPER
from ui.documents import (
    add_document,
    answer_document,
    citation_document,
    paper_document,
    passage_document,
)


def test_an_answer_has_the_promised_keys_and_values() -> None:
    document = answer_document(ANSWER)
    assert document["status"] == "partial"
    assert document["text"] == ANSWER.text
    assert document["writer"] == "some-model"
    assert document["timings_ms"] == {"retrieve": 1.5, "total": 2.5}
    assert document["tokens"] == {"prompt": 100, "completion": 20}
    assert document["notice"] == ANSWER.notice
    assert [c["supported"] for c in document["citations"]] == [True, False]
    assert {f.name for f in fields(Answer)} == document.keys()


def test_a_citation_keeps_every_field_and_its_quote_stands_at_its_offsets() -> None:
    document = citation_document(CITATION)
    assert document == {f.name: getattr(CITATION, f.name) for f in fields(Citation)}
    assert PAPER.abstract[document["start"] : document["end"]] == document["quote"]


def test_a_sentence_names_its_citations_by_their_place() -> None:
    document = answer_document(ANSWER)
    places = [sentence["citations"] for sentence in document["sentences"]]
    assert [[document["citations"][i]["number"] for i in place] for place in places] == [[1], [2]]


def test_a_refusal_names_the_nearest_papers_whole_and_cites_nothing() -> None:
    refused = replace(ANSWER, status="refused", sentences=(), citations=(), nearest=(PAPER,))
    document = answer_document(refused)
    assert document["citations"] == []
    assert document["nearest"] == [paper_document(PAPER)]


def test_a_paper_keeps_every_field() -> None:
    document = paper_document(PAPER)
    assert document.keys() == {f.name for f in fields(Paper)}
    assert document["date"] == "2023-05-04"
    assert document["date_inferred"] is True
    assert document["sources"] == [
        {"file": "a.txt", "position": 3},
        {"file": "b.txt", "position": 1},
    ]
    assert document["kind"] == "abstract"


def test_a_hit_tells_the_parts_of_its_score_and_leaves_out_none() -> None:
    scores = passage_document(ANSWER.passages[0])["scores"]
    assert scores == {"fused": 0.9123, "dense": 0.8, "lexical": None, "late": None}


def test_a_report_counts_and_names_each_reject() -> None:
    report = AddReport(
        read=3,
        new=1,
        updated=0,
        unchanged=1,
        rejected=(Rejected(Source("a.txt", 2, 9), "it has no abstract", "Title" * 100),),
        skipped=(Skipped("notes.md", "notes.md is none of the formats"),),
        papers=2,
        embedded=1,
    )
    document = add_document(report)
    counts = ("read", "new", "updated", "unchanged", "rejected", "papers", "embedded")
    assert [document[name] for name in counts] == [3, 1, 0, 1, 1, 2, 1]
    (reject,) = document["rejects"]
    assert (reject["file"], reject["line"], reject["why"]) == ("a.txt", 9, "it has no abstract")
    assert len(reject["text"]) == 200
    assert document["skipped"] == [{"file": "notes.md", "why": "notes.md is none of the formats"}]


def test_every_document_survives_being_written_and_read() -> None:
    for document in (answer_document(ANSWER), passage_document(ANSWER.passages[0])):
        assert json.loads(json.dumps(document, ensure_ascii=False)) == document
