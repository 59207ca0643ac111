"""The language-model writer against real servers, well-behaved and not: nothing unchecked comes
through, and where the model fails the abstracts are quoted and one sentence says why."""

from __future__ import annotations

import re
import time

import pytest
from llama_index.llms.openai_like import OpenAILike

from assistant.answer import Answer, Done, Restarted, Written
from assistant.engine import CitedQueryEngine
from assistant.settings import AnswerSettings
from assistant.tokens import count_tokens
from assistant.writing.model import reason
from store.library import Library
from tests.assistant.answers import READING, READS, TIMETABLES, TRAINED
from tests.assistant.conftest import Engine
from tests.assistant.invented import FERRYBENCH, FERRYING, LEDGERS, PAPERS, turn
from tests.broken_server import BrokenServer, Mode

BY_ID = {paper.id: paper for paper in PAPERS}


def cited(answer: Answer) -> list[str]:
    return list(dict.fromkeys(citation.paper_id for citation in answer.citations))


def assert_sound(answer: Answer) -> None:
    """What holds for every answer, whatever the model wrote."""
    numbers: dict[int, str] = {}
    for sentence in answer.sentences:
        shown = [int(n) for n in re.findall(r"\[(\d+)\]", sentence.text)]
        assert set(shown) == {citation.number for citation in sentence.citations}
        assert sentence.supported == any(c.supported for c in sentence.citations)
        assert not re.search(r"<[^>]*>|\|>|\*\*|NOT IN THE ABSTRACTS", sentence.text)
        for citation in sentence.citations:
            paper = BY_ID[citation.paper_id]
            assert paper.abstract[citation.start : citation.end] == citation.quote
            assert numbers.setdefault(citation.number, paper.id) == paper.id
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    if answer.status == "answered":
        assert all(sentence.supported for sentence in answer.sentences)


def assert_quoted_instead(answer: Answer, why: str) -> None:
    """The extractive answer, whole, with one clear sentence on why."""
    assert answer.status == "answered"
    assert answer.writer == "extractive"
    assert answer.citations[0].paper_id == LEDGERS.id
    direct = f"**{answer.direct}** [1]: " if answer.direct else ""
    assert answer.text.startswith(f"{direct}In *{LEDGERS.title}*: ")
    assert re.fullmatch(rf"The language model \S+ {why}, so this answer quotes the abstracts "
                        r"instead\.", answer.notice), answer.notice  # fmt: skip


# --- a model that does as it is told ----------------------------------------------------------


def test_a_good_answer_comes_through_with_its_citations_checked(with_model: Engine) -> None:
    answer = with_model("good").ask(READING)
    assert_sound(answer)
    assert (answer.status, answer.writer, answer.notice) == ("answered", "good", "")
    assert answer.text == f"{READS} [1]. {TRAINED} [1]."
    assert [c.quote for c in answer.citations] == [
        "LedgerNet reads 94.2% of the characters on faded pages correctly, while a commercial "
        "reader that is fifty times larger reads 88.5%.",
        "It was trained on 3,200 pages from two town archives.",
    ]
    assert answer.tokens.prompt > 200
    assert answer.tokens.completion == count_tokens(f"{READS} [1]. {TRAINED} [1].", "good")


def test_a_sentence_may_cite_two_papers(with_model: Engine) -> None:
    answer = with_model("two-papers").ask(TIMETABLES)
    assert_sound(answer)
    assert cited(answer) == [FERRYBENCH.id, FERRYING.id]
    assert answer.text.endswith("[1][2].")


def test_papers_are_numbered_as_the_answer_names_them(with_model: Engine) -> None:
    answer = with_model("second-first").ask(TIMETABLES)
    assert_sound(answer)
    assert cited(answer) == [FERRYING.id, FERRYBENCH.id]
    assert [c.number for c in answer.citations] == [1, 2]


def test_quotes_of_every_passage_are_all_supported(with_model: Engine) -> None:
    answer = with_model("echo").ask(READING)
    assert_sound(answer)
    assert answer.status == "answered"
    assert len(cited(answer)) == len(answer.passages) == AnswerSettings().top_k


def test_sentences_come_while_the_model_writes(library: Library) -> None:
    words = f"{READS} [1]. {TRAINED} [1]. " + "And so on it goes. " * 5
    with BrokenServer("slow", words) as server:
        settings = AnswerSettings(llm_model="slow", llm_base_url=server.base_url, llm_timeout=20)
        for event in CitedQueryEngine(library, settings).stream(READING):
            if isinstance(event, Written):
                assert server.sent < len(words.split())
                break


# --- a model that doesn't ---------------------------------------------------------------------


def test_marks_that_name_no_passage_are_dropped(with_model: Engine) -> None:
    answer = with_model("far-mark").ask(READING)
    assert_sound(answer)
    assert cited(answer) == [LEDGERS.id]
    assert answer.text == f"{READS} [1]. {TRAINED} [1]."
    assert answer.status == "answered"


def test_a_mark_on_the_wrong_passage_is_put_right(with_model: Engine) -> None:
    answer = with_model("wrong-mark").ask(READING)
    assert_sound(answer)
    assert cited(answer) == [LEDGERS.id]
    assert answer.text == f"According to [1], {READS}."


def test_a_sentence_without_marks_gets_the_passage_that_supports_it(with_model: Engine) -> None:
    answer = with_model("no-marks").ask(READING)
    assert_sound(answer)
    assert answer.text == f"{READS}. [1] {TRAINED}. [1]"
    assert cited(answer) == [LEDGERS.id]


@pytest.mark.parametrize("model", ["wrong-figure", "denies", "invents"])
def test_a_sentence_that_the_passage_does_not_bear_out_is_marked(
    with_model: Engine, model: str
) -> None:
    answer = with_model(model).ask(READING)
    assert_sound(answer)
    assert answer.status == "partial"
    assert [sentence.supported for sentence in answer.sentences] == [True, False]
    assert [citation.supported for citation in answer.citations] == [True, False]


def test_markup_and_prompt_tokens_are_taken_out(with_model: Engine) -> None:
    answer = with_model("markup").ask(READING)
    assert_sound(answer)
    assert answer.text == f"{READS} [1].\n\n{TRAINED} [1]."


def test_thoughts_are_not_shown(with_model: Engine) -> None:
    answer = with_model("thinks").ask(READING)
    assert_sound(answer)
    assert answer.text == f"{READS} [1]."


def test_what_is_said_again_and_again_is_written_once(with_model: Engine) -> None:
    answer = with_model("repeats").ask(READING)
    assert_sound(answer)
    assert answer.text == f"{READS} [1]."


def test_a_list_of_sources_at_the_end_is_left_out(with_model: Engine) -> None:
    answer = with_model("lists-sources").ask(READING)
    assert_sound(answer)
    assert answer.text == f"{READS} [1]."


@pytest.mark.parametrize("model", ["refuses", "declines"])
def test_a_model_that_finds_no_answer_refuses(with_model: Engine, model: str) -> None:
    answer = with_model(model).ask(READING)
    assert answer.status == "refused"
    assert answer.sentences == answer.citations == ()  # type: ignore[comparison-overlap]
    assert answer.nearest[0] == LEDGERS
    assert answer.text.startswith("The papers in this library don't answer this question.")
    assert (answer.writer, answer.notice) == (model, "")
    assert answer.tokens.completion > 0


def test_a_refusal_behind_an_answer_is_left_out(with_model: Engine) -> None:
    answer = with_model("answers-then-refuses").ask(READING)
    assert_sound(answer)
    assert (answer.status, answer.text) == ("answered", f"{READS} [1].")


def test_a_model_that_cites_nothing_gives_way_to_quotes(with_model: Engine) -> None:
    answer = with_model("off-topic").ask(READING)
    assert_quoted_instead(answer, "wrote nothing that can be cited")
    assert "cheese" not in answer.text


def test_a_model_that_says_nothing_gives_way_to_quotes(with_model: Engine) -> None:
    assert_quoted_instead(with_model("says-nothing").ask(READING), "wrote nothing")


def test_a_sentence_cut_off_at_the_longest_answer_is_left_out(library: Library) -> None:
    class Part:
        def __init__(self, delta: str, finish: str | None) -> None:
            choice = type("Choice", (), {"finish_reason": finish})
            self.delta, self.raw = delta, type("Raw", (), {"choices": [choice]})

    class Short(OpenAILike):
        def stream_chat(self, *_: object, **__: object) -> object:  # type: ignore[override]
            return (Part(*p) for p in [(f"{READS} [1]. ", None), ("It was trained on", "length")])

    llm = Short(model="short", api_base="http://127.0.0.1:9/v1", api_key="x", is_chat_model=True)
    answer = CitedQueryEngine(library, AnswerSettings(), llm=llm).ask(READING)
    assert answer.text == f"{READS} [1]."


# --- a model that breaks ----------------------------------------------------------------------


def broken(library: Library, base_url: str, timeout: float = 20.0, **more: object) -> Answer:
    settings: dict[str, object] = {
        "llm_model": "broken", "llm_base_url": base_url, "llm_timeout": timeout,
    }  # fmt: skip
    settings |= more
    return CitedQueryEngine(library, AnswerSettings.model_validate(settings)).ask(READING)


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("break_off", "broke off"),
        ("refuse", "failed with HTTP status 500"),
        ("garbage", "wrote nothing"),
        ("rate_limit", "is over its rate limit"),
    ],
)
def test_a_server_that_fails_costs_nothing_but_its_answer(
    library: Library, mode: Mode, why: str
) -> None:
    with BrokenServer(mode) as server:
        assert_quoted_instead(broken(library, server.base_url), why)
        assert server.requests >= 1


def test_a_server_that_hangs_is_waited_for_only_so_long(library: Library) -> None:
    with BrokenServer("hang") as server:
        began = time.monotonic()
        answer = broken(library, server.base_url, timeout=0.5)
        assert time.monotonic() - began < 5
        assert server.requests == 1  # the time to wait is not doubled by another try
    assert_quoted_instead(answer, "took too long")


def test_a_server_that_hangs_on_a_follow_up_is_not_asked_twice(library: Library) -> None:
    with BrokenServer("hang") as server:
        settings = AnswerSettings(llm_model="broken", llm_base_url=server.base_url, llm_timeout=0.5)
        engine = CitedQueryEngine(library, settings)
        before = turn("Is there a model that reads old handwriting?", LEDGERS)
        answer = engine.ask("how many pages was it trained on?", turns=[before])
        assert server.requests == 1
    assert_quoted_instead(answer, "took too long")
    assert "3,200 pages" in answer.text


def test_an_address_where_nobody_listens(library: Library) -> None:
    with BrokenServer("hang") as server:
        pass
    assert_quoted_instead(broken(library, server.base_url), "could not be reached")


def test_an_address_that_is_none(library: Library) -> None:
    assert_quoted_instead(broken(library, "http://127.0.0.1:99999/v1"), "could not be reached")


def test_a_wrong_key(with_model: Engine) -> None:
    assert_quoted_instead(with_model("good", llm_api_key="sk-no").ask(READING), "refused the key")


def test_an_unknown_model(with_model: Engine) -> None:
    assert_quoted_instead(with_model("no-such-model").ask(READING), "refused the request")


@pytest.mark.parametrize(
    ("model", "why"),
    [("busy", "is over its rate limit"), ("fails", "failed with HTTP status 500")],
)
def test_what_a_real_proxy_reports(with_model: Engine, model: str, why: str) -> None:
    assert_quoted_instead(with_model(model).ask(READING), why)


def test_what_was_written_before_the_break_is_taken_back(library: Library) -> None:
    with BrokenServer("break_off") as server:
        settings = AnswerSettings(llm_model="broken", llm_base_url=server.base_url)
        events = list(CitedQueryEngine(library, settings).stream(READING))
    restarts = [event for event in events if isinstance(event, Restarted)]
    last = events[-1]
    assert isinstance(last, Done)
    assert [restart.notice for restart in restarts] == [last.answer.notice]
    assert "The method" not in last.answer.text


def test_a_failure_does_not_hide_that_vectors_are_on_their_way(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from store.settings import StoreSettings

    folder = tmp_path_factory.mktemp("late")
    with BrokenServer("refuse") as server, Library(StoreSettings(library=folder)) as late:
        late.catalogue(PAPERS)
        answer = broken(late, server.base_url)
    assert "found by words only" in answer.notice
    assert "failed with HTTP status 500, so this answer quotes" in answer.notice


def test_any_other_error_is_named_by_its_kind() -> None:
    assert reason(RuntimeError("x")) == "gave an answer that can't be read (RuntimeError)"
    assert reason(TimeoutError()) == "took too long"
    assert reason(ConnectionResetError()) == "could not be reached"
