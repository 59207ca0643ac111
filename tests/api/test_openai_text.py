"""The content of a chat message, and what is read back of it for the next question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.answer import Answer, Passage, Scores
from store.exports.text import address
from store.library import Library
from store.paper import Paper, Source
from store.settings import StoreSettings
from tests.assistant.any_answers import answered, answers, refused
from tests.assistant.invented import BEES, CRANES
from tests.store.any_papers import texts
from ui.api.openai_models import ChatMessage
from ui.api.openai_text import Content, question_and_turns

READER = MarkdownIt("commonmark")
BASE = "http://localhost:7860"
QUOTE, OTHER = "We released 600", "Harbour cranes rust faster"
BOTH = answered("What of both?", ("Bees [1].", 1, BEES, QUOTE), ("Cranes [2].", 2, CRANES, OTHER))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """One whose catalogue holds two papers; nothing is embedded."""
    with Library(StoreSettings(library=tmp_path_factory.mktemp("two"))) as opened:
        opened.catalog.put([BEES, CRANES])
        yield opened


def content_of(answer: Answer, *void: Answer) -> Content:
    """An answer's content, behind the sentences of those that were broken off."""
    content = Content(BASE)
    for broken in void:
        for sentence in broken.sentences:
            content.sentence(sentence)
        content.break_off()
    for sentence in answer.sentences:
        content.sentence(sentence)
    content.end(answer)
    return content


def chat(*said: str) -> list[ChatMessage]:
    """User and assistant by turns."""
    return [
        ChatMessage(role="assistant" if number % 2 else "user", content=text)
        for number, text in enumerate(said)
    ]


def test_what_an_answer_cites_is_read_back_from_its_list(library: Library) -> None:
    question, turns = question_and_turns(chat("Bees?", content_of(BOTH).text, "And?"), library)
    assert question == "And?"
    assert [turn.question for turn in turns] == ["Bees?"]
    assert turns[0].cited == (BEES.id, CRANES.id)
    assert turns[0].titles == (BEES.title, CRANES.title)
    assert (turns[0].answer, turns[0].refused) == ("Bees [1]. Cranes [2].", False)


def test_the_nearest_papers_of_a_refusal_are_read_back_too(library: Library) -> None:
    text = content_of(refused("Whales?", CRANES, BEES)).text
    _, turns = question_and_turns(chat("Whales?", text, "And the second?"), library)
    assert (turns[0].cited, turns[0].refused) == ((CRANES.id, BEES.id), True)


def test_a_notice_and_missing_support_are_told_and_no_part_of_the_turn(library: Library) -> None:
    answer = replace(
        answered("Q?", ("So [1].", 1, BEES, QUOTE), supported=False), notice="It was *cut*."
    )
    text = content_of(answer).text
    assert text.startswith("So [1]. *(not supported by the abstracts)*\n\n**References**")
    assert text.endswith("\n\n*It was \\*cut\\*.*")
    _, turns = question_and_turns(chat("Q?", text, "And?"), library)
    assert (turns[0].answer, turns[0].cited) == ("So [1].", (BEES.id,))


def test_what_a_model_broke_off_is_marked_and_forgotten(library: Library) -> None:
    void = answered("Q?", ("Cranes sing [1].", 1, CRANES, OTHER))
    said = answered("Q?", ("Bees [1].", 1, BEES, QUOTE))
    content = content_of(said, void)
    start = "Cranes sing [1].\n\n*The language model broke off; quoted instead:*\n\nBees [1]."
    assert content.text.startswith(start)
    (mark,) = (found["url_citation"] for found in content.annotations(said))
    assert (mark["title"], mark["end_index"]) == (BEES.title, len(start) - 1)
    _, turns = question_and_turns(chat("Q?", content.text, "And?"), library)
    assert (turns[0].answer, turns[0].cited) == ("Bees [1].", (BEES.id,))
    assert content_of(said, answered("Q?")).text == content_of(said).text


def test_answers_of_others_and_papers_that_are_gone_cite_nothing(library: Library) -> None:
    gone = Paper(title="A Paper That Was Removed", abstract="We released 600 balloons.")
    listed = content_of(answered("Q?", ("So [1].", 1, gone, QUOTE))).text
    for text in (listed, "As *Bees* [1] say.", "", "**References**", "\n\n**References**\n\n- *"):
        _, turns = question_and_turns(chat("Q?", text, "And?"), library)
        assert turns[0].cited == ()


def test_without_a_word_of_a_user_there_is_no_question(library: Library) -> None:
    alone = [ChatMessage(role="system", content="Be kind."), *chat("", "Hello.")[1:]]
    assert question_and_turns(alone, library) == ("", [])
    assert question_and_turns(chat("One?"), library) == ("One?", [])


@given(st.lists(texts.filter(str.strip), min_size=1, max_size=4))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_title_that_is_listed_is_found_again(tmp_path: Path, titles: list[str]) -> None:
    given = [
        Paper(title=title, abstract=QUOTE, sources=(Source("f", number),))
        for number, title in enumerate(titles, 1)
    ]
    with Library(StoreSettings(library=tmp_path / f"{hash(tuple(titles))}")) as library:
        library.catalog.put(given)
        papers = list(library.get(list(library.catalog.known_by(_keys(given)).values())).values())
        said = [(f"So [{n}].", n, paper, QUOTE) for n, paper in enumerate(papers, 1)]
        text = content_of(answered("Q?", *said)).text
        _, turns = question_and_turns(chat("Q?", text, "And?"), library)
    assert turns[0].cited == tuple(paper.id for paper in papers)


def _keys(papers: list[Paper]) -> list[str]:
    from store.identity import keys_of

    return [key for paper in papers for key in keys_of(paper)]


@given(answers)
@settings(deadline=None, max_examples=100)
def test_marks_stand_where_the_annotations_say_and_only_papers_are_linked(answer: Answer) -> None:
    content = content_of(answer)
    for found in content.annotations(answer):
        mark = found["url_citation"]
        assert re.fullmatch(r"\[\d+\]", content.text[mark["start_index"] : mark["end_index"]])
    html = READER.render(content.text)
    papers = [*answer.nearest, *(passage.paper for passage in answer.passages)]
    allowed = {address(paper).replace("&", "&amp;") for paper in papers}
    assert set(re.findall(r'href="([^"]*)"', html)) <= allowed
    assert not re.search(r"<(?:img|script|b)\b", html)


def test_a_mark_leads_to_where_its_paper_can_be_read() -> None:
    linked = replace(BEES, doi="10.1000/bees")
    answer = replace(BOTH, passages=tuple(Passage(p, Scores(1.0)) for p in (linked, CRANES)))
    urls = [found["url_citation"]["url"] for found in content_of(answer).annotations(answer)]
    assert urls == [
        "https://doi.org/10.1000/bees",
        address(CRANES) or f"{BASE}/v1/papers/{CRANES.id}",
    ]
