"""Answers and conversations as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.answer import Answer
from assistant.markdown import answer_markdown, conversation_markdown
from store.exports.text import address
from tests.assistant.any_answers import answered, answers, refused
from tests.assistant.invented import BEES, CRANES
from tests.store.any_papers import texts

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BOTH = answered(
    "What of bees and cranes?",
    (f"In *{BEES.title}*: We released 600 [2].", 2, BEES, "We released 600"),
    ("Harbour cranes rust faster [1].", 1, CRANES, "Harbour cranes rust faster"),
    "Nobody knows why.",
)


def test_an_answer_has_its_marks_and_the_sentences_they_rest_on() -> None:
    assert answer_markdown(BOTH) == (
        "In *Morning Light Helps Honeybees Find Home: A Field Study*: We released 600 [2]. "
        "Harbour cranes rust faster [1]. "
        "Nobody knows why. *(not supported by the abstracts)*\n\n"
        "**References**\n\n"
        "- [1] 3 authors. *Salt Fog and the Rust of Harbour Cranes*. 2019. Harbour Institute.\n\n"
        "  > “Harbour cranes rust faster”\n"
        "- [2] 4 authors. *Morning Light Helps Honeybees Find Home: A Field Study*. 2020.\n\n"
        "  > “We released 600”\n"
    )


def test_numbers_run_through_a_conversation_and_each_paper_is_listed_once() -> None:
    later = answered(
        "And?",
        ("They were lit [1].", 1, BEES, "half of them under lamps"),
        ("We released 600 [1].", 1, BEES, "We released 600"),
    )
    text = conversation_markdown("Bees", [BOTH, refused("Ships?", CRANES), later])
    assert re.findall(r"^#+ .*", text, re.MULTILINE) == [
        "# Bees", "## What of bees and cranes?", "## Ships?", "## And?",
    ]  # fmt: skip
    assert "They were lit [2]. We released 600 [2]." in text
    assert re.findall(r"^- \[(\d)\]", text, re.MULTILINE) == ["1", "2"]
    references = text.partition("**References**")[2]
    assert references.count("“We released 600”") == 1
    assert "“half of them under lamps”" in references


def test_a_refusal_names_the_nearest_papers() -> None:
    text = answer_markdown(refused("Ships?", CRANES))
    assert text.startswith("Nothing.\n\nThe nearest papers are:\n\n- 3 authors. *Salt Fog")
    assert "References" not in text


def test_a_quote_that_bears_nothing_out_is_marked() -> None:
    answer = answered("Q?", ("So [1].", 1, BEES, "We released 600"), supported=False)
    text = answer_markdown(answer)
    assert "So [1]. *(not supported by the abstracts)*" in text
    assert "“We released 600” *(does not support what cites it)*" in text


@pytest.mark.parametrize(
    "said",
    [
        "So [1](http://evil).", "[1]: http://evil", "So [1][1](http://evil)", "![1](http://evil)",
        "So ![x](http://evil) <img src='http://evil'> [x](http://evil) [1]", "<http://evil> [1]",
        "x [1] [1]:http://evil 'y'", "\\[1](http://evil)",
    ],
)  # fmt: skip
def test_a_sentence_cannot_make_a_link_or_an_image(said: str) -> None:
    html = READER.render(answer_markdown(answered("Q?", (said, 1, BEES, "We released 600"))))
    assert not re.search(r"<(?:a|img)\b", html)
    assert "[1]" in html


@given(st.lists(answers, max_size=2), texts)
@settings(deadline=None, max_examples=60)
def test_only_references_are_links_and_they_lead_to_their_papers(
    said: list[Answer], title: str
) -> None:
    papers = [p for a in said for p in (*a.nearest, *(passage.paper for passage in a.passages))]
    allowed = {address(paper).replace("&", "&amp;") for paper in papers}
    for text in (conversation_markdown(title, said), *map(answer_markdown, said)):
        html = READER.render(text)
        assert "<img" not in html
        assert "<script" not in html
        assert set(re.findall(r'href="([^"]*)"', html)) <= allowed
        tags = set(re.findall(r"<(\w+)", html))
        assert tags <= {"a", "p", "h1", "h2", "em", "strong", "ul", "li", "blockquote"}


def test_a_paper_that_is_not_with_the_answer_has_at_least_its_title() -> None:
    text = answer_markdown(replace(BOTH, passages=()))
    assert "- [1] *Salt Fog and the Rust of Harbour Cranes*." in text
