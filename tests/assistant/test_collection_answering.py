"""Answers about the collection: exact numbers with all papers behind them, and no vectors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from pathlib import Path

import pytest

from assistant.answer import Answer, Done, Retrieved, Written, join_sentences, turn_of
from assistant.engine import CitedQueryEngine
from assistant.records import from_json, to_json
from store.filters import Filters
from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings
from tests.assistant.any_answers import answered

INVENTED = [
    ("Tide Clocks", "Tide clocks drift. We mend tide-clocks by hand.", "b.txt", 1,
     {"date": Date(2023, 5, 4), "upvotes": 7, "organisation": "North Lab"}),
    ("Ferry Rows", "A tide clock tells ferries when to leave.", "b.txt", 2,
     {"date": Date(2024, 1, 9), "upvotes": 7, "authors": ("Jane Q. Doe", "Bo Lee")}),
    ("Harbour Analyses", "Analyses of GPS tracks in harbours, news of tides.", "a.txt", 1,
     {"date": Date(2024, 6, 1), "date_inferred": True, "organisation": "Northern Institute"}),
    ("Snow Fences", "Fences hold snow. Every analysis of drifts helps.", "a.txt", 2,
     {"year": 2024, "upvotes": 0}),
    ("Willow", "New clocks for willow growers; the tide is far.", "a.txt", 3, {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CitedQueryEngine]:
    """Asks those papers, of which no vector is ever made."""
    folder = tmp_path_factory.mktemp("collection")
    with Library(StoreSettings(library=folder), owner="a test") as library:
        library.catalogue(
            Paper(title=title, abstract=abstract, sources=(Source(file, n, n),), **facts)  # type: ignore[arg-type]
            for title, abstract, file, n, facts in INVENTED
        )
        yield CitedQueryEngine(library)
        assert not (folder / "vectors").exists()


def titles(engine: CitedQueryEngine, answer: Answer) -> list[str]:
    """All papers that are meant, in order."""
    assert answer.collection is not None
    papers = engine.library.get(answer.collection.members)
    assert answer.collection.count == len(answer.collection.members) == len(papers)
    return [papers[one].title for one in answer.collection.members]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many papers mention tide clocks?", ["Ferry Rows", "Tide Clocks"]),
        ("How many papers mention GPS?", ["Harbour Analyses"]),
        ("How many papers mention GP?", []),
        ("How many papers mention new?", ["Willow"]),
        ("How many papers mention analysis?", ["Harbour Analyses", "Snow Fences"]),
        ("How many papers are about clocks and tides?", ["Ferry Rows", "Tide Clocks", "Willow"]),
        ("How many papers are about analysis?", ["Harbour Analyses", "Snow Fences"]),
        ("How many papers are about fences or ferries?", ["Ferry Rows", "Snow Fences"]),
        ("How many papers are from 2024?", ["Harbour Analyses", "Ferry Rows", "Snow Fences"]),
        ("Which papers came out in June 2024?", ["Harbour Analyses", "Snow Fences"]),
        ("What did North publish here?", ["Harbour Analyses", "Tide Clocks"]),
        ("papers by jane doe", ["Ferry Rows"]),
        ("papers by Doe since 2025", []),
        ("How many North Lab papers are there?", ["Tide Clocks"]),
        ("How many tide papers are there?",
         ["Harbour Analyses", "Ferry Rows", "Tide Clocks", "Willow"]),
        ("papers on the second page", ["Ferry Rows", "Tide Clocks"]),
        ("papers on page 7", []),
        ("which papers in a.txt are from 2024", ["Harbour Analyses", "Snow Fences"]),
        ("How many papers have at least 7 upvotes?", ["Ferry Rows", "Tide Clocks"]),
        ("Which papers have no upvotes?", ["Harbour Analyses", "Snow Fences", "Willow"]),
        ("the most upvoted papers on tides",
         ["Ferry Rows", "Tide Clocks", "Harbour Analyses", "Willow"]),
        ("what was added last",
         ["Willow", "Snow Fences", "Harbour Analyses", "Ferry Rows", "Tide Clocks"]),
        ("undated papers", ["Willow"]),
        ("how many papers have no organisation", ["Ferry Rows", "Snow Fences", "Willow"]),
        ("north lab papers", ["Tide Clocks"]),
        ("how many papers from north lab", ["Tide Clocks"]),
        ("papers by North Lab and Doe", ["Ferry Rows", "Tide Clocks"]),
        ("the oldest papers", ["Tide Clocks", "Snow Fences", "Ferry Rows", "Harbour Analyses",
                               "Willow"]),
    ],
)  # fmt: skip
def test_exactly_the_papers_that_are_meant_are_found(
    collection: CitedQueryEngine, question: str, found: list[str]
) -> None:
    answer = collection.ask(question)
    got = titles(collection, answer)
    assert (got if "upvoted" not in question else sorted(got)) == (
        found if "upvoted" not in question else sorted(found)
    )
    assert answer.status == "answered"
    assert not any(sentence.opens_paragraph and not sentence.entry for sentence in answer.sentences)


def test_a_number_comes_with_its_list_and_every_line_cites_its_paper(
    collection: CitedQueryEngine,
) -> None:
    answer = collection.ask("How many papers mention tide clocks?")
    assert answer.direct == "2 papers"
    assert answer.text.startswith(
        "**2 papers** of 5 match: papers mentioning “tide clocks”. A mention is “tide clocks” as a "
        "whole word in title or abstract, in capitals or not, singular or plural, with spaces or "
        "hyphens.\n\n- *Ferry Rows* (2024-01-09, 7 upvotes) [1]\n- *Tide Clocks* (2023-05-04, "
    )
    papers = collection.library.get([citation.paper_id for citation in answer.citations])
    for citation in answer.citations:
        abstract = papers[citation.paper_id].abstract
        assert abstract[citation.start : citation.end] == citation.quote
    assert "tide clock" in answer.citations[0].quote
    assert [passage.paper.title for passage in answer.passages] == ["Ferry Rows", "Tide Clocks"]


def test_what_has_no_date_or_no_upvotes_is_told(collection: CitedQueryEngine) -> None:
    of_2024 = collection.ask("How many papers are from 2024?").text
    assert "1 paper that matches otherwise has no date and can't be counted from 2024." in of_2024
    assert "1 is of a year that was inferred" in of_2024
    june = collection.ask("How many papers are from June 2024?").text
    assert "1 paper with only a year counted for all of it." in june
    upvoted = collection.ask("Which paper has the most upvotes?")
    assert len(upvoted.citations) == 1
    assert "2 more have no known upvotes. 1 more has as many upvotes as the last" in upvoted.text
    assert "1 more has no date." in collection.ask("newest paper").text


def test_a_place_shared_by_others_is_told(collection: CitedQueryEngine) -> None:
    told = collection.ask("who has the most papers here").text
    assert "has the most, 1 of the 5 papers, as has 1 other; of 3 no organisation is known." in told


def test_many_texts_are_judged_as_few_are(
    collection: CitedQueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for phrase in ("tide clocks", "GPS", "GP", "analysis", "new", "100%", "hold snow", "a_b"):
        question = f'how many papers mention "{phrase}"?'
        few = titles(collection, collection.ask(question))
        with monkeypatch.context() as patched:
            patched.setattr("assistant.collection.members._MANY", 0)
            assert titles(collection, collection.ask(question)) == few


def test_an_organisation_spelt_in_two_ways_is_one_group_in_order(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        library.catalogue(
            Paper(title=f"Lamps {year}", abstract=f"Light {year}.", year=year, organisation=name,
                  sources=(Source("a.txt", year, year),))
            for year, name in [(2020, "LAB"), (2022, "Lab"), (2021, "LAB"), (2019, "Lab")]
        )  # fmt: skip
        answer = CitedQueryEngine(library).ask("papers per organisation, newest first")
        assert answer.collection is not None
        (group,) = answer.collection.groups
        papers = library.get(group.papers)
        assert [papers[one].year for one in group.papers] == [2022, 2021, 2020, 2019]


def test_it_says_which_names_matched(collection: CitedQueryEngine) -> None:
    told = collection.ask("What did North publish here?").text
    assert "to the organisations North Lab (1), Northern Institute (1)." in told
    assert "the author Jane Q. Doe (1)." in collection.ask("papers by doe").text
    assert "No organisation here has “Adobe” in its name" in collection.ask("papers by Adobe").text


def test_nothing_found_is_an_answer_that_says_how_it_was_decided(
    collection: CitedQueryEngine,
) -> None:
    answer = collection.ask("How many papers mention ferry clocks?")
    assert (answer.status, answer.direct, answer.citations) == ("answered", "None", ())
    assert "**None** of the 5 papers here matches" in answer.text
    assert "1 paper has its words, but not together." in answer.text


def test_groups_have_their_papers_behind_them(collection: CitedQueryEngine) -> None:
    answer = collection.ask("How many papers are there per year?")
    assert answer.collection is not None
    assert {g.name: len(g.papers) for g in answer.collection.groups} == {
        "2023": 1,
        "2024": 3,
        "": 1,
    }
    assert answer.text.startswith("**2 years** are known, of 4 of the 5 papers.")
    assert "without a year: 1 paper [" in answer.text
    pages = collection.ask("which pages mention ferries")
    assert pages.direct == "1 page"
    assert "- b.txt: 1 paper [1]" in pages.text
    most = collection.ask("which year has the most papers?")
    assert most.text.startswith("**2024** has the most, 3 of the 5 papers; of 1 no year")


def test_the_callers_filters_hold_too(collection: CitedQueryEngine) -> None:
    filters = Filters(since=Date(2024, 1, 1), sources=("a.txt",))
    answer = collection.ask("how many papers are from 2024", filters=filters)
    assert titles(collection, answer) == ["Harbour Analyses", "Snow Fences"]
    assert answer.searched.filters == ("since 2024-01-01", "source a.txt")
    chosen = Filters(papers=answer.collection.members[:1] if answer.collection else ())
    told = collection.ask("how many papers mention tides?", filters=chosen)
    assert told.text.startswith("**1 paper** of 1 matches")
    nothing = collection.ask("how many papers are there", filters=Filters(sources=("z",)))
    assert (nothing.status, nothing.collection) == ("refused", None)


def test_a_follow_up_is_answered_and_shown_as_it_was_understood(
    collection: CitedQueryEngine,
) -> None:
    first = collection.ask("How many papers are about tides?")
    second = collection.ask("only those from 2024", turns=[turn_of(first)])
    assert titles(collection, second) == ["Harbour Analyses", "Ferry Rows"]
    assert second.searched.question == "papers about “tides”, from 2024"
    assert (first.searched.follows, second.searched.follows) == (False, True)
    third = collection.ask("list them", turns=[turn_of(first), turn_of(second)])
    assert titles(collection, third) == titles(collection, second)


def test_it_comes_as_the_same_events_as_any_answer(collection: CitedQueryEngine) -> None:
    question = "How many papers are about tides?"
    first, *written, done = collection.stream(question, top_k=2)
    assert isinstance(first, Retrieved)
    assert isinstance(done, Done)
    sentences = tuple(event.sentence for event in written if isinstance(event, Written))
    assert sentences == done.answer.sentences
    assert join_sentences(sentences) == done.answer.text
    assert first.passages == done.answer.passages
    assert len(done.answer.passages) == 2
    assert "The first 2 of 4 are listed." in done.answer.text
    assert done.answer.writer == "catalogue"
    assert collection.can_answer(question)


def test_an_answer_is_kept_whole(collection: CitedQueryEngine) -> None:
    for question in ("How many papers are about tides?", "papers per year"):
        answer = collection.ask(question)
        assert from_json(to_json(answer), "", "").collection == answer.collection
    old = answered("An older one?", "It was kept before there were any.")
    assert from_json(to_json(old), "", "") == old


def test_an_empty_library_says_that_it_is(tmp_path: Path) -> None:
    with Library(StoreSettings(library=tmp_path), owner="a test") as library:
        answer = CitedQueryEngine(library).ask("How many papers are there?")
    assert answer.status == "refused"
    assert answer.text.startswith("This library holds no papers yet")


@pytest.mark.parametrize(
    ("question", "meant", "unlisted"),
    [
        ("the newest papers", 4, 0),  # of Willow no date is known
        ("the 5 newest papers", 4, 0),
        ("the 2 newest papers", 2, 0),
        ("the most upvoted papers", 3, 0),
        ("How many papers are there?", 5, 0),
        ("papers per year", 5, 0),
    ],
)
def test_what_is_meant_holds_no_paper_that_cannot_be_ranked(
    collection: CitedQueryEngine, question: str, meant: int, unlisted: int
) -> None:
    answer = collection.ask(question)
    assert answer.collection is not None
    assert len(answer.collection.members) == len(INVENTED)
    assert len(answer.meant) == meant
    assert len(answer.unlisted) == unlisted
    assert set(answer.unlisted) <= set(answer.meant) <= set(answer.collection.members)
