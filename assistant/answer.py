"""The answer and all it is made of, and the events of an answer on its way. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from store.paper import Paper
from store.sentences import Span

Status = Literal["answered", "partial", "refused"]
WriterName = Literal["auto", "extractive", "model"]  # auto: the language model where there is one


@dataclass(frozen=True, slots=True)
class Scores:
    """How a paper was found: cosine of its best chunk, BM25, late interaction, and all of it
    fused (higher is better).

    A part is None where that search didn't bring the paper, or didn't get as far as to it.
    """

    fused: float
    dense: float | None = None
    lexical: float | None = None
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A paper that was found for a question, with the chunk that matched best."""

    paper: Paper
    scores: Scores
    chunk: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark [number] in an answer and the sentence of the abstract that it rests on.

    `quote` is `abstract[start:end]` of the paper, to the letter. `score` (0 to 1) tells how
    well it supports the sentence that cites it; `supported` whether that is enough.
    """

    number: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    score: float
    supported: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer as it is shown, marks included, with its own citations.

    `direct` are the words of a direct answer; the text then begins with them between `**`.
    `entry` tells that it is a line of a list.
    """

    text: str
    citations: tuple[Citation, ...]
    supported: bool
    opens_paragraph: bool = False
    direct: str = ""
    entry: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a language model; both are 0 when none wrote."""

    prompt: int = 0
    completion: int = 0


@dataclass(frozen=True, slots=True)
class Searched:
    """What was asked of the library: the question as it was searched, and among how many.

    `follows` tells that the question took something from the turns before it.
    """

    question: str
    papers: int
    filters: tuple[str, ...] = ()
    without_vectors: int = 0
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Some of a collection's papers, by id, and what they have in common; "" for those of which
    it isn't known."""

    name: str
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """What a question about the collection came to: the papers that it means, all of them.

    `asked` is the question as it was understood, `rule` how it was decided which papers are
    meant; `kind` is count, list or groups. `members` are the ids of all papers that are meant, in
    the order that was asked for, and `count` is how many. Where only the first of these were
    wanted ("the five newest") or can be ranked, `wanted` is how many. Groups are by year,
    organisation or page.
    """

    asked: str
    kind: str
    count: int
    members: tuple[str, ...]
    rule: str = ""
    wanted: int | None = None
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's answer. A refused one cites nothing and names the nearest papers; `mentioned`
    tells that these are about what was asked, though their abstracts don't say it.

    `direct` answers in a word or two what can be answered so ("43 languages"), else it is empty.
    `collection` is there where the question was about the collection itself: such an answer rests
    on metadata, and its sentences on no abstract.
    """

    question: str
    status: Status
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Paper, ...]
    passages: tuple[Passage, ...]
    searched: Searched
    writer: str
    confidence: float
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    tokens: Tokens = Tokens()
    notice: str = ""
    direct: str = ""
    mentioned: bool = False
    collection: Collection | None = None

    @property
    def meant(self) -> tuple[str, ...]:
        """The ids of the papers that a question about the collection means, in order."""
        return self.collection.members[: self.collection.wanted] if self.collection else ()

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Those of the papers meant that the answer doesn't list."""
        listed = {c.paper_id for sentence in self.sentences if sentence.entry
                  for c in sentence.citations}  # fmt: skip
        return tuple(paper_id for paper_id in self.meant if paper_id not in listed)


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation with the papers its answer cited, in order.

    A refused one has the nearest papers in their place. `standalone` is the question as it was
    searched; `follows` tells that it leant on the turns before it.
    """

    question: str
    answer: str = ""
    standalone: str = ""
    cited: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    refused: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Event: the search is done; these passages are what the answer may rest on."""

    passages: tuple[Passage, ...]
    searched: Searched


@dataclass(frozen=True, slots=True)
class Written:
    """Event: one more sentence of the answer, its citations checked."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Restarted:
    """Event: the writer broke off; forget its sentences, another writer begins."""

    notice: str


@dataclass(frozen=True, slots=True)
class Done:
    """Event: the whole answer, equal to what the sentences before it add up to."""

    answer: Answer


Event = Retrieved | Written | Restarted | Done


def join_sentences(sentences: tuple[Sentence, ...] | list[Sentence]) -> str:
    """The sentences as one text; a paragraph begins where a sentence says so, and the entries of
    a list stand on lines of their own."""
    text = ""
    for sentence in sentences:
        gap = "" if not text else "\n\n" if sentence.opens_paragraph else " "
        if sentence.entry:
            gap = (gap if sentence.opens_paragraph else "\n") + "- "
        text += gap + sentence.text
    return text


def waiting_notice(searched: Searched) -> str:
    """One sentence where vectors are still on their way, else nothing."""
    waiting = searched.without_vectors
    if not waiting:
        return ""
    papers = "paper is" if waiting == 1 else "papers are"
    return f"{waiting} {papers} found by words only until their vectors are made."


def turn_of(answer: Answer) -> Turn:
    """What a conversation has to remember of an answer."""
    papers: dict[str, str] = {}
    for citation in answer.citations:
        papers.setdefault(citation.paper_id, citation.title)
    for paper in answer.nearest if not papers else ():
        papers.setdefault(paper.id, paper.title)
    return Turn(
        question=answer.question,
        answer=answer.text,
        standalone=answer.searched.question,
        cited=tuple(papers),
        titles=tuple(papers.values()),
        refused=answer.status == "refused",
        follows=answer.searched.follows,
    )


__all__ = [
    "Answer", "Citation", "Collection", "Done", "Event", "Group", "Passage", "Restarted",
    "Retrieved", "Scores", "Searched", "Sentence", "Span", "Status", "Tokens", "Turn",
    "WriterName", "Written", "join_sentences", "turn_of", "waiting_notice",
]  # fmt: skip
