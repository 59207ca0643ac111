"""When the library holds no answer: said plainly, nothing cited, the nearest papers named."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Passage, Scores, turn_of
from assistant.engine import NEAREST, CitedQueryEngine
from assistant.evidence import SentenceTexts, gather
from assistant.late import ask
from assistant.question import Terms, terms_of
from assistant.refusal import FEATURES, SPEAK_FOR, RefusalModel, features_of, shipped_model
from assistant.settings import AnswerSettings
from assistant.trees import Trees, chance
from store.filters import Filters
from store.library import Library
from tests.assistant.invented import BELLS, BOATS, CRANES, LEDGERS, PAPERS, SEALS, passage

ANSWERED = [
    "What makes bell bronze tougher?",
    "Does morning light help honeybees find their hive?",
    "How well does LedgerNet read faded handwriting?",
    "How far away must a quiet drone stay from seals?",
    "What did pupils learn about tides with paper boats?",
    "Which sorting method suits streams that are nearly in order?",
]
UNANSWERED = [
    "Who won the football world cup in 1998?",
    "What is the capital of France?",
    "How do I renew my passport?",
    "What does the Higgs boson weigh?",
    "Which vaccines prevent measles?",
    "How does the FooBar-3000 transformer reach its accuracy on ImageNet?",
    "what is it about?",
    "who are you?",
    "¿Cuál es la capital de Francia?",
    "什么是强化学习？",
    "asdfgh qwertz",
]


def assert_refused(answer: Answer) -> None:
    assert answer.status == "refused"
    assert answer.sentences == ()
    assert answer.citations == ()
    assert answer.text


@pytest.mark.parametrize("question", ANSWERED)
def test_what_the_papers_tell_is_answered(engine: CitedQueryEngine, question: str) -> None:
    answer = engine.ask(question)
    assert answer.status == "answered"
    assert answer.nearest == ()
    assert answer.confidence >= shipped_model().threshold


@pytest.mark.parametrize("question", UNANSWERED)
def test_what_no_paper_tells_is_refused(engine: CitedQueryEngine, question: str) -> None:
    answer = engine.ask(question)
    assert_refused(answer)
    assert answer.text.startswith("The papers in this library don't answer this question.")
    assert answer.confidence < shipped_model().threshold


@pytest.mark.parametrize("question", UNANSWERED)
def test_a_refusal_names_the_nearest_papers(engine: CitedQueryEngine, question: str) -> None:
    answer = engine.ask(question)
    assert len(answer.nearest) == NEAREST
    assert answer.nearest == tuple(p.paper for p in answer.passages[:NEAREST])
    for paper in answer.nearest:
        assert f"*{paper.title}*" in answer.text


def test_the_nearest_papers_are_near(engine: CitedQueryEngine) -> None:
    answer = engine.ask("Who was the first bell founder of Moscow?")
    assert_refused(answer)
    assert answer.nearest[0].id == BELLS.id


def test_a_paper_named_by_its_title_is_not_refused(engine: CitedQueryEngine) -> None:
    for paper in PAPERS:
        for form in ("{}", "What is '{}' about?", "summarise {}"):
            answer = engine.ask(form.format(paper.title))
            assert answer.status == "answered", paper.title
            assert {citation.paper_id for citation in answer.citations} == {paper.id}


def test_the_setting_overrides_the_calibrated_threshold(library: Library) -> None:
    def ask(question: str, threshold: float) -> Answer:
        settings = AnswerSettings(writer="extractive", refuse_below=threshold)
        return CitedQueryEngine(library, settings).ask(question)

    assert ask("What is the capital of France?", 0.0).status == "answered"
    assert_refused(ask("What makes bell bronze tougher?", 1.0))


def test_a_refused_turn_is_remembered_as_one(engine: CitedQueryEngine) -> None:
    turn = turn_of(engine.ask("What is the capital of France?"))
    assert turn.refused
    assert len(turn.cited) == len(turn.titles) == NEAREST
    assert not turn_of(engine.ask("What makes bell bronze tougher?")).refused


def test_after_a_refusal_a_follow_up_is_refused_as_well(engine: CitedQueryEngine) -> None:
    turn = turn_of(engine.ask("What is the capital of France?"))
    for message in ("and how big is it?", "why?", "who else asked that?"):
        assert_refused(engine.ask(message, turns=[turn]))


# --- the model --------------------------------------------------------------------------------


@given(
    values=st.lists(st.floats(0.01, 1), min_size=len(FEATURES), max_size=len(FEATURES)),
    which=st.sampled_from(sorted(SPEAK_FOR)),
    more=st.floats(0, 1),
)
def test_more_of_what_speaks_for_an_answer_never_lowers_the_confidence(
    values: list[float], which: str, more: float
) -> None:
    features = dict(zip(FEATURES, values, strict=True))
    model = shipped_model()
    before = model.confidence(features)
    assert 0 <= before <= 1
    assert model.confidence(features | {which: features[which] + more}) >= before


def test_the_model_knows_the_features_that_are_made(library: Library) -> None:
    model = shipped_model()
    assert set(model.trees.features) == set(FEATURES)
    asked = ask("", library).pieces
    found = features_of("", asked, Terms({}, frozenset(), frozenset()), [], [], True, library)
    assert found == dict.fromkeys(FEATURES, 0.0)
    assert model.confidence(found) == model.confidence({}) == 0.0
    assert 0 < model.threshold < 1


def test_extreme_sums_overflow_nothing() -> None:
    trees = [[[0, 0.5, 1, 2], [-1e6], [1e6]]]
    model = RefusalModel(Trees(("dense",), 0.0, trees), 0.5)
    assert model.confidence({"dense": 1.0}) == pytest.approx(1.0)
    assert model.confidence({"dense": 0.5}) == pytest.approx(0.0)


def test_a_tree_is_walked_to_the_leaf_that_its_limits_name() -> None:
    tree = [[1, 0.25, 1, 2], [-0.5], [0, 3.0, 3, 4], [0.25], [2.0]]
    trees = Trees(("words", "held"), 0.125, [tree, [[1.0]]])
    for words, held, leaf in ((9, 0.25, -0.5), (3, 0.26, 0.25), (3.1, 0.26, 2.0)):
        assert trees.raw({"held": held, "words": words}) == 0.125 + leaf + 1.0
    least = trees.raw({"held": 0.0, "words": 0.0})
    assert chance(least) == pytest.approx(1 / (1 + math.exp(-0.625)))
    with pytest.raises(KeyError):
        trees.raw({"held": 1.0})


def features(library: Library, question: str, *found: Passage) -> dict[str, float]:
    """What the confidence in an answer to the question from these passages is made of."""
    asked, terms = ask(question, library), terms_of(question, library)
    evidence = gather(question, asked, terms, found, SentenceTexts(library), library)
    return features_of(question, asked.pieces, terms, found, evidence, True, library)


def test_the_first_paper_is_held_against_the_question_piece_by_piece(library: Library) -> None:
    question = "How well does LedgerNet read faded handwriting?"
    ledgers, bells = passage(LEDGERS), passage(BELLS)
    right, wrong = (features(library, question, p, ledgers) for p in (ledgers, bells))
    for name in ("held", "fresh"):
        assert 0 <= wrong[name] < right[name] <= 1
    # A near miss: the title names the subject, and nothing is told of what is asked.
    near = features(library, "What is the harvest of LedgerNet's vineyards worth?", ledgers)
    assert near["fresh"] < right["fresh"]


def test_the_nearest_chunk_and_the_lead_are_those_of_the_scores(library: Library) -> None:
    papers = (LEDGERS, BELLS, SEALS, BOATS, CRANES)
    found = [
        replace(passage(paper), scores=Scores(1 - 0.1 * n, dense=0.1 * n or None))
        for n, paper in enumerate(papers)
    ]
    made = features(library, "How well does LedgerNet read?", *found)
    assert made["dense"] == pytest.approx(0.4)
    assert made["lead"] == pytest.approx(0.25)
    made = features(library, "How well does LedgerNet read?", replace(found[0], scores=Scores(9)))
    assert made["dense"] == 0
    assert 0 < made["lead"] < 1  # nobody to be ahead of


@pytest.mark.parametrize(
    ("question", "name", "value"),
    [
        ("How well does LedgerNet read?", "known", 1.0),
        ("How well does ZebraNet read?", "known", 0.0),
        ("How well do you read?", "known", 1.0),
        ("How well do you read?", "names", 0.5),
        ("How well do you read?", "asked", 0.5),
    ],
)
def test_a_name_that_no_paper_holds_is_unknown(
    library: Library, question: str, name: str, value: float
) -> None:
    assert features(library, question, passage(LEDGERS))[name] == value


def test_a_name_that_the_paper_spells_out_is_held(library: Library) -> None:
    paper = replace(LEDGERS, abstract="We study Markov decision processes.", id="another")
    question = "What solves an MDP?"
    terms = terms_of(question, library)
    assert terms.unknown & terms.names
    spelt_out = features(library, question, passage(paper))
    absent = features(library, question, passage(BELLS))
    assert spelt_out["names"] > 0.5 > absent["names"]
    assert (spelt_out["known"], absent["known"]) == (1.0, 0.0)


def test_the_thing_asked_for_is_looked_for_in_the_first_paper(library: Library) -> None:
    def asked(question: str) -> float:
        return features(library, question, passage(BELLS))["asked"]

    assert asked("How many volunteers in all cast bell bronze?") < 0.5
    assert asked("Which bell bronze did volunteers cast?") > 0.5


# --- other reasons for no answer --------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "  \n ", "???", "!", "thanks", "Hello there!"])
def test_no_question_gets_no_search(engine: CitedQueryEngine, question: str) -> None:
    answer = engine.ask(question)
    assert_refused(answer)
    assert answer.text.startswith("There is no question here")
    assert (answer.passages, answer.nearest) == ((), ())


def test_filters_that_nothing_passes_are_named(engine: CitedQueryEngine) -> None:
    answer = engine.ask("What makes bell bronze tougher?", filters=Filters(sources=("nowhere",)))
    assert_refused(answer)
    assert answer.text.startswith("No paper passes the filters")
    assert answer.searched.papers == 0
    assert answer.searched.filters == ("source nowhere",)
