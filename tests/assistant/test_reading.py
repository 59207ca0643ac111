"""When the query engine reads papers together with the question, how many, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from assistant.answer import Passage, Scores, Turn
from assistant.engine import CitedQueryEngine
from assistant.evidence import Evidence
from assistant.refusal import FEATURES, shipped_model
from assistant.retrieval import to_node
from assistant.settings import AnswerSettings
from assistant.together import Judgement, Reader, retold
from store.library import Library
from store.paper import Paper
from tests.assistant.invented import BELLS, CRANES, LEDGERS, turn

WASHED = "Where did a zinc primer halve the loss of steel?"


class Watched(Reader):
    """Reads as ever, or says what a test wants it to, and keeps what it was asked."""

    def __init__(self, answers: float | None = None) -> None:
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
        if self._answers is None:
            return judged
        return [Judgement(self._answers, one.sentences) for one in judged]


def watched(library: Library, reader: Watched, **given: object) -> CitedQueryEngine:
    engine = CitedQueryEngine(library, AnswerSettings.model_validate(given))
    engine.finder.reader = reader
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
        (f"Compare {CRANES.title} with {BELLS.title}.", {}, 3),
    ],
)
def test_as_many_are_read_as_may_answer(
    library: Library, question: str, settings: dict[str, int], read: int
) -> None:
    reader = Watched()
    found = watched(library, reader, **settings).find(question)
    assert ("answers" in found.features) == bool(read)
    papers = tuple(one.paper for one in found.passages[:read])
    assert [papers for _, papers in reader.asked] == [papers] * bool(read)


def test_of_several_the_one_that_answers_best_counts(library: Library) -> None:
    found = CitedQueryEngine(library).find("Which papers are about metal?")
    judged = Reader().judge(
        "Which papers are about metal?", found.passages[:3], found.evidence, library
    )
    assert len({one.answers for one in judged}) == 3
    assert found.features["answers"] == pytest.approx(max(one.answers for one in judged))


def test_who_wants_the_papers_alone_waits_for_no_reading(library: Library) -> None:
    reader = Watched()
    engine = watched(library, reader)
    spared = engine.find(WASHED, together=False)
    assert not reader.asked
    assert spared.passages == engine.find(WASHED).passages
    assert reader.asked


def test_papers_of_another_retriever_are_read_too(library: Library) -> None:
    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [to_node(Passage(p, Scores(0.5)), library) for p in (BELLS, CRANES)]

    reader = Watched()
    engine = CitedQueryEngine(library, retriever=Fixed())
    engine.finder.reader = reader
    found = engine.find(WASHED)
    assert [one.paper for one in found.passages] == [BELLS, CRANES]
    assert reader.asked == [(WASHED, (BELLS,))]
    assert "answers" in found.features


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


def test_where_the_search_has_nothing_to_go_by_no_reader_makes_up_for_it(library: Library) -> None:
    found = CitedQueryEngine(library).find("Is it?")
    model = shipped_model()
    nothing = dict.fromkeys(FEATURES, 0.0)
    assert model.confidence({**nothing, "answers": 9.0}) == 0.0
    assert {name: found.features[name] for name in FEATURES} == nothing
    assert "answers" in found.features
    assert CitedQueryEngine(library).ask("Is it?").status == "refused"
