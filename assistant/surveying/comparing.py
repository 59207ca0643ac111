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
# What stands behind the name where a sentence says what it is.
_IS = re.compile(
    r"(?:\s*\([^)]*\))?(?:\s+(?:and|or)\s+[\w-]+)?"
    r"(?:,\s+(?:an?|the|which|where|whose)\b|\s+(?:(?:is|are)(?!\s+(?:\w+ed|not|shown)\b)|uses?|using|relies|rely|refers?|"
    r"learns?|trains?|works?|aims?|allows?|enables?|provides?|treats?|has (?:proven|emerged|"
    r"become|been)|have (?:proven|emerged|become|been)|follows?|combines?|optimi[sz]es?)\b)",
)
_OBJECT = re.compile(
    r"\b(?:than|over|outperform\w*|surpass\w*|beats?|to|of|with|for|like|as|including|and|or|"
    r"against|under|into|on|in|from|by|using|via)\s+(?:the |a |an )?$",
    re.IGNORECASE,
)
_SUCH_AS = re.compile(
    r"\b(?:like|such as|called|including|namely)\s+(?:[\w-]+(?:,| and| or) )*$", re.I
)
_LONGER_NAME = re.compile(
    r"\b(?!(?:The|A|An|In|For|With|Of|On|While|When|As|If|Both|Unlike|Recent|Recently|Current|Most|"
    r"Existing|Standard|Vanilla|However)\b)[A-Z][\w-]*[\s-]+$"
)
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
    another paper that speaks of the method."""
    papers = named.papers[:_LOOKED_AT]
    scored = quoted.choice.of([*columns, column_of("problem")], papers)
    cells = []
    for place, column in enumerate(columns):
        best: tuple[float, Paper, Scored] | None = None
        for number, paper in enumerate(papers):
            own = number < named.own
            # What a method lacks others tell as the problem that they set out from.
            lacks = column.known == "limitation" and not own
            for one in scored[number][-1 if lacks else place]:
                enough = one.enough or (column.known == "method" and not own)
                if not enough or not (own or _speaks(named, column, one.text)):
                    continue
                if lacks and (not one.features["cues"] or _WE.search(one.text)):
                    continue
                score = one.score + (1.0 if own else 0.0) + 0.1 * named.holds(one.text)
                if best is None or score > best[0]:
                    best = score, paper, one
        if best is None:
            cells.append(Cell())
        else:
            _, paper, one = best
            cells.append(quoted.quote(paper, one.span, numbers.of(paper.id), column))
    return cells


def _speaks(named: Named, column: Column, text: str) -> bool:
    """Whether a sentence of another's paper speaks of the method: a result may be one that it is
    held against, else it must be what the sentence is about."""
    for found in named.named.finditer(text):
        before = text[: found.start()]
        if _LONGER_NAME.search(before):  # "Speculative Knowledge Distillation"
            continue
        if column.known in ("result", "metric"):
            return True
        subject = found.start() <= _SUBJECT and not _OBJECT.search(before)
        if column.known == "method":
            is_so = _IS.match(text[found.end() :]) and not _YET.match(text)
            if is_so and (subject or _SUCH_AS.search(before)):
                return True
        elif subject:
            return True
    return False


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
