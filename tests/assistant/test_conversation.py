"""What a message means after other turns: which papers, which words, or nothing but itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.answer import Turn, turn_of
from assistant.conversation import Standalone, question_in, stand_alone
from assistant.engine import CitedQueryEngine
from assistant.pointing import asks_nothing, numbered
from tests.assistant.answers import QUESTION
from tests.assistant.invented import (
    BEES,
    BEES_TOO,
    BELLS,
    CRANES,
    FERRYBENCH,
    FERRYING,
    LEDGERS,
    turn,
)

ANSWER = "In *Reading Old Ledgers With Small Vision Models*: We present LedgerNet. [1]"
READING = turn("Is there a model that reads old handwriting?", LEDGERS, answer=ANSWER)
TWO = turn("Do bees need morning light?", BEES, BEES_TOO)

POINT_BACK = [
    "How many parameters does it have?",
    "and how does it deal with water stains?",
    "What are its limits?",
    "Which archives did they use?",
    "how much cheaper is it?",
    "Does that hold up with real people too?",
    "which games or sites did they test that on?",
    "Why is that?",
    "how does this work?",
    "who paid for this study?",
    "Did the authors release the code?",
    "what does the paper say about costs?",
    "Does LedgerTwo beat it?",
    "Does LedgerTwo beat it easily?",
    "Is LedgerTwo better than this method?",
    "on which math sets did they report it?",
    "What else do they show?",
    "why?",
    "how so?",
    "how many parameters?",
    "which datasets?",
    "any limitations?",
    "What about its speed?",
    "and the results?",
    "is the code released?",
    "could you explain that?",
    "tell me more about it",
    "Is it better than a commercial reader?",
    "What was the best result in their experiments?",
    "When the model was tested, was it fast?",
]

STAND_ALONE = [
    "What is dropout?",
    "What are sourdough starters?",
    "How do honeybees find their hive?",
    "Is there a benchmark that asks about ferry timetables?",
    "Are there sorting methods that exploit nearly sorted input?",
    "Is it possible to count seals with drones?",
    "Is it true that bells crack in winter?",
    "Does it help to wash steel plates in salt fog?",
    "Which metals, such as zinc and tin, stop rust?",
    "Does the first layer of paint matter for rust?",
    "In the last decade, what has changed in soil sensing?",
    "What is this field's biggest open question on rust?",
    "How does slow cooling work and why does it make bronze tougher?",
    "Do language models know when they are wrong?",
    "Can pupils predict tides, and do they remember them months later?",
    "What problem does Lantern Sort solve?",
    "Which methods reduce the cost of soil sensors?",
    "the moisture of vineyard soil",
    "Explain polarised light in bee navigation",
    "What do both bees and bats use at dawn?",
    "How are those who keep sourdough starters surveyed?",
    "Does the method of least squares suit soil probes?",
    "What did people think made the tides?",
    "So, what is FerryBench?",
    "Ok, tell me about harbour cranes and rust",
    "and what is Lantern Sort?",
    "For the first time, were seals counted by drone?",
    "What number of bells cracked in winter?",
    "Values in [0, 1] for soil moisture: which probes give them?",
    "Which other activation functions besides ReLU are used?",
    "How does depth affect soil moisture in these days of drought?",
    "Wie rosten Hafenkräne im Salznebel?",
    "Is there a probe whose makers say which soil it suits?",
    "How many plates did it take to measure the rust of harbour cranes?",
    "Which bound ties the rust of a plate to the height it hangs at?",
    "Seals flee from loud drones. How can they be counted?",
    "If pupils share the boats they fold, does that improve what they learn?",
    "Could handwriting in old ledgers belong to someone else?",
    "How do other people perceive the tone of slowly cooled bells?",
    "Is it ever worthwhile for the second bee to fake its dance?",
]

ASK_FOR_OTHERS = [
    "who else studied that?",
    "Who else worked on this?",
    "Has anyone else tried it?",
    "any other papers?",
    "Are there similar studies?",
    "show me related work",
    "which others?",
    "anything similar?",
    "What do other papers say about it?",
    "apart from that, what is there?",
]


@pytest.mark.parametrize("message", POINT_BACK)
def test_a_message_that_points_back_is_about_the_paper_cited_first(message: str) -> None:
    found = stand_alone(message, [READING])
    assert found.follows
    assert found.favoured == (LEDGERS.id,)
    assert LEDGERS.title in found.question
    assert READING.question in found.question
    assert not found.only


@pytest.mark.parametrize("message", STAND_ALONE)
def test_a_question_that_stands_alone_is_left_alone(message: str) -> None:
    assert stand_alone(message, [READING]) == Standalone(message, message)
    assert stand_alone(message, [TWO, READING]) == Standalone(message, message)


@pytest.mark.parametrize("message", ASK_FOR_OTHERS)
def test_others_are_asked_for_by_the_subject_without_the_papers_already_cited(message: str) -> None:
    found = stand_alone(message, [READING])
    assert found == Standalone(
        READING.question, READING.question, excluded=(LEDGERS.id,), follows=True
    )


@pytest.mark.parametrize("message", [*POINT_BACK, *ASK_FOR_OTHERS, "what about vision?"])
def test_without_an_earlier_turn_every_question_stands_alone(message: str) -> None:
    assert stand_alone(message, []) == Standalone(message, message)


@pytest.mark.parametrize(
    ("message", "places"),
    [
        ("the second one", [1]),
        ("What does the second paper say about clouds?", [1]),
        ("And the latter?", [1]),
        ("the former, please", [0]),
        ("Is the first better?", [0]),
        ("the last one", [2]),
        ("explain [2]", [1]),
        ("what does paper 3 measure?", [2]),
        ("and number 2?", [1]),
        ("#3", [2]),
        ("compare the first and the third", [0, 2]),
        ("the third, not the first one", [2, 0]),
        ("the fifth one", []),
        ("[9]", []),
        ("the first layer", []),
        ("the second moment of Adam", []),
        ("the last decade", []),
        ("for the first time", []),
        ("values in [0, 1]", []),
        ("paper 2024", []),
        ("number 2.5", []),
    ],
)
def test_papers_named_by_their_place(message: str, places: list[int]) -> None:
    assert numbered(message, 3) == places


def test_a_numbered_paper_is_the_only_one_that_is_meant() -> None:
    found = stand_alone("What does the second one say about lamps?", [TWO])
    assert (found.favoured, found.only) == ((BEES_TOO.id,), True)
    assert BEES_TOO.title in found.question
    assert found.asks == "What does the second one say about lamps?"


def test_it_compared_with_the_second_one_means_both() -> None:
    found = stand_alone("and how does it compare with the second one?", [TWO])
    assert found.favoured == (BEES.id, BEES_TOO.id)
    assert found.only


def test_they_held_against_each_other_are_all_papers_of_the_answer() -> None:
    found = stand_alone("How do they differ?", [TWO])
    assert found.favoured == (BEES.id, BEES_TOO.id)
    assert found.only


def test_a_number_that_no_paper_has_points_at_none() -> None:
    assert stand_alone("tell me about the fifth one", [TWO]).favoured == ()


def test_a_further_subject_keeps_the_question_but_not_the_paper() -> None:
    found = stand_alone("What about wasps?", [TWO])
    assert found.question == "What about wasps? (Do bees need morning light?)"
    assert (found.favoured, found.excluded) == ((), ())


def test_others_on_a_subject_of_their_own_are_asked_for_by_it() -> None:
    found = stand_alone("Any other papers on church bells?", [TWO])
    assert found.question == "Any other papers on church bells?"
    assert found.excluded == (BEES.id, BEES_TOO.id)


def test_who_else_twice_leaves_out_the_papers_of_both_answers() -> None:
    again = Turn("who else?", "…", TWO.question, (BELLS.id,), (BELLS.title,), follows=True)
    found = stand_alone("and who else?", [TWO, again])
    assert found.question == TWO.question
    assert set(found.excluded) == {BEES.id, BEES_TOO.id, BELLS.id}


def test_a_chain_of_follow_ups_keeps_one_subject_and_does_not_grow() -> None:
    turns = [READING]
    for message in ("how many parameters?", "and why?", "which datasets?", "is it fast?"):
        found = stand_alone(message, turns)
        assert found.question == f"{message} ({LEDGERS.title}; {READING.question})"
        turns.append(
            Turn(message, "…", found.question, (LEDGERS.id,), (LEDGERS.title,), follows=True)
        )


def test_after_a_new_question_the_follow_up_is_about_the_new_subject() -> None:
    found = stand_alone("and how did they count?", [READING, TWO])
    assert TWO.question in found.question
    assert READING.question not in found.question


def test_after_a_refusal_it_is_the_question_and_none_of_the_nearest_papers() -> None:
    refused = turn("What is the capital of France?", CRANES, BELLS, refused=True)
    found = stand_alone("and how big is it?", [READING, refused])
    assert found.question == "and how big is it? (What is the capital of France?)"
    assert found.favoured == ()


def test_after_a_refusal_the_nearest_papers_can_be_named_by_their_place() -> None:
    refused = turn("What is the capital of France?", CRANES, BELLS, refused=True)
    assert stand_alone("what is the second one about?", [refused]).favoured == (BELLS.id,)


def test_after_a_follow_up_was_refused_it_is_still_the_paper_before() -> None:
    question = f"does it cure malaria? ({LEDGERS.title}; {READING.question})"
    refused = Turn(
        "does it cure malaria?", "…", question, (CRANES.id,), (CRANES.title,), True, follows=True
    )
    assert stand_alone("how many parameters?", [READING, refused]).favoured == (LEDGERS.id,)


def test_thanks_between_do_not_end_the_conversation() -> None:
    thanks = Turn("thanks!", "There is no question here.", refused=True)
    found = stand_alone("how many parameters?", [READING, thanks])
    assert found == stand_alone("how many parameters?", [READING])
    assert stand_alone("how many parameters?", [thanks]).favoured == ()


@pytest.mark.parametrize("message", ["", "   ", "???", "…", "thanks!", "Thank you so much.", "hi"])
def test_what_asks_nothing_becomes_no_question(message: str) -> None:
    assert asks_nothing(message)
    assert stand_alone(message, [READING]).question == ""


@pytest.mark.parametrize("message", ["why?", "Hi, what is LoRA?", "ok, and the cost?", "bees", "5"])
def test_what_asks_something_is_a_question(message: str) -> None:
    assert not asks_nothing(message)


# --- in a real library ------------------------------------------------------------------------


def test_a_follow_up_is_answered_from_the_paper_before(engine: CitedQueryEngine) -> None:
    first = engine.ask("Is there a model that reads old handwriting?")
    then = engine.ask("how many pages was it trained on?", turns=[turn_of(first)])
    assert then.citations[0].paper_id == LEDGERS.id
    assert "3,200 pages" in then.citations[0].quote
    assert {citation.paper_id for citation in then.citations} == {LEDGERS.id}


def test_who_else_brings_the_other_paper(engine: CitedQueryEngine) -> None:
    first = engine.ask("Who introduced the FerryBench benchmark for timetables?")
    assert first.citations[0].paper_id == FERRYBENCH.id
    turns = [turn_of(first)]
    if FERRYING.id not in turns[0].cited:
        then = engine.ask("who else worked on that?", turns=turns)
        assert FERRYBENCH.id not in {passage.paper.id for passage in then.passages}
        assert then.passages[0].paper.id == FERRYING.id


def test_the_second_one_is_quoted_and_no_other(engine: CitedQueryEngine) -> None:
    then = engine.ask("how many honeybees did the second one use?", turns=[TWO])
    assert {citation.paper_id for citation in then.citations} == {BEES_TOO.id}
    assert "1,400 honeybees" in then.text


def test_a_comparison_quotes_both(engine: CitedQueryEngine) -> None:
    then = engine.ask("how does it compare with the second one?", turns=[TWO])
    assert {citation.paper_id for citation in then.citations} == {BEES.id, BEES_TOO.id}


@pytest.mark.parametrize("message", ["tell me more", "what else does the paper say?", "go on"])
def test_more_is_more_and_not_the_same_again(engine: CitedQueryEngine, message: str) -> None:
    first = engine.ask("Is there a model that reads old handwriting?")
    then = engine.ask(message, turns=[turn_of(first)])
    assert then.citations[0].paper_id == LEDGERS.id
    quotes = {citation.quote for citation in first.citations}
    assert quotes.isdisjoint(citation.quote for citation in then.citations)


@pytest.mark.parametrize("message", ["[2]", "explain the second one", "and the second paper?"])
def test_a_bare_number_asks_what_that_paper_says(engine: CitedQueryEngine, message: str) -> None:
    then = engine.ask(message, turns=[TWO])
    assert then.status == "answered"
    assert {citation.paper_id for citation in then.citations} == {BEES_TOO.id}


def test_a_follow_up_that_the_paper_does_not_answer_is_refused(engine: CitedQueryEngine) -> None:
    then = engine.ask("does it cure malaria?", turns=[READING])
    assert then.status == "refused"
    assert then.citations == ()


def test_a_new_question_is_not_answered_from_the_old_paper(engine: CitedQueryEngine) -> None:
    then = engine.ask("What is Lantern Sort?", turns=[READING])
    assert LEDGERS.id not in {citation.paper_id for citation in then.citations}
    assert not then.searched.follows


def test_thanks_are_no_question(engine: CitedQueryEngine) -> None:
    answer = engine.ask("thanks!", turns=[READING])
    assert answer.status == "refused"
    assert answer.text.startswith("There is no question here")
    assert answer.nearest == ()


# --- with a language model --------------------------------------------------------------------


def test_the_model_words_a_follow_up(with_model: Callable[..., CitedQueryEngine]) -> None:
    found = with_model("rewords").find("how many pages was it?", turns=[READING])
    assert found.searched.question == QUESTION
    assert found.standalone.favoured == (LEDGERS.id,)


def test_a_wordy_model_is_understood(with_model: Callable[..., CitedQueryEngine]) -> None:
    found = with_model("rewords-wordily").find("how many pages was it?", turns=[READING])
    assert found.searched.question == QUESTION


@pytest.mark.parametrize("model", ["good", "rewords-wildly", "says-nothing", "busy", "fails"])
def test_a_model_that_rewords_nothing_leaves_it_to_the_rules(
    with_model: Callable[..., CitedQueryEngine], model: str
) -> None:
    found = with_model(model).find("how many pages was it?", turns=[READING])
    by_rules = stand_alone("how many pages was it?", [READING])
    assert found.searched.question == by_rules.question


def test_a_question_that_stands_alone_costs_no_call(
    with_model: Callable[..., CitedQueryEngine],
) -> None:
    found = with_model("rewords").find("What is Lantern Sort?", turns=[READING])
    assert found.searched.question == "What is Lantern Sort?"


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("How big is LedgerNet?", "How big is LedgerNet?"),
        ("Question: How big is LedgerNet?", "How big is LedgerNet?"),
        ("Standalone question that stands alone: How big is LedgerNet?", "How big is LedgerNet?"),
        ('"How big is LedgerNet?"', "How big is LedgerNet?"),
        ("<think>hm</think>How big is LedgerNet?<|end|>", "How big is LedgerNet?"),
        ("LedgerNet is big [1].", ""),
        ("", ""),
        ("LedgerNet " * 80, ""),
        ("Where do zebras graze at night?", ""),
    ],
)
def test_what_a_model_may_make_of_a_message(reply: str, question: str) -> None:
    assert question_in(reply, "Researcher: How big is LedgerNet?\nhow big is it?") == question
