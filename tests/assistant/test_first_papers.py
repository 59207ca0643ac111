"""When the query engine reads papers together with the question, how many, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from assistant.answer import Passage, Scores, Turn
from assistant.conversation import stand_alone
from assistant.engine import CitedQueryEngine
from assistant.evidence import Evidence, SentenceTexts, gather
from assistant.late import ask
from assistant.question import terms_of
from assistant.reading import FirstPapers
from assistant.refusal import FEATURES, shipped_model
from assistant.retrieval import to_node
from assistant.settings import AnswerSettings
from assistant.together import Judgement, Reader, retold
from store.filters import Filters
from store.library import Library
from store.paper import Paper
from tests.assistant.invented import BEES, BELLS, CRANES, LEDGERS, SEALS, turn

WASHED = "Where did a zinc primer halve the loss of steel?"


class Watched(Reader):
    """Reads as ever, or says of each paper in turn what a test wants it to, and keeps what it was
    asked."""

    def __init__(self, *answers: float) -> None:
        super().__init__()
        self.asked: list[tuple[str, tuple[Paper, ...]]] = []
        self._answers = answers

    def judge(
        self,
        question: str,
        passages: Sequence[Passage],
        evidence: Sequence[Evidence],
        library: Library,
    ) -> list[Judgement]:
        self.asked.append((question, tuple(one.paper for one in passages)))
        judged = super().judge(question, passages, evidence, library)
        given = [
            *self._answers[: len(judged)],
            *(one.answers for one in judged[len(self._answers) :]),
        ]
        return [Judgement(says, one.sentences) for says, one in zip(given, judged, strict=True)]


def watched(library: Library, reader: Watched, **given: object) -> CitedQueryEngine:
    engine = CitedQueryEngine(library, AnswerSettings.model_validate(given))
    engine.finder.first_papers.reader = reader
    return engine


def test_the_evidence_is_as_the_reader_tells_it(library: Library) -> None:
    """And it must change something, or the test would tell nothing."""
    changed = 0
    for question in (WASHED, "How do cranes on a quay rust?", "Is bell bronze tough?"):
        before = CitedQueryEngine(library, AnswerSettings(read_together=0)).find(question)
        after = CitedQueryEngine(library).find(question)
        judged = Reader().judge(question, before.passages[:1], before.evidence, library)
        told = [one.telling for one in after.evidence]
        assert told == [one.telling for one in retold(before.evidence, judged)]
        assert after.features["answers"] == pytest.approx(judged[0].answers)
        changed += told != [one.telling for one in before.evidence]
    assert changed


@pytest.mark.parametrize(
    ("question", "settings", "read"),
    [
        (WASHED, {}, 1),
        (WASHED, {"read_together": 2}, 1),
        ("Which papers are about metal?", {}, 3),
        ("Which papers are about metal?", {"read_together": 2}, 2),
        ("Which papers are about metal?", {"read_together": 0}, 0),
        (f"What does {CRANES.title} say?", {}, 1),
        (f"Compare {CRANES.title} with {BELLS.title}.", {}, 2),
        (f"Compare {CRANES.title} with {BELLS.title}.", {"read_together": 1}, 1),
        ("Bells were cast in winter, " * 20 + WASHED, {}, 0),  # the question isn't in what it'd see
    ],
)
def test_as_many_are_read_as_may_answer(
    library: Library, question: str, settings: dict[str, int], read: int
) -> None:
    reader = Watched()
    found = watched(library, reader, **settings).find(question)
    assert ("answers" in found.features) == bool(read)
    first = {one.paper.id for one in found.passages[:read]}  # in the order that reading gave them
    assert [{one.id for one in papers} for _, papers in reader.asked] == [first] * bool(read)


def test_of_several_the_one_that_answers_best_counts(library: Library) -> None:
    found = CitedQueryEngine(library).find("Which papers are about metal?")
    judged = Reader().judge(
        "Which papers are about metal?", found.passages[:3], found.evidence, library
    )
    assert len({one.answers for one in judged}) == 3
    assert found.features["answers"] == pytest.approx(max(one.answers for one in judged))
    second = watched(library, Watched(-1.0, 2.0, 0.0)).find("Which papers are about metal?")
    assert second.features["answers"] == 2.0


def test_how_few_passages_are_wanted_changes_neither_the_first_nor_the_decision(
    library: Library,
) -> None:
    engine = CitedQueryEngine(library)
    for question in (WASHED, "Which papers are about metal?", "Is bell bronze tough?"):
        whole = engine.find(question, top_k=5)
        assert len(whole.passages) == 5
        for wanted in (1, 2, 4):
            found = engine.find(question, top_k=wanted)
            assert found.passages == whole.passages[:wanted]
            assert found.features == whole.features
            assert {one.passage for one in found.evidence} == set(range(wanted))
            assert [(e.passage, e.span, e.telling) for e in found.evidence] == [
                (e.passage, e.span, e.telling) for e in whole.evidence if e.passage < wanted
            ]


def test_papers_of_another_retriever_are_read_too(library: Library) -> None:
    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [to_node(Passage(p, Scores(0.5)), library) for p in (BELLS, CRANES)]

    reader = Watched()
    engine = CitedQueryEngine(library, retriever=Fixed())
    engine.finder.first_papers.reader = reader
    found = engine.find(WASHED)
    assert [one.paper for one in found.passages] == [BELLS, CRANES]
    assert reader.asked == [(WASHED, (BELLS,))]
    assert "answers" in found.features


class Together(Reader):
    """Goes on once two questions are here."""

    def __init__(self) -> None:
        super().__init__()
        self.both = Barrier(2)

    def judge(
        self,
        question: str,
        passages: Sequence[Passage],
        evidence: Sequence[Evidence],
        library: Library,
    ) -> list[Judgement]:
        self.both.wait(60)
        return super().judge(question, passages, evidence, library)


def test_two_questions_are_read_side_by_side(library: Library) -> None:
    """A search is one at a time; the model waits for nobody and nobody for it."""
    engine = CitedQueryEngine(library)
    engine.finder.first_papers.reader = Together()
    asked = (WASHED, "Is bell bronze tough?")
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(engine.find, asked))
    assert [one.features for one in found] == [
        CitedQueryEngine(library).find(one).features for one in asked
    ]


BEFORE: list[Turn] = [turn("What do the ledgers tell?", LEDGERS)]


def test_a_follow_up_is_read_as_it_stands_alone_and_its_sentences_by_the_message(
    library: Library,
) -> None:
    reader = Watched()
    found = watched(library, reader).find("Does it beat the archivists?", turns=BEFORE)
    assert found.standalone.favoured == (LEDGERS.id,)
    asked = [question for question, _ in reader.asked]
    assert asked == [found.standalone.question, found.standalone.asks]
    assert asked[0] != asked[1]


def test_a_follow_up_is_read_however_long_what_it_follows_is(library: Library) -> None:
    """The message comes first, so only the conversation's part of it is cut off."""
    before = [turn("What do the ledgers tell of " + "old ships and " * 40 + "grain?", LEDGERS)]
    reader = Watched()
    found = watched(library, reader).find("Does it beat the archivists?", turns=before)
    assert reader.is_too_long(found.standalone.question, library)
    assert [question for question, _ in reader.asked][-1:] == [found.standalone.asks]


def test_a_follow_up_that_says_it_all_is_read_once(library: Library) -> None:
    reader = Watched()
    found = watched(library, reader).find("how many were there?", turns=BEFORE)
    assert found.standalone.favoured == (LEDGERS.id,)
    assert [question for question, _ in reader.asked] == [found.standalone.question]


@pytest.mark.parametrize(("says", "counts"), [(2.0, True), (-2.0, False)])
def test_of_a_known_paper_the_reader_may_only_say_that_it_answers(
    library: Library, says: float, counts: bool
) -> None:
    found = watched(library, Watched(says)).find("how many were there?", turns=BEFORE)
    assert ("answers" in found.features) == counts
    found = watched(library, Watched(says)).find(WASHED)
    assert found.features["answers"] == says


def test_of_a_paper_that_the_filters_shut_out_nothing_is_taken_as_said(library: Library) -> None:
    """What the reader says of other papers then counts both ways, as of any question."""
    others = Filters(papers=(BEES.id, BELLS.id, CRANES.id, SEALS.id))
    found = watched(library, Watched(-2.0)).find(
        "how many were there?", turns=BEFORE, filters=others
    )
    assert found.standalone.favoured == (LEDGERS.id,)
    assert found.named == 0
    assert found.features["answers"] == -2.0


def test_where_the_search_has_nothing_to_go_by_no_reader_makes_up_for_it(library: Library) -> None:
    found = CitedQueryEngine(library).find("Is it?")
    model = shipped_model()
    nothing = dict.fromkeys(FEATURES, 0.0)
    assert model.confidence({**nothing, "answers": 9.0}) == 0.0
    assert {name: found.features[name] for name in FEATURES} == nothing
    assert "answers" in found.features
    assert CitedQueryEngine(library).ask("Is it?").status == "refused"


def found_near(*fused: float) -> list[Passage]:
    papers = (CRANES, BELLS, LEDGERS, BEES, SEALS)
    return [Passage(paper, Scores(one)) for paper, one in zip(papers, fused, strict=False)]


def sentences_about(question: str, passages: Sequence[Passage], library: Library) -> list[Evidence]:
    terms, texts = terms_of(question, library), SentenceTexts(library)
    return gather(question, ask(question, library), terms, passages, texts, library)


ALONE = stand_alone(WASHED, ())


@pytest.mark.parametrize(
    ("fused", "says", "read", "order"),
    [
        ((0.9, 0.59, 0.5), (-3.0, 9.0, 9.0), 1, [0, 1, 2]),  # the search leaves no doubt
        ((0.9, 0.85, 0.55), (0.0, 1.0), 2, [1, 0, 2]),
        ((0.9, 0.85, 0.55), (0.0, 0.4), 2, [0, 1, 2]),  # too little by the side of the score
        ((0.9, 0.85, 0.8, 0.79), (-1.0, 0.0, 1.0), 3, [2, 1, 0, 3]),  # three at most
        ((0.9, 0.9, 0.9), (1.0, 1.0, 1.0), 3, [0, 1, 2]),
    ],
)
def test_papers_close_to_one_another_stand_as_reading_tells(
    library: Library, fused: tuple[float, ...], says: tuple[float, ...], read: int, order: list[int]
) -> None:
    passages, reader = found_near(*fused), Watched(*says)
    evidence = sentences_about(WASHED, passages, library)
    found = FirstPapers(reader, library, 3).read(
        ALONE, passages, evidence, several=False, named=0, movable=True
    )
    assert [len(papers) for _, papers in reader.asked] == [read]
    assert found.passages == [passages[i] for i in order]
    assert found.answers == says[order[0]]
    for number, old in enumerate(order):  # the evidence goes with its paper
        own = [one for one in found.evidence if one.passage == number]
        assert [one.text for one in own] == [one.text for one in evidence if one.passage == old]


@pytest.mark.parametrize(("named", "movable"), [(1, True), (0, False), (2, True)])
def test_a_named_paper_and_another_order_stay_as_they_are(
    library: Library, named: int, movable: bool
) -> None:
    passages = found_near(0.9, 0.89, 0.88)
    evidence = sentences_about(WASHED, passages, library)
    reader = FirstPapers(Watched(-9.0, 9.0, 9.0), library, 3)
    found = reader.read(ALONE, passages, evidence, several=False, named=named, movable=movable)
    assert found.passages == passages


def test_where_fewer_were_found_than_may_be_read_all_are(library: Library) -> None:
    passages, reader = found_near(0.9, 0.2), Watched()
    evidence = sentences_about(WASHED, passages, library)
    for named, movable in ((2, True), (0, False), (0, True)):
        found = FirstPapers(reader, library, 3).read(
            ALONE, passages, evidence, several=True, named=named, movable=movable
        )
        assert found.passages == passages
    assert [len(papers) for _, papers in reader.asked] == [2, 2, 2]


def test_nothing_is_read_where_nothing_was_found_or_it_is_switched_off(library: Library) -> None:
    reader, passages = Watched(), found_near(0.9, 0.89)
    evidence = sentences_about(WASHED, passages, library)
    for most, given, own in ((0, passages, evidence), (3, [], [])):
        found = FirstPapers(reader, library, most).read(
            ALONE, given, own, several=True, named=0, movable=True
        )
        assert (found.passages, found.answers) == (given, None)
    assert not reader.asked
