"""An answer about the collection on its way to each face: number, table, chips, document."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.text import Text

from assistant.answer import Answer, Collection, Group, Passage, Scores, Sentence, join_sentences
from assistant.markdown import answer_markdown
from tests.ui.making import Run
from tests.ui.samples import ANSWER, CITATION, PAPER
from tests.ui.screens import written
from ui import showing
from ui.agents.texts import answer_text
from ui.api import models
from ui.api.openai_text import Content
from ui.documents import answer_document, sentence_document
from ui.from_documents import answer_of, sentence_of
from ui.metrics import writer_kind
from ui.page.exchanges import Shown
from ui.showing_collection import show_collection
from ui.terminal import Screen

UNQUOTED = replace(CITATION, quote="", start=0, end=0, score=1.0)
SENTENCES = (
    Sentence("**1 paper** of 6 matches: papers about “tides”.", (), True, direct="1 paper"),
    Sentence(f"*{PAPER.title}* (2023-05-04) [1]", (UNQUOTED,), True, True, entry=True),
)
COUNTED = replace(
    ANSWER, status="answered", notice="", sentences=SENTENCES, text=join_sentences(SENTENCES),
    citations=(UNQUOTED,), direct="1 paper", writer="catalogue",
    collection=Collection("papers about “tides”", "count", 1, (PAPER.id,), "By its words."),
)  # fmt: skip
LINE = Sentence("2023: 1 paper [1]", (UNQUOTED,), True, True, entry=True)
GROUPED = replace(
    COUNTED, sentences=(SENTENCES[0], LINE),
    collection=Collection("papers by year", "groups", 1, (PAPER.id,), "", None,
                          (Group("2023", (PAPER.id,)),)),
)  # fmt: skip


def test_the_terminal_shows_the_number_and_a_table(shown: Screen) -> None:
    showing.show_answer(COUNTED)
    text = written(shown)
    assert text.startswith("**1 paper** of 6 matches: papers about “tides”.\n\n")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Date Upvotes Organisation Title" in lines
    assert any(line.startswith("[1] 2023-05-04*") for line in lines)
    assert lines[-1] == "* The year was inferred."
    assert "Sources" not in text
    assert text.count(PAPER.title.split()[0]) == 1


LONG = replace(
    COUNTED,
    citations=(long := replace(UNQUOTED, title="Clocks that tell the tide " * 20),),
    sentences=(SENTENCES[0], replace(SENTENCES[1], citations=(long,))),
    passages=(Passage(replace(PAPER, organisation="Institute of Long Names " * 9), Scores(0.0)),),
)  # fmt: skip


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_table_is_no_wider_than_the_terminal(columns: int) -> None:
    file = StringIO()
    show_collection(LONG, Screen(file=file, force_terminal=True, width=columns, no_color=True))
    lines = Text.from_ansi(file.getvalue()).plain.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) > 3
    assert all(line == line.rstrip() for line in lines)


def test_a_table_in_a_pipe_has_a_line_for_each_paper_or_the_width_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show_collection(LONG, Screen(file=(file := StringIO()), highlight=False))
    _, _, line, *_ = file.getvalue().splitlines()
    assert line.endswith("…")
    assert "Names… " in line or "…  " in line
    assert len(line) < 220
    monkeypatch.setenv("COLUMNS", "70")
    show_collection(LONG, Screen(file=(file := StringIO()), highlight=False))
    assert max(map(len, file.getvalue().splitlines())) <= 70


def test_groups_are_a_table_with_the_papers_they_name_below(shown: Screen) -> None:
    showing.show_answer(GROUPED)
    lines = [" ".join(line.split()) for line in written(shown).splitlines()]
    assert "Group Papers Among them" in lines
    assert "2023 1 [1]" in lines
    assert "Sources" in lines


def test_the_page_lists_the_papers_with_chips_that_open_their_cards() -> None:
    html = str(Shown(id="e", question="?", answer=COUNTED).html())
    assert "<strong>1 paper</strong> of 6" in html
    assert '<ul class="entries"' in html
    assert f'data-card="e-1-1" data-paper="{PAPER.id}"' in html
    assert 'id="card-e-1-1"' in html
    assert "counted in the catalogue" in html
    assert 'class="sources"' not in html
    assert "unsupported" not in html


def test_texts_for_people_and_programs_have_a_line_for_each_paper() -> None:
    line = f"\n- *{PAPER.title}* (2023-05-04) [1]"
    assert line in COUNTED.text
    assert line in answer_text(COUNTED)
    assert "“”" not in answer_text(COUNTED)
    assert "\n\n- *Tide Clocks" in answer_markdown(COUNTED)
    content = Content("http://localhost")
    for sentence in (*SENTENCES, replace(SENTENCES[1], opens_paragraph=False)):
        content.sentence(sentence)
    assert content.text.endswith(f".\n{line}{line}")
    found = content.annotations(COUNTED)[0]["url_citation"]
    assert content.text[found["start_index"] : found["end_index"]] == "[1]"


@pytest.mark.parametrize("answer", [COUNTED, GROUPED, ANSWER])
def test_a_document_loses_nothing_and_is_as_the_api_says(answer: Answer) -> None:
    document = answer_document(answer)
    again = answer_of(document, {PAPER.id: PAPER})
    assert again.collection == answer.collection
    assert again.sentences == answer.sentences
    assert [sentence_of(sentence_document(one)) for one in answer.sentences] == list(
        again.sentences
    )
    models.Answer.model_validate(document)


def test_metrics_know_the_catalogue_as_a_writer() -> None:
    assert writer_kind(COUNTED) == "catalogue"


def test_quotes_leave_out_what_rests_on_no_sentence(shown: Screen) -> None:
    passages = (Passage(PAPER, Scores(0.0)),)
    showing.show_quotes(replace(COUNTED, passages=passages))
    assert "“”" not in written(shown)
    assert PAPER.id in written(shown)


def test_ask_counts_and_lists_in_the_command_line(run: Run, library: object) -> None:
    done = run("--library", str(library), "ask", "how many papers mention tide clocks?")
    assert done.code == 0
    assert done.out.startswith("**1 paper** of 6 matches: papers mentioning “tide clocks”.")
    assert "[1]" in done.out
    streamed = run("--library", str(library), "ask", "--stream", "papers per year")
    assert "without" not in streamed.out.partition("Sources")[0]
    assert "Group" in streamed.out
