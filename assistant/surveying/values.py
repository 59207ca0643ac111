"""Tables, comparisons and briefs, and the cells they are made of. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.answer import Citation, Searched

NOT_STATED = "not stated in the abstract"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A paper of a survey; `number` is its mark [number]. `summary` tells that somebody else's
    summary stands in for its abstract."""

    number: int
    paper_id: str
    title: str
    year: int | None = None
    byline: str = ""
    url: str | None = None
    summary: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What one paper says to one column; without a text its abstract doesn't state it.

    A quoted cell is `abstract[start:end]` of the cited paper, white space aside: a sentence, or
    its clauses that answer. Each citation's quote is the whole sentence. `bold` are ranges of the
    text that answer by themselves (figures, names). A cell that a language model wrote has
    `written`, and start and end of the sentence that bears it out.
    """

    text: str = ""
    start: int = 0
    end: int = 0
    citations: tuple[Citation, ...] = ()
    bold: tuple[tuple[int, int], ...] = ()
    written: bool = False

    @property
    def stated(self) -> bool:
        return bool(self.text)

    @property
    def cut(self) -> tuple[bool, bool]:
        """Whether the sentence has words before the text, and behind it, that aren't shown."""
        if self.written or not self.citations:
            return False, False
        return self.start > self.citations[0].start, self.end < self.citations[0].end


@dataclass(frozen=True, slots=True)
class Row:
    """One paper's cells, in the order of the columns."""

    paper: Surveyed
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Papers about a question, a row each. `considered` are those that the search looked at."""

    question: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    considered: int
    searched: Searched
    writer: str = "extractive"
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a comparison: its cells, one an aspect, and the papers that hold its name,
    the one that introduces it first if there is one (`introduced`). Without papers the library
    doesn't know it; `known` tells how many papers name it, cited or not."""

    name: str
    cells: tuple[Cell, ...] = ()
    papers: tuple[Surveyed, ...] = ()
    known: int = 0
    introduced: bool = False

    @property
    def found(self) -> bool:
        return bool(self.papers)


@dataclass(frozen=True, slots=True)
class Together:
    """A paper that speaks of several of the methods, with the sentences that do."""

    paper: Surveyed
    methods: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Opposed:
    """Two sentences of different papers that plainly claim the opposite."""

    one: Cell
    other: Cell


@dataclass(frozen=True, slots=True)
class Comparison:
    """Methods side by side. `papers` are all that are cited, by number."""

    aspects: tuple[str, ...]
    methods: tuple[Method, ...]
    together: tuple[Together, ...]
    opposed: tuple[Opposed, ...]
    papers: tuple[Surveyed, ...]
    searched: Searched
    writer: str = "extractive"
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One sentence of a brief, on one paper, marks included where a language model wrote it.
    `lead` is the paper's short name or title where the sentence needs one to be understood."""

    paper: Surveyed
    cell: Cell
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """Papers of a brief that say alike, the oldest first; those without a year come last."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A short survey of a topic. `considered` papers were looked at; `how` says in a sentence how
    those that are in it were chosen."""

    topic: str
    themes: tuple[Theme, ...]
    papers: tuple[Surveyed, ...]
    considered: int
    how: str
    searched: Searched
    writer: str = "extractive"
    notice: str = ""


@dataclass(slots=True)
class Numbers:
    """Gives papers their marks, in the order in which they are first cited."""

    given: dict[str, int] = field(default_factory=dict)

    def of(self, paper_id: str) -> int:
        return self.given.setdefault(paper_id, len(self.given) + 1)
