"""How answers, papers and reports look in a terminal and in a pipe."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date as Date

import pytest

from assistant.answer import Sentence
from store.adding import AddReport
from store.paper import Paper, Rejected, Skipped, Source
from tests.ui.samples import ANSWER, CITATION, LOOSE, PAPER
from tests.ui.screens import put_in_place, screen, written
from ui import showing
from ui.terminal import Screen

TITLED = Sentence(f"In *{PAPER.title}*: it is off by nine minutes. [1]", (CITATION,), True)
PLAIN = replace(ANSWER, notice="", status="answered")
SGR = re.compile(r"\x1b\[([\d;]*)m")


def test_an_unsupported_sentence_is_marked_in_words(shown: Screen) -> None:
    showing.show_answer(ANSWER)
    text = " ".join(written(shown).split())
    assert "It is a bird. [2] (not supported by the abstracts)" in text
    assert "Nine minutes. [1] It is" in text
    assert "1 sentence rests on no abstract: don't rely on what is marked." in text


def test_the_sources_hang_and_tell_who_and_when(shown: Screen) -> None:
    paper = replace(PAPER, title="On the Slow and Patient Reading of Tides from Mooring Lines")
    passages = (replace(ANSWER.passages[0], paper=paper),)
    showing.show_answer(replace(PLAIN, passages=passages, citations=(CITATION,)))
    sources = written(shown).partition("Sources\n")[2].splitlines()
    assert sources[:3] == [
        "  [1] On the Slow and Patient Reading of Tides from Mooring",
        "      Lines (Ada One, Bo Two, 2023-05-04, year inferred)",
        "",
    ]


def test_a_source_is_listed_once_however_often_it_is_cited(shown: Screen) -> None:
    answer = replace(ANSWER, citations=(CITATION, CITATION), sentences=(TITLED, TITLED))
    showing.show_answer(answer)
    assert written(shown).count("  [1] ") == 1


def test_a_mark_that_supports_nothing_is_told_apart_among_the_sources(shown: Screen) -> None:
    showing.show_answer(ANSWER)
    sources = " ".join(written(shown).partition("Sources")[2].split())
    first, _, second = sources.partition("[2]")
    assert "(does not support what cites it)" not in first
    assert "(does not support what cites it)" in second


def test_titles_are_in_italics_and_marks_stand_out(monkeypatch: pytest.MonkeyPatch) -> None:
    to = put_in_place(monkeypatch, screen(40, styled=True))
    showing.show_answer(replace(PLAIN, sentences=(TITLED,)))
    answer = written(to).splitlines()[:2]
    assert "\x1b[3mTide\x1b[0m" in answer[0]
    assert answer[1].endswith("\x1b[1;36m[1]\x1b[0m")
    assert SGR.sub("", " ".join(answer)) == TITLED.text.replace("*", "")


def test_without_styles_stars_tell_where_a_title_ends(shown: Screen) -> None:
    showing.show_answer(replace(ANSWER, sentences=(TITLED,)))
    assert f"In *{PAPER.title}*:" in " ".join(written(shown).split())


@pytest.mark.parametrize("text", ["A* beats B* here [1]", "on [0, 1] and [7] [1]", r"a\[b] [1]"])
def test_what_only_looks_like_markup_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    to = put_in_place(monkeypatch, screen(60, styled=True))
    showing.show_answer(replace(PLAIN, sentences=(Sentence(text, (CITATION,), True),)))
    first = written(to).splitlines()[0]
    assert SGR.sub("", first) == text
    assert first.count("\x1b[1;36m") == 1


def test_a_notice_stands_between_paragraphs_and_is_told_once(shown: Screen) -> None:
    view = showing.AnswerShown()
    view.notice("3 papers wait.")
    view.sentence(TITLED)
    view.notice("3 papers wait.")
    view.sentence(TITLED)
    view.finish(replace(ANSWER, notice="3 papers wait.", sentences=(TITLED, TITLED)))
    text = written(shown)
    assert text.startswith("3 papers wait.\n")
    assert text.count("3 papers wait.") == 1


def test_an_answer_that_began_again_is_not_mixed_with_what_broke_off(shown: Screen) -> None:
    view = showing.AnswerShown()
    view.sentence(Sentence("The model says", (), True))
    view.restart("The model broke off. This answer quotes the abstracts instead.")
    view.sentence(TITLED)
    view.finish(replace(ANSWER, notice="The model broke off.", sentences=(TITLED,)))
    lines = [line.rstrip() for line in written(shown).splitlines()]
    assert lines[:3] == [
        "The model says",
        "(This broke off; the answer begins again below.)",
        "The model broke off. This answer quotes the abstracts",
    ]
    assert any(line.startswith("In *Tide Clocks") for line in lines)


def test_streamed_and_whole_answers_look_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = put_in_place(monkeypatch, screen(50))
    showing.show_answer(ANSWER)
    streamed = put_in_place(monkeypatch, screen(50))
    view = showing.AnswerShown()
    view.notice(ANSWER.notice)
    for sentence in ANSWER.sentences:
        view.sentence(sentence)
    view.finish(ANSWER)
    assert written(streamed) == written(whole)


def test_a_refusal_names_the_nearest_papers_once(shown: Screen) -> None:
    text = f"The papers don't tell. The nearest papers are: *{PAPER.title}*."
    showing.show_answer(
        replace(ANSWER, status="refused", sentences=(), citations=(), nearest=(PAPER,), text=text)
    )
    assert written(shown).count("Tide Clocks") == 1
    assert "The papers don't tell." in written(shown)
    assert "year inferred" in " ".join(written(shown).split())


def test_quotes_are_shown_in_the_order_of_the_abstract(shown: Screen) -> None:
    early = replace(CITATION, quote="Harbours rarely own a gauge.", start=0, end=28)
    showing.show_quotes(replace(ANSWER, citations=(CITATION, early, LOOSE)))
    text = " ".join(written(shown).split())
    assert text.index("“Harbours rarely") < text.index("“A tide clock")
    assert f"{PAPER.id} · https://example.org/tides" in text
    assert text.count("(does not support what cites it)") == 1


def test_a_list_of_papers_is_lines_with_tabs_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    to = put_in_place(monkeypatch, screen(None))
    showing.show_papers([PAPER, replace(PAPER, title="Two\nlines", date=None, year=None)], 2)
    first, second = written(to).splitlines()
    assert first.split("\t") == [PAPER.id, "2023", PAPER.title, "a.txt, b.txt"]
    assert second.split("\t")[1:3] == ["", "Two lines"]


def test_a_list_says_which_part_of_the_library_it_is(shown: Screen) -> None:
    showing.show_papers([PAPER], 30, offset=20)
    assert "21 to 21 of 30; more with --limit and --offset." in written(shown)


def test_a_summary_is_labelled_wherever_it_is_shown(shown: Screen) -> None:
    summary = replace(PAPER, kind="summary")
    showing.show_hits([replace(ANSWER.passages[0], paper=summary)])
    showing.show_answer(
        replace(ANSWER, status="refused", sentences=(), citations=(), nearest=(summary,))
    )
    showing.show_paper(summary)
    showing.show_answer(replace(ANSWER, passages=(replace(ANSWER.passages[0], paper=summary),)))
    assert written(shown).lower().count("summary") == 5


def test_a_report_names_file_line_and_reason_of_every_reject(shown: Screen) -> None:
    report = AddReport(
        read=2,
        new=0,
        updated=0,
        unchanged=1,
        rejected=(
            Rejected(Source("/far/away/a.txt", 2, 9), "it has no abstract"),
            Rejected(Source("/far/b.txt"), "b.txt is none of the formats known here"),
        ),
        skipped=(Skipped("/far/notes.md", "it is empty"),),
        papers=1,
        embedded=0,
    )
    showing.show_report(report)
    text = written(shown)
    for line in (
        "2 read",
        "0 new",
        "0 updated",
        "1 unchanged",
        "2 rejected",
        "1 paper in the library",
    ):
        assert f"{line}\n" in text
    assert "  a.txt, line 9: it has no abstract\n" in text
    assert "  b.txt is none of the formats known here\n" in text
    assert "Skipped: notes.md: it is empty" in text
    assert "nothing was embedded" in " ".join(text.split())


def test_only_the_first_rejects_are_listed(shown: Screen) -> None:
    rejects = tuple(Rejected(Source("a.txt", n, n), "cut off") for n in range(1, 31))
    showing.show_report(AddReport(30, 0, 0, 0, rejects, (), 0, 0))
    assert written(shown).count("cut off") == 20
    assert "and 10 more: --json names all." in written(shown)


def test_a_date_without_a_day_is_its_year(shown: Screen) -> None:
    showing.show_paper(Paper(title="T", abstract="A.", year=1999))
    showing.show_paper(Paper(title="T", abstract="A.", date=Date(2001, 2, 3)))
    assert "1999" in written(shown)
    assert "2001-02-03" in written(shown)
