"""Which questions are about the collection itself, read to the last word, and which are not."""

from __future__ import annotations

from datetime import date as Date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Turn
from assistant.collection.asking import asked_in
from assistant.collection.query import CollectionQuery, in_words
from eval.collection import load
from eval.questions import QUESTIONS, STARTER, TRAINING, load_questions

TODAY = Date(2025, 11, 21)
ABOUT_TIDES = Turn("How many papers are about tides?")


def asked(question: str, *before: str) -> str:
    """What was understood, in words; "" where it is no question about the collection."""
    query = asked_in(question, [Turn(one) for one in before], TODAY)
    return f"{query.kind}: {in_words(query)}" if query else ""


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("how many papers from 2023 are about reward hacking",
         "count: papers about “reward hacking”, from 2023"),
        ("How many abstracts does this library contain?", "count: all papers"),
        ("Can you tell me how many papers mention tide clocks, please?",
         "count: papers mentioning “tide clocks”"),
        ("the most upvoted papers on curriculum learning",
         "list: papers about “curriculum learning”, most upvoted first"),
        ("What are the five newest papers?", "list: papers newest first, the first 5"),
        ("Which paper is the oldest?", "list: papers oldest first, the first"),
        ("which 5 papers have the most upvotes",
         "list: papers most upvoted first, the first 5"),
        ("which paper about tides is the newest",
         "list: papers about “tides”, newest first, the first"),
        ("What did North Lab publish here?", "list: papers by “North Lab”"),
        ("how many papers has North Lab published", "count: papers by “North Lab”"),
        ("papers by jane doe", "list: papers by “jane doe”"),
        ("Which papers were published by Adobe since 2024?",
         "list: papers by “Adobe”, since 2024"),
        ("which pages mention GRPO", "groups: papers mentioning “GRPO”, by page"),
        ("In how many papers is GRPO mentioned?", "count: papers mentioning “GRPO”"),
        ("which papers mention both SFT and RLHF",
         "list: papers mentioning “SFT”, mentioning “RLHF”"),
        ("Which papers mention PPO or TRPO?", "list: papers mentioning “PPO” or “TRPO”"),
        ("how many papers mention \"which is that\"?",
         "count: papers mentioning “which is that”"),
        ("how many papers per year?", "groups: papers by year"),
        ("which organisation has published the most papers here?",
         "groups: papers by organisation"),
        ("How many papers on the second page are from October 2025?",
         "count: papers on page 2, from October 2025"),
        ("which papers in page3.txt are about tides",
         "list: papers about “tides”, from a source named “page3.txt”"),
        ("how many papers came out between 2022 and 2024",
         "count: papers from 2022 to 2024"),
        ("papers from May 3, 2024", "list: papers from 2024-05-03"),
        ("papers before 2020 with more than 3 upvotes",
         "list: papers before 2020, with at least 4 upvotes"),
        ("how many papers came out last month?", "count: papers from October 2025"),
        ("How many tide papers are there?", "count: papers of “tide”"),
        ("list all papers about reward hacking", "list: papers about “reward hacking”"),
        ("which papers have no upvotes?", "list: papers without upvotes"),
    ],
)  # fmt: skip
def test_a_question_about_the_collection_is_understood(question: str, understood: str) -> None:
    assert asked(question) == understood


@pytest.mark.parametrize(
    "question",
    [
        *(row.question for row in load() if row.count is None),
        "how many papers were used to train the model?",
        "how many papers are in the dataset?",
        "How many studies did the meta-analysis on learning include?",
        "number of papers per class in the Cora dataset",
        "which papers use GRPO?",
        "what did the authors publish?",
        "what has been published on reward hacking?",
        "What is the newest paper on diffusion about?",
        "the most popular optimizer in papers",
        "papers by hand",
        "papers with the most citations",
        "which papers are about RL but not robots",
        "Which papers mention a limitation of LoRA?",
        "papers from 2023 on how to train small models",
        "which papers from 2023 are about RL and improve sample efficiency",
        "how many papers from 31 February 2024 are there",
        "Papers about reward hacking",
        "",
        "?",
    ],
)
def test_a_question_on_content_is_none(question: str) -> None:
    assert asked(question) == ""
    assert asked(question, ABOUT_TIDES.question) == ""


@pytest.mark.parametrize("path", [QUESTIONS, STARTER, TRAINING], ids=lambda path: path.stem)
def test_no_labelled_question_on_content_is_taken_for_one(path: object) -> None:
    assert isinstance(path, type(QUESTIONS))
    for question in load_questions("all", path):
        before = [Turn(one) for one in question.history]
        for turns in ([], before, [ABOUT_TIDES], [Turn("What did North Lab publish here?")]):
            assert asked_in(question.question, turns, TODAY) is None, question.question


NEWEST, OLDEST = "list: papers newest first", "list: papers oldest first"
UPVOTED, ADDED = "list: papers most upvoted first", "list: papers last added first"
ALL, COUNTED = "list: all papers", "count: all papers"
YEARS, MONTHS = "groups: papers by year", "groups: papers by month"
NAMES, FILES = "groups: papers by organisation", "groups: papers by page"
TENCENT = "list: papers by “Tencent”"
# As people type: short, and with little care for case.
TYPED = {
    NEWEST: "newest first|Newest First|NEWEST FIRST!|newest first please|show newest first|newest|"
            "sort by date|order by newest|newest to oldest|sort newest first|latest papers|latest|"
            "what's new?|Whats new|what is new here|anything new?|any new papers?|recent papers|"
            "show me the latest papers please|give me the latest|most recent",
    f"{NEWEST}, the first": "what's the newest paper?|what is the latest|newest paper|newest one",
    f"{NEWEST}, the first 5": "latest 5|5 newest papers|show the 5 most recent papers|last 5",
    OLDEST: "oldest first|oldest|show me the oldest papers",
    UPVOTED: "most upvoted first|most upvoted|sort by upvotes|by votes|top papers|most popular|"
             "most votes|paper with the most upvotes|rank by popularity",
    f"{UPVOTED}, the first 5": "top 5 by upvotes|top 5|top five papers|TOP 5 PAPERS",
    ADDED: "what was added last|last added papers|recently added|which papers were added last|"
           "most recently added papers|what did i add last?|last added first",
    f"{ADDED}, the first 10": "last 10 added|show the last 10 added papers|10 last added",
    ALL: "list all papers|list papers|show me everything|all papers|what papers do you have|"
         "what's in this library?|what do you have|list titles",
    COUNTED: "how many papers|paper count|total papers|how big is this library|how many documents|"
             "HOW MANY PAPERS DO I HAVE|how many records are there|size of the collection",
    YEARS: "which years are covered|what years do you have?|how many papers per year|per year|"
           "by year|group by year|date range|what dates are covered|how old are the papers?|"
           "which year has the most papers|busiest year|what time span does the collection cover",
    MONTHS: "per month|how many papers per month|busiest month",
    NAMES: "who published the most papers?|which organisation has the most papers|top orgs|"
           "who has the most papers here|what organisations are here|which org has the most|"
           "list all organizations|how many orgs|what companies are there?|per company",
    FILES: "which sources do I have|which pages do I have|what files are there|list files|"
           "how many pages|how many files are there?|which file has the most papers|per file|"
           "how many papers does each page have",
    "count: papers without a date": "how many have no date|how many papers don't have a date|"
                                    "how many undated papers are there",
    "list: papers without a date": "undated papers|which papers have no date|papers with no year",
    "count: papers without an organisation": "how many papers have no organisation",
    TENCENT: "does Tencent have anything here|anything by Tencent?|which papers are by Tencent|"
             "anything from Tencent|did Tencent publish anything|is there anything by Tencent|"
             "what does Tencent have here?|what has Tencent published",
    "list: papers by “tencent”": "tencent papers|papers from tencent|list tencent's papers|"
                                 "anything from tencent|do you have papers by tencent",
    "count: papers by “tencent”": "how many papers from tencent|how many papers by tencent",
    f"{TENCENT}, newest first": "list papers by Tencent newest first|newest by Tencent",
    "list: papers by “Tencent or Adobe”": "papers by Tencent or Adobe",
    "list: papers by “tencent and adobe”": "papers by tencent and adobe",
    "list: papers from October 2025": "show me papers from October 2025|papers oct 2025|"
                                      "PAPERS OCTOBER 2025|papers from the last month",
    "list: papers from 2024": "2024|2024 papers|papers 2024|anything from 2024?",
    "count: papers from 2024": "how many from 2024?|how many in 2024|how many papers 2024",
    "list: papers before 2020": "anything older than 2020?|is there anything before 2020",
    "count: papers about “GRPO”": "how many papers talk about GRPO",
    "count: papers mentioning “grpo”": "how many mention grpo",
    "list: papers mentioning “GRPO”": "which mention GRPO|papers containing \"GRPO\"|"
                                      "anything that mentions GRPO",
    "list: papers from 2024, most upvoted first, the first 5": "top 5 from 2024",
    "count: papers on page 3": "how many papers are in page 3|how many papers on page three",
    "count: papers from a source named “003”": "how many papers are in page 003…",
    "list: papers on page 2": "what's in page 2|what is on the second page",
}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "understood"),
    [(one, understood) for understood, typed in TYPED.items() for one in typed.split("|")],
)
def test_what_people_type_is_understood(question: str, understood: str) -> None:
    def known(name: str) -> bool:
        return name.lower() == "tencent"

    query = asked_in(question, [], TODAY, known)
    assert query is not None
    assert f"{query.kind}: {in_words(query)}" == understood


@pytest.mark.parametrize("question", ["tencent papers", "GRPO papers", "papers from simulation"])
def test_a_name_that_no_organisation_has_is_left_to_the_papers(question: str) -> None:
    assert asked_in(question, [], TODAY, lambda name: False) is None
    assert asked(question) == ""


@pytest.mark.parametrize(
    "question",
    ["what's new in reward hacking?", "newest method", "latest trends", "top 5 optimizers",
     "anything about GRPO?", "anything from the survey?", "which sources do they use",
     "how many are in the test set?", "how many pages does the survey have", "best papers",
     "what years of data are used", "who has the most accurate model", "does it have anything new",
     "which ones are trained on code", "sort by relevance", "which labs are automated"],
)  # fmt: skip
def test_a_short_question_on_content_is_none(question: str) -> None:
    assert asked(question) == ""


TIDES = "how many papers from 2023 are about tides"


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        ([TIDES], "and in 2024?", "count: papers about “tides”, from 2024"),
        ([TIDES], "what about since 2024?", "count: papers about “tides”, since 2024"),
        ([TIDES], "only those by Adobe", "count: papers about “tides”, by “Adobe”, from 2023"),
        ([TIDES], "list them", "list: papers about “tides”, from 2023"),
        ([TIDES], "newest first", "list: papers about “tides”, from 2023, newest first"),
        ([TIDES], "sort by upvotes", "list: papers about “tides”, from 2023, most upvoted first"),
        ([TIDES], "which of them mention PPO?",
         "list: papers about “tides”, mentioning “PPO”, from 2023"),
        ([TIDES], "and the oldest?",
         "list: papers about “tides”, from 2023, oldest first, the first"),
        ([TIDES], "just the top 3",
         "list: papers about “tides”, from 2023, most upvoted first, the first 3"),
        ([TIDES], "what about reward hacking?", "count: papers about “reward hacking”, from 2023"),
        ([TIDES], "per year?", "groups: papers about “tides”, from 2023, by year"),
        ([TIDES, "list them"], "how many is that?", "count: papers about “tides”, from 2023"),
        ([TIDES, "and in 2024?"], "and on the first page?",
         "count: papers about “tides”, on page 1, from 2024"),
        (["newest first"], "only those from 2024", "list: papers from 2024, newest first"),
        (["per year"], "list them", "list: all papers"),
        (["papers by Adobe"], "how many have no date?", "count: papers by “Adobe”, without a date"),
        (["What did Adobe publish here?"], "and North Lab?", "list: papers by “North Lab”"),
        (["papers since 2020"], "only those before 2022", "list: papers from 2020 to 2021"),
    ],
)  # fmt: skip
def test_a_follow_up_goes_on_with_the_question_before(
    before: list[str], question: str, understood: str
) -> None:
    assert asked(question, *before) == understood


@pytest.mark.parametrize("question", ["and in 2024?", "list them", "newest first", "per year?"])
def test_nothing_goes_on_with_a_question_on_content(question: str) -> None:
    assert asked(question, TIDES, "How do tide clocks work?") == ""


@pytest.mark.parametrize(
    "question",
    ["what's new?", "how big is it?", "how many documents?", "which companies?", "which years?",
     "what years does it cover", "how many are from 2023?", "show me the papers", "top 5", "latest",
     "anything from simulation?", "sources", "how old is it?"],
)  # fmt: skip
def test_what_may_be_asked_of_a_paper_is_left_to_it(question: str) -> None:
    assert asked(question, "How do tide clocks work?") == ""


@pytest.mark.parametrize("question", ["and in 2024?", "list them", "and newest first"])
def test_what_only_goes_on_asks_nothing_when_said_first(question: str) -> None:
    assert asked(question) == ""


@pytest.mark.parametrize(
    "question", ["and why?", "and the code?", "how does it work?", "tell me more", "the second one",
                 "what does the first one propose?", "which is better?", "thanks"],
)  # fmt: skip
def test_a_follow_up_on_content_is_left_to_the_papers(question: str) -> None:
    assert asked(question, TIDES) == ""


SAID = (
    "how many papers which mention about by from in 2024 the newest most upvoted top five per year "
    'page second and or only those Tencent “ " between , - of with votes list them on GRPO'
)
WORDS = st.sampled_from(SAID.split())


@given(st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=400))
def test_any_message_is_read_or_is_none(message: str) -> None:
    for turns in ([], [ABOUT_TIDES]):
        query = asked_in(message, turns, TODAY)
        assert query is None or isinstance(query, CollectionQuery)
        assert query is None or in_words(query)
