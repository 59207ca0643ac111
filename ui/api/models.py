"""What goes in and out of the API, as models that `/docs` shows.

Responses are the documents of `ui.documents` as they stand; these models describe them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from assistant.answer import Status, WriterName
from store.filters import Filters
from ui.api.dates import DATE, first_day, last_day

MAX_QUESTION = 20_000  # characters; the engine reads the first few thousand and says so


def _whole(given: object) -> object:
    """A number as JSON Schema knows whole ones: 5.0 is one, "5" and true are none."""
    if isinstance(given, bool | str):
        raise PydanticCustomError("whole", "It must be a whole number")
    return int(given) if isinstance(given, float) and given.is_integer() else given


TopK = Annotated[int, Field(ge=1, le=50), BeforeValidator(_whole)]
PartOfName = Annotated[str, Field(min_length=1, max_length=300)]
# In an address, which can't be long.
ShortName = Annotated[str, Field(min_length=1, max_length=100)]
Id = Annotated[str, Field(pattern=r"^[!-~]{1,100}$")]


class Body(BaseModel):
    """A request's body: what isn't known is an error and no typing mistake goes unseen."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """Part of a response; only `/docs` ever looks at it, so it is built when that does."""

    model_config = ConfigDict(defer_build=True)


class Within(Body):
    """Which papers to look at. A paper must pass every field, and one value of each."""

    since: str | None = Field(
        None, pattern=DATE, description="From this year, month or day on.", examples=["2023"]
    )
    until: str | None = Field(
        None, pattern=DATE, description="Up to this year, month or day.", examples=["2024-06"]
    )
    sources: list[PartOfName] = Field(
        [], max_length=100, description="Parts of the names of files that papers came from."
    )
    organisations: list[PartOfName] = Field([], max_length=100, description="Parts of names.")
    papers: list[Id] = Field([], max_length=1000, description="Ids of papers.")

    def filters(self) -> Filters:
        return Filters(
            since=first_day(self.since) if self.since else None,
            until=last_day(self.until) if self.until else None,
            sources=tuple(self.sources),
            organisations=tuple(self.organisations),
            papers=tuple(self.papers),
        )


class Ask(Body):
    """A question."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "How can attention be made cheaper for long inputs?"},
                {
                    "question": "Which of them needs no training?",
                    "conversation": "new",
                    "filters": {"since": "2021"},
                    "top_k": 5,
                },
            ]
        },
    )

    question: str = Field(
        min_length=1, max_length=MAX_QUESTION, description="In words, as one would ask a person."
    )
    conversation: str | None = Field(
        None,
        max_length=100,
        description="Id of the conversation that the question goes on with and is kept in; 'new' "
        "begins one. Without it the question stands alone and nothing is kept.",
    )
    filters: Within = Field(default_factory=Within)
    top_k: TopK | None = Field(None, description="Papers that the answer may rest on.")
    writer: WriterName = Field(
        "auto", description="Who writes: the language model where there is one (auto), or which."
    )
    stream: StrictBool = Field(
        False,
        description="Server-sent events instead of one document: `retrieved`, a `sentence` for "
        "each, `done` with the document; `restarted` where a language model broke off and the "
        "sentences so far are void; `error` with a problem.",
    )


class Search(Body):
    """What to search for."""

    query: str = Field(min_length=1, max_length=MAX_QUESTION, examples=["sparse attention"])
    filters: Within = Field(default_factory=Within)
    top_k: TopK | None = Field(None, description="Papers to return.")


class Source(Shown):
    file: str
    position: int = Field(description="The record's number in the file; 0 where unknown.")


class Paper(Shown):
    """All that is known of a paper."""

    id: str
    title: str
    abstract: str
    kind: Literal["abstract", "summary"]
    authors: list[str]
    author_count: int | None
    organisation: str | None
    date: str | None
    date_inferred: bool = Field(description="Whether the date's year was worked out, not read.")
    year: int | None
    upvotes: int | None
    venue: str | None
    url: str | None
    doi: str | None
    arxiv_id: str | None
    other_ids: list[str] = Field(
        description="Ids of further registers, such as pubmed:31452104, acl:N18-3011, "
        "openalex:w42; further DOIs are as doi:10.1101/42."
    )
    sources: list[Source]


class Scores(Shown):
    """How a paper was found: cosine (dense), BM25 (lexical), late interaction, and all fused."""

    fused: float
    dense: float | None
    lexical: float | None
    late: float | None


class Hit(Paper):
    """A paper that a search found."""

    scores: Scores


class Citation(Shown):
    """A mark [number] and the sentence it rests on: `quote` is `abstract[start:end]`."""

    number: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    score: float = Field(description="How well the quote supports the sentence, 0 to 1.")
    supported: bool


class AnswerSentence(Shown):
    text: str
    supported: bool
    opens_paragraph: bool
    direct: str = Field(description="The direct answer that the text begins with in bold, if any.")
    entry: bool = Field(description="Whether it is a line of a list.")
    citations: list[int] = Field(description="Indexes into the answer's citations.")


class Considered(Shown):
    paper_id: str
    title: str
    scores: Scores


class Searched(Shown):
    question: str = Field(description="As it was searched: a follow-up made to stand alone.")
    papers: int
    filters: list[str]
    without_vectors: int


class TokenCounts(Shown):
    prompt: int
    completion: int


class PaperGroup(Shown):
    name: str = Field(description="Empty for papers of which it isn't known.")
    papers: list[str] = Field(description="Ids.")


class Collection(Shown):
    """What a question about the collection itself came to."""

    asked: str = Field(description="The question as it was understood.")
    kind: Literal["count", "list", "groups"]
    count: int = Field(description="How many papers are meant.")
    members: list[str] = Field(description="The ids of all papers that are meant, in order.")
    rule: str = Field(description="How it was decided which papers are meant.")
    wanted: int | None = Field(
        description="How many of the first were asked for, or can be ranked."
    )
    groups: list[PaperGroup] = Field(description="By year, month, organisation or page.")


class Answer(Shown):
    """An answer. A refused one cites nothing and names the nearest papers."""

    question: str
    status: Status
    text: str
    citations: list[Citation]
    sentences: list[AnswerSentence]
    nearest: list[Paper]
    passages: list[Considered]
    searched: Searched
    confidence: float
    notice: str
    direct: str = Field(description="The answer in a word or two, where that is plain; or empty.")
    mentioned: bool = Field(
        description="Of a refusal: the abstracts touch on it, and a full text may tell it."
    )
    collection: Collection | None = Field(
        description="Of a question about the collection itself, which is answered from its "
        "metadata; else null."
    )
    writer: str
    timings_ms: dict[str, float]
    tokens: TokenCounts
    conversation: str | None = Field(None, description="The conversation that it is kept in.")
    exchange: str | None = Field(None, description="What feedback on this answer names.")


class Hits(Shown):
    query: str
    papers: list[Hit]


class Papers(Shown):
    """A page of papers; `next` is the cursor of the page after it, null on the last."""

    total: int
    papers: list[Paper]
    next: str | None


class Added(Shown):
    """Counts of what adding did."""

    read: int
    new: int
    updated: int
    unchanged: int
    rejected: int
    papers: int = Field(description="How many papers the library then held.")
    embedded: int
    rejects: list[dict[str, Any]]
    rejects_file: str | None = Field(
        None,
        description="Where the rejected records can be had whole, to be mended and added again.",
    )
    skipped: list[dict[str, Any]]
    formats: list[dict[str, Any]] = Field(description="What each file was read as.")


class Progress(Shown):
    done: int
    total: int


class Job(Shown):
    """Papers on their way into the library."""

    id: str
    status: Literal["waiting", "running", "done", "failed"]
    progress: Progress
    result: Added | None
    error: str | None = Field(description="What went wrong, where it failed.")
    made: str
    finished: str | None


class Jobs(Shown):
    jobs: list[Job]


class RemovePapers(Body):
    """Papers by id."""

    ids: list[Id] = Field(max_length=10_000)


class RemoveSource(Body):
    """All papers that only one source gave."""

    source: str = Field(min_length=1, max_length=4096)


class Removed(Shown):
    removed: int
    kept: int = Field(description="Papers that other sources still hold.")
    papers: int = Field(description="How many are left.")
    undo: str = Field(description="Token that brings them back.")


class Undo(Body):
    token: str = Field(min_length=1, max_length=100)


class Restored(Shown):
    restored: int
    papers: int


class Sources(Shown):
    sources: dict[str, int]


class Conversation(Shown):
    id: str
    title: str
    made: str
    changed: str
    exchanges: int


class Exchange(Shown):
    id: str
    asked: str
    answer: Answer
    thumb: int
    note: str


class WholeConversation(Conversation):
    history: list[Exchange]


class Conversations(Shown):
    total: int
    conversations: list[Conversation]


class Rename(Body):
    title: str = Field(min_length=1, max_length=200, pattern=r"\S")


class Feedback(Body):
    """A thumb on an answer that a conversation keeps."""

    exchange: str = Field(min_length=1, max_length=100, description="The answer's `exchange`.")
    thumb: Annotated[Literal[1, -1, 0], BeforeValidator(_whole)] = Field(
        description="1 up, -1 down, 0 takes it back."
    )
    note: str = Field("", max_length=4000)


class Rated(Shown):
    """Rated answers as rows of a questions file."""

    feedback: list[dict[str, Any]]


class ProblemDocument(Shown):
    """What went wrong, in one sentence (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
