"""Methods side by side: what each is, what it reaches, where both are spoken of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answer import Searched, WriterName
from assistant.finding import in_words
from assistant.question import tidy
from assistant.surveying.cells import CellWriter, surveyed
from assistant.surveying.choosing import Scored
from assistant.surveying.columns import ASPECTS, Column, column_of, columns_of
from assistant.surveying.data import data_and_rest
from assistant.surveying.finding import notices
from assistant.surveying.meeting import opposed, together
from assistant.surveying.naming import LONGEST, Named, find_method
from assistant.surveying.values import (
    Cell,
    Comparison,
    Method,
    Numbers,
)
from assistant.surveying.writing import ModelCells, model_of
from store.filters import Filters
from store.paper import Paper

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

MOST = 6  # methods
_LOOKED_AT = 20  # papers of a method whose sentences are looked at
# A sentence that speaks of a method has it for its subject, near the beginning.
_SUBJECT = 60
# What stands behind the name where a sentence says what it is: "(…) is a", ", a method that".
_IS = re.compile(
    r"(?:\s*\([^)]*\))?(?:\s+(?:models?|algorithms?|methods?|training|networks?|prompting|tuning))?"
    r"(?:,\s+(?:an?|the|which (?:is|uses|learns|trains|treats|combines|follows|"
    r"relies))\b(?!\s+and\b)|"
    r"\s+(?:is|are|refers to|denotes|stands for)\s+(?:(?:also |now |widely |commonly |essentially )"
    r"*(?:an?|the|one of|among|based on|known as|defined as)\b)|"
    r"\s+(?:has|have) (?:proven|emerged|become|been shown)(?: to be)?\s+(?:as )?(?:an?|the|"
    r"one of)\b|"
    r"\s+(?:uses|learns|trains|treats|combines|follows|relies on|works by|aims to|optimi[sz]es|"
    r"computes|extends|replaces|represents|assigns|updates|maintains)\b)",
)
_OBJECT = re.compile(
    r"\b(?:than|over|outperform\w*|surpass\w*|beats?|to|of|with|for|like|as|including|and|or|"
    r"against|under|into|on|in|from|by|using|via)\s+(?:the |a |an )?$",
    re.IGNORECASE,
)
# A kind and the name right behind it: "an algorithm called X". A list of several tells of none.
_CALLED = re.compile(
    r"\b(?:an?|the|of the)\s+(?:[\w-]+\s+){0,6}?(?:methods?|algorithms?|frameworks?|models?|"
    r"approach\w*|techniques?|architectures?|networks?|objectives?|procedures?|systems?)"
    r"(?:,?\s+(?:called|named|termed|known as|namely)\s+|,\s+)(?:the\s+|an?\s+)?$",
    re.IGNORECASE,
)
_LONGER_NAME = re.compile(
    r"\b(?!(?:The|A|An|In|For|With|Of|On|While|When|As|If|Both|Unlike|Recent|Recently|Current|Most|"
    r"Existing|Standard|Vanilla|However)\b)[A-Z][\w-]*[\s-]+$"
)
_IN_TITLE = 0.5
_PROPOSES = re.compile(
    r"\b(?:propos\w+|introduc\w+|present(?:s|ed)?|develop(?:s|ed)?|is an?|are an?|describ\w+|"
    r"design\w*)"
    r"\b",
    re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:we|this (?:paper|work|article)|our)\b", re.IGNORECASE)
_LISTED = re.compile(r"\s*(?:,\s+[A-Z]|\s+(?:and|or)\s+[A-Z])")
# "DPO baselines", "the GRPO-trained model": another thing's name.
_OF_ANOTHERS = re.compile(r"(?:-|\s+)(?:baselines?|variants?|based|trained|style|like)\b")
_BRACKETS = re.compile(r"\s*\(([\w-]*[A-Z][\w-]*[A-Z][\w-]*)\)")
_REPORTED = re.compile(r"\b(?:show|find|demonstrate|reveal|prove|observe)(?:s|ed)?\s+that\s+")
_WE = re.compile(r"\b(?:we|our|this (?:paper|work))\b", re.IGNORECASE)
_YET = re.compile(r"^\W*(?:however|yet|but|unfortunately|while|although)\b", re.IGNORECASE)


class BadMethods(ValueError):
    """The methods can't be compared; the message says why and what to do."""


def compare_methods(
    engine: CitedQueryEngine,
    methods: Sequence[str],
    aspects: Sequence[str] = (),
    *,
    filters: Filters = Filters(),
    writer: WriterName = "auto",
) -> Comparison:
    """What the library says of two to six methods, aspect by aspect, each cell cited.

    A method's cells come from the paper that introduces it; where the library has none, or where
    that one is silent, from sentences of other papers that name it. Then the papers that speak of
    several of them, with the sentences that do, and plain contradictions between two papers.

        compare_methods(engine, ["PPO", "GRPO"])

    Raises BadMethods for other than two to six different names, BadColumns for aspects that can't
    be used, ValueError where a language model should write and there is none.
    """
    names = _names(methods)
    columns = columns_of(aspects or ASPECTS)
    llm = model_of(engine, writer)
    library = engine.library
    library.index_words()
    found = [find_method(library, name, filters) for name in names]
    numbers = Numbers()
    quoted = CellWriter(library, engine.finder.texts)
    model = ModelCells(llm, engine) if llm is not None else None
    compared = []
    for named in found:
        cells = _cells(quoted, named, columns, numbers)
        if model is not None and named.own and not model.failed:
            cells = _written(model, named, columns, cells)
        shown = {c.paper_id for cell in cells for c in cell.citations}
        papers = [p for n, p in enumerate(named.papers) if p.id in shown or n < named.own]
        compared.append(
            Method(
                named.name,
                tuple(cells),
                tuple(surveyed(p, numbers.of(p.id)) for p in papers or named.papers[:1]),
                len(named.papers),
                bool(named.own),
            )
        )
    met = together(quoted, found, numbers)
    against = opposed(engine, quoted, found, numbers)
    every = {p.id: p for named in found for p in named.papers}
    cited = tuple(surveyed(every[i], n) for i, n in numbers.given.items())
    wrote = any(cell.written for method in compared for cell in method.cells)
    return Comparison(
        aspects=tuple(column.name for column in columns),
        methods=tuple(compared),
        together=met,
        opposed=against,
        papers=cited,
        searched=Searched(
            " / ".join(names),
            library.count(filters),
            in_words(filters),
            library.pending("vectors"),
        ),
        writer=model.name if model is not None and wrote else "extractive",
        notice=notices(_unknown(compared, library.count()), model.failed if model else ""),
    )


def _names(methods: Sequence[str]) -> list[str]:
    names = list({tidy(name).lower(): tidy(name) for name in methods if name.strip()}.values())
    if len(names) < 2:
        raise BadMethods("Name two methods to compare, such as: compare 'PPO' 'GRPO'.")
    if len(names) > MOST:
        raise BadMethods(f"At most {MOST} methods can be compared: leave some out.")
    for name in names:
        if len(name) > LONGEST or not any(c.isalnum() for c in name):
            raise BadMethods(f"'{name[:40]}' is no method's name: write it in a few words.")
    return names


def _unknown(compared: Sequence[Method], papers: int) -> str:
    if not papers:
        return "This library holds no papers yet: add some with 'assistant add FILE'."
    names = [f"'{method.name}'" for method in compared if not method.found]
    return f"No paper of this library names {' or '.join(names)}." if names else ""


def _cells(
    quoted: CellWriter, named: Named, columns: Sequence[Column], numbers: Numbers
) -> list[Cell]:
    """For each aspect the sentence of the method's own paper that answers, else the best one of
    another paper that speaks of the method, those first that have its name in their title."""
    papers = named.papers[:_LOOKED_AT]
    scored = quoted.choice.of([*columns, column_of("problem")], papers)
    cells = []
    for place, column in enumerate(columns):
        best: tuple[float, Paper, Scored] | None = None
        for number, paper in enumerate(papers):
            own = number < named.own
            subject = _IN_TITLE * named.holds(paper.title)
            # What a method lacks others tell as the problem that they set out from.
            lacks = column.known == "limitation" and not own
            for one in scored[number][-1 if lacks else place]:
                defines = column.known == "method" and _defines(named, one.text, own)
                if column.known == "method":
                    if not defines:
                        continue
                elif not one.enough or not (own or _speaks(named, one.text)):
                    continue
                if lacks and (not one.features["cues"] or _WE.search(one.text)):
                    continue
                score = one.score + 0.1 * named.holds(one.text) + defines
                score += 1.0 if own else subject
                if best is None or score > best[0]:
                    best = score, paper, one
        if best is not None:
            _, paper, one = best
            cells.append(quoted.quote(paper, one.span, numbers.of(paper.id), column))
        elif column.known == "method":
            cells.append(_spelt_out(quoted, named, papers, numbers))
        else:
            cells.append(Cell())
    return _parted(quoted, columns, papers, cells)


def _parted(
    quoted: CellWriter, columns: Sequence[Column], papers: Sequence[Paper], cells: list[Cell]
) -> list[Cell]:
    """The cells with what one sentence says of data and of a result shared out among the two, or
    told as the result where it can't be."""
    places = {column.known: n for n, column in enumerate(columns)}
    if not {"data", "result"} <= places.keys():
        return cells
    data, result = cells[places["data"]], cells[places["result"]]
    if not data.stated or not result.stated or data.citations != result.citations:
        return cells
    (citation,) = data.citations
    paper = next(p for p in papers if p.id == citation.paper_id)
    span = citation.start, citation.end
    halves = data_and_rest(citation.quote)
    parts = zip(("data", "result"), halves, strict=True) if halves else ()
    cells[places["data"]] = Cell()
    for known, part in parts:
        column = columns[places[known]]
        cells[places[known]] = quoted.quote(paper, span, citation.number, column, part)
    return cells


def _defines(named: Named, text: str, own: bool) -> float:
    """How plainly a sentence says what the method is, 0 where it only mentions it: it proposes it,
    in the method's own paper; has it for its subject and goes on "is a", ", a"; or calls
    something by its name."""
    if _YET.match(text):
        return 0.0
    found = named.named.search(text)
    if own and _PROPOSES.search(text) and (found or _OURS.search(text)):
        return 2.0 if found else 1.0
    for found in named.named.finditer(text):
        before, behind = text[: found.start()], text[found.end() :]
        if _LONGER_NAME.search(before) or _is_another(named, behind):
            continue
        subject = found.start() <= _SUBJECT and not _OBJECT.search(before)
        if subject and _IS.match(behind):
            return 1.5
        if _CALLED.search(before) and not _LISTED.match(behind):
            return 1.0
    return 0.0


def _is_another(named: Named, behind: str) -> bool:
    """Whether brackets behind it give a longer name: "multiplicative LSTM (mLSTM)"."""
    found = _BRACKETS.match(behind)
    return bool(found) and not named.holds(found.group(1) if found else "")


def _spelt_out(quoted: CellWriter, named: Named, papers: Sequence[Paper], numbers: Numbers) -> Cell:
    """Where nobody says what an abbreviation is, what it stands for: the words before its brackets,
    or an empty cell."""
    column = column_of("method")
    for paper in papers:
        cut = quoted.choice.cut(paper)
        for span, text in zip(cut.spans, cut.texts, strict=True):
            for found in named.named.finditer(text):
                behind = re.match(rf"\s*\({re.escape(named.name)}s?\)", text[found.end() :])
                if behind and " " in found.group().strip():
                    part = found.start(), found.end() + behind.end()
                    return quoted.quote(paper, span, numbers.of(paper.id), column, part)
    return Cell()


def _speaks(named: Named, text: str) -> bool:
    """Whether a sentence of another's paper is about the method, and not about what is better."""
    for found in named.named.finditer(text):
        before, behind = text[: found.start()], text[found.end() :]
        if _LONGER_NAME.search(before) or _OF_ANOTHERS.match(behind):
            continue
        opening = before[_reported(before) :]
        if len(opening) <= _SUBJECT and not _OBJECT.search(before):
            return True
    return False


def _reported(before: str) -> int:
    """Where the clause begins that a text reports, "We show that …"; 0 where it reports none."""
    found = list(_REPORTED.finditer(before))
    return found[-1].end() if found else 0


def _written(
    model: ModelCells, named: Named, columns: Sequence[Column], cells: list[Cell]
) -> list[Cell]:
    """The cells of the method's own paper in the language model's words, where those hold."""
    own = named.papers[0]
    number = next((c.number for cell in cells for c in cell.citations if c.paper_id == own.id), 0)
    if not number:
        return cells
    asked = [replace(c, question=f"Of {named.name}: {c.question}") for c in columns]
    (row,) = model.rows(asked, [own], [number], [cells])
    return row
