"""What the measures say of one question."""

from __future__ import annotations

from assistant.engine import CitedQueryEngine
from eval.questions import Question
from eval.run import ask_all, report
from eval.scores import per_question
from store.library import Library

HUM = Question("hum", "test", "detail", "Do beehives of valleys hum in dialects?", ("notes",))
LOST = Question("lost", "test", "detail", "Do beehives of valleys hum in dialects?", ("absent",))
NONE = Question("none", "test", "general", "Who won the chess final in 1972?", ())


def test_each_question_has_the_measures_that_make_sense_for_it(
    tiny_library: tuple[Library, dict[str, str]],
) -> None:
    outcomes = ask_all(CitedQueryEngine(tiny_library[0]), [HUM, LOST, NONE])
    right, lost, none = (per_question(o) for o in outcomes)
    assert right["hit@1"] == right["hit@5"] == right["rr"] == 1
    assert lost["hit@1"] == lost["hit@5"] == lost["rr"] == 0
    assert none.keys() == {"refused_right", "confidence"}
    assert none["refused_right"] == 1
    assert "first_citation_is_evidence" not in right  # nobody picked any
    assert (right["rr"] + lost["rr"]) / 2 == report(outcomes)["mrr"]
