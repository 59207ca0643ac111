"""Direct answers and contradictions: what is plain comes first, and nothing else does."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assistant.answer import Passage, Scores, Sentence, join_sentences
from assistant.engine import CitedQueryEngine
from assistant.evidence import Evidence
from assistant.marks import drafted_sentences
from assistant.writing.base import Task
from assistant.writing.claims import claims, opposes
from assistant.writing.direct import Direct, asked_counts, direct_answer
from assistant.writing.extractive import ExtractiveWriter, choose
from assistant.writing.figures import counted
from store.paper import Paper
from store.sentences import split_sentences
from tests.assistant.invented import BEES, BEES_TOO, FERRYBENCH, LEDGERS, SEALS
from ui import showing
from ui.documents import answer_document
from ui.from_documents import answer_of


def said(text: str, *, late: float = 0.8, passage: int = 0, start: int = 0) -> Evidence:
    """A sentence that is close to any question and like any other."""
    return Evidence(
        passage, (start, start + len(text)), text, 0.5, 1.0, late, 0.5, {}, np.ones(1, np.float32)
    )


def lead(question: str, *texts: str, title: str = "") -> str:
    """The direct answer with the first of these sentences leading, or nothing."""
    sentences = [said(text, start=1000 * place) for place, text in enumerate(texts)]
    found = direct_answer(question, sentences[:1], sentences, title)
    return found.text if found else ""


def written(engine: CitedQueryEngine, question: str) -> tuple[list[Sentence], list[str]]:
    """What the writer makes of what the library holds, whether or not it would be refused."""
    found = engine.find(question)
    writer = ExtractiveWriter()
    task = Task(found.standalone.question, found.passages, found.evidence, found.named)
    return list(writer.write(task)), writer.notices


# --- counts and measures ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How many volunteers took part?", "In all, 128 volunteers took part.", "128 volunteers"),
        ("How many men joined?", "We asked 128 healthy men.", "128 healthy men"),
        ("In how many languages was it read?", "It was read in 43 languages.", "43 languages"),
        ("How many bells were cast?", "We cast thirty small bells.", "thirty small bells"),
        ("How many pages are there?", "A set of more than 3,200 pages.", "more than 3,200 pages"),
        ("How many tokens are read?", "It reads over 80 million tokens.", "over 80 million tokens"),
        ("How many sandbanks were flown?", "We flew over nine sandbanks.", "nine sandbanks"),
        ("How many boats and lamps?", "We took 9 boats and 4 lamps.", "9 boats, 4 lamps"),
        ("How long did people train?", "People train for 15 minutes.", "15 minutes"),
        ("How much faster is the sort?", "The sort is over 3 times faster.", "over 3 times faster"),
        ("By how much does fog raise rust?", "Fog raises rust by up to 9.7%.", "up to 9.7%"),
        ("What accuracy has the reader?", "The reader has 94.2% accuracy.", "94.2% accuracy"),
        ("How big is the model?", "A model of 9 million parameters.", "9 million parameters"),
    ],
)  # fmt: skip
def test_the_figure_asked_for_leads(question: str, text: str, expected: str) -> None:
    assert lead(question, text) == expected
    assert all(part in text for part in expected.split(", "))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many tasks does it win?", "It wins 51 out of 70 tasks."),
        ("How many tasks does it win?", "It wins 3 of 12 tasks."),
        ("How many hours does it take?", "This fell from 33 hours to 4 hours."),
        ("How many classes are there?", "We report the top 10 classes."),
        ("How many games are played?", "It plays the Arcade 2600 games."),
        ("How many bees were let out?", "We let out 600 wasps."),
        ("How many bees were let out?", "We let out 600 bees at dawn and 300 bees at dusk."),
        ("How many layers does it have?", "A 17-layers-deep tower of 2019 lamps."),
        ("By how much does fog raise rust?", "Fog raises rust by 3% and dust by 5%."),
        ("By how much does fog raise rust?", "Washing lowers rust by 3%."),
        ("How much faster is the sort?", "The sort is 3 times smaller."),
        ("Why do cranes rust?", "We hung 240 plates on six cranes."),
    ],
)
def test_where_it_takes_reading_to_tell_there_is_none(question: str, text: str) -> None:
    assert lead(question, text) == ""


def test_a_sentence_about_something_else_gives_no_figure() -> None:
    far = said("We cast 30 bells.", late=0.2)
    assert direct_answer("How many bells are there?", [far], [far], "") is None


def test_the_figure_of_another_sentence_of_the_paper_then_leads_the_answer() -> None:
    abstract = "It reads old hands well. It learnt from 3,200 pages of two towns."
    spans = split_sentences(abstract)
    paper = Paper(title="Ledgers", abstract=abstract)
    rows = [
        Evidence(0, span, abstract[slice(*span)], 0.5, 2.0 - place, 0.6, 0.5, {},
                 np.eye(2, dtype=np.float32)[place])
        for place, span in enumerate(spans)
    ]  # fmt: skip
    task = Task("From how many pages did it learn?", [Passage(paper, Scores(1.0))], rows)
    first, second = ExtractiveWriter().write(task)
    assert first.text == (
        "**3,200 pages** [1]: In *Ledgers*: It learnt from 3,200 pages of two towns. [1]"
    )
    assert second.text == "It reads old hands well. [1]"


def test_two_figures_in_a_paper_are_none() -> None:
    texts = ("It reads well.", "It saw 30 pages here.", "It saw 40 pages there.")
    assert lead("How many pages did it see?", *texts) == ""


def test_what_is_counted_is_found_in_the_question() -> None:
    assert asked_counts("How many time steps and layers could it handle?") == ["steps", "layers"]
    assert asked_counts("On how many people was it tried?") == ["people"]
    assert asked_counts("How much does it cost?") == []


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_is_read_and_figures_are_to_the_letter(text: str, question: str) -> None:
    for figure in counted("bells", f"{text} 30 bells"):
        assert figure.text in f"{text} 30 bells"
    found = direct_answer(f"How many {question}?", [said(text)], [said(text)], text)
    assert found is None or found.text in ("Yes", "No") or found.text.split(", ")[0] in text


# --- yes, no, one of two ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Does morning light help bees find home?", "Morning light helps bees find home.", "Yes"),
        ("Does morning light help bees find home?", "Light helps bees find home.", ""),
        ("Does paint slow harbour rust?", "Paint does not slow harbour rust.", "No"),
        ("Does paint slow harbour rust?", "We show that paint doesn't slow harbour rust.", "No"),
        ("Does paint slow harbour rust?", "Paint may slow harbour rust.", ""),
        ("Does paint slow harbour rust?", "Paint slows harbour rust, but only in summer.", ""),
        ("Does paint slow harbour rust?", "Some claimed that paint slows harbour rust.", ""),
        ("Does paint slow harbour rust?", "Harbour rust slows paint.", ""),
        ("Does paint slow harbour rust?", "It is unclear whether paint slows harbour rust.", ""),
        ("Does paint not slow harbour rust?", "Paint slows harbour rust.", ""),
        ("Does paint slow harbour rust, and why?", "Paint slows harbour rust.", ""),
        ("Can paint slow harbour rust?", "Paint can slow harbour rust.", "Yes"),
        ("Does paint slow harbour rust?", "Paint can slow harbour rust.", ""),
        ("Is there a paint against rust?", "Is there a paint against rust.", ""),
        ("Was the effect larger on cloudy or sunny days?",
         "The effect was larger on cloudy days.", "cloudy days"),
        ("Was the effect larger on cloudy or sunny days?",
         "The effect was not larger on cloudy days.", ""),
        ("Was the effect larger on cloudy or sunny days?",
         "The effect was larger on cloudy days than on sunny days.", ""),
        ("Is it known or not?", "It is known.", ""),
    ],
)  # fmt: skip
def test_a_verdict_is_given_on_plain_words_only(question: str, text: str, expected: str) -> None:
    assert lead(question, text) == expected


# --- in an answer -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "paper", "direct"),
    [
        ("How many questions does FerryBench hold?", FERRYBENCH, "1,150 questions"),
        ("How many parameters does LedgerNet have?", LEDGERS, "9 million parameters"),
        ("How many sandbanks were flown over by the quiet drone?", SEALS, "nine sandbanks"),
    ],
)
def test_an_answer_begins_with_it(
    engine: CitedQueryEngine, question: str, paper: Paper, direct: str
) -> None:
    (first, *rest), _ = written(engine, question)
    (citation,) = first.citations
    assert first.text.startswith(f"**{direct}** [1]: In *{paper.title}*: ")
    assert first.direct == direct
    assert direct in citation.quote
    assert paper.abstract[citation.start : citation.end] == citation.quote
    assert not any(sentence.direct for sentence in rest)


def test_every_face_shows_it_in_bold(
    engine: CitedQueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.answer import Answer, Searched
    from assistant.markdown import answer_markdown
    from ui.page.exchanges import Shown

    sentences, _ = written(engine, "How many questions does FerryBench hold?")
    answer = Answer(
        question="How many?", status="answered", text=join_sentences(sentences),
        sentences=tuple(sentences), citations=tuple(c for s in sentences for c in s.citations),
        nearest=(), passages=(Passage(FERRYBENCH, Scores(1.0)),), searched=Searched("How many?", 1),
        writer="extractive", confidence=1.0, direct=sentences[0].direct,
    )  # fmt: skip
    assert answer_markdown(answer).startswith("**1,150 questions** [1]\\: In *FerryBench")
    again = answer_of(answer_document(answer), {FERRYBENCH.id: FERRYBENCH})
    assert again.direct == "1,150 questions"
    assert again.sentences == answer.sentences
    page = Shown(id="e", question="How many?", sentences=answer.sentences, answer=answer)
    assert "<strong>1,150 questions</strong>" in str(page.html())
    styled = Console(file=io.StringIO(), force_terminal=True, width=200)
    monkeypatch.setattr(showing, "out", styled)
    styled.styled = True  # type: ignore[attr-defined]
    shown = showing._sentence(sentences[0])
    assert shown.plain.startswith("1,150 questions [1]: In FerryBench: Can")
    drafted = list(drafted_sentences([answer.text]))
    assert {mark for one in drafted for mark in one.marks} == {1}


def test_an_overview_of_papers_has_none() -> None:
    given = [said("We read 43 languages aloud.")]
    passages = [Passage(Paper(title="T", abstract=given[0].text), Scores(1.0))]
    for several, direct in ((True, ""), (False, "43 languages")):
        task = Task("How many languages are read?", passages, given, several=several)
        assert next(ExtractiveWriter().write(task)).direct == direct


def test_a_follow_up_is_answered_by_its_own_words() -> None:
    given = [said("We read 43 languages aloud.")]
    passages = [Passage(Paper(title="T", abstract=given[0].text), Scores(1.0))]
    task = Task("why? (T; how many languages are read)", passages, given, asked="why?")
    assert next(ExtractiveWriter().write(task)).direct == ""


# --- contradictions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "against"),
    [
        ("Lamps help bees home.", "Lamps do not help bees home.", True),
        ("Lamp sort outperforms heap sort.", "Heap sort outperforms lamp sort.", True),
        ("Salt increases rust of cranes.", "Salt decreases rust of cranes.", True),
        ("Paint works better than zinc on cranes.", "Paint works worse than zinc on cranes.", True),
        ("Lamps help bees home.", "Lamps help bees home quickly.", False),
        ("Lamps help bees home.", "Some claim that lamps do not help bees home.", False),
        ("Our method does not need paired data.", "Our method needs paired data.", False),
        ("Salt increases rust of cranes.", "Rust of cranes decreases with paint.", False),
        ("Lamps help bees home.", "Lamps do not help seals swim.", False),
    ],
)
def test_the_opposite_is_noticed_on_strong_signs(one: str, other: str, against: bool) -> None:
    assert opposes(said(one), said(other)) == opposes(said(other), said(one)) == against


def test_sentences_that_are_not_near_are_not_held_against_each_other() -> None:
    far = said("Lamps do not help bees home.")
    away = Evidence(1, far.span, far.text, 0.5, 1.0, 0.8, 0.5, {}, -far.vector)
    assert not opposes(said("Lamps help bees home."), away)


def test_a_hedge_ends_the_claims_of_a_sentence() -> None:
    assert [claim.text for claim in claims("Salt rusts cranes; fog may help.")] == [
        "Salt rusts cranes"
    ]


def test_a_paper_that_says_the_opposite_is_told_as_such(engine: CitedQueryEngine) -> None:
    sentences, notices = written(engine, "Does morning light help honeybees find their hive?")
    by_paper = {s.citations[0].paper_id: s for s in sentences if s.text.startswith(("In", "By"))}
    first, second = by_paper.values()
    assert {*by_paper} == {BEES.id, BEES_TOO.id}
    titles = {paper.id: paper.title for paper in (BEES, BEES_TOO)}  # either may come first
    one, other = (titles[paper] for paper in by_paper)
    assert first.text.startswith(f"In *{one}*")
    assert second.text.startswith(f"By contrast, in *{other}*")
    assert notices == ["[2] reports the opposite of [1]."]
    assert not first.direct  # they disagree: neither yes nor no


def test_a_contradicting_paper_close_behind_is_not_left_out() -> None:
    first = said("Lamps help bees home.")
    against = said("Lamps do not help bees home.", passage=1)
    passages = [Passage(BEES, Scores(1.0)), Passage(BEES_TOO, Scores(0.9))]
    assert [index for index, _ in choose([first, against], passages, 4)] == [0, 1]
    agrees = said("Lamps help bees home.", passage=1)
    assert [index for index, _ in choose([first, agrees], passages, 4)] == [0]


def test_a_direct_answer_names_its_sentence() -> None:
    one = said("We cast 30 bells.")
    assert direct_answer("How many bells were cast?", [one], [one], "") == Direct("30 bells", one)
