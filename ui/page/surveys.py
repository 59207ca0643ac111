"""What the surveys tab does: a table, a comparison or a brief, each cell opening its paper."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from markupsafe import Markup

from assistant.surveying.values import NOT_STATED, Brief, Cell, Comparison, Table
from store.errors import LibraryError
from ui.app import explained
from ui.page.rendering import part
from ui.page.scope import Scope

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine

KINDS = ("Table", "Compare", "Brief")
_BETWEEN = re.compile(r"\s*(?:,|;|\n|\bvs\.?\b|\bversus\b)\s*", re.IGNORECASE)
_LONGEST = 4000

log = logging.getLogger("assistant.page")


class Surveys:
    """The surveys tab's handlers."""

    def __init__(self, engine: CitedQueryEngine) -> None:
        self.engine = engine

    def show(self, kind: str, asked: str, columns: str, scope: Scope) -> Iterator[Markup]:
        """The survey, and a word meanwhile; what can't be surveyed is told in a sentence."""
        asked = asked[:_LONGEST].strip()
        if not any(c.isalnum() for c in asked):
            yield part("surveys", "told", "Write what to survey first, in a few words.")
            return
        yield part("surveys", "making")
        names = [name for name in columns[:_LONGEST].split(",") if name.strip()]
        try:
            yield self._made(kind, asked, names, scope)
        except Exception as error:  # told in its place, or it would go on saying "Reading …"
            if not isinstance(error, ValueError | LibraryError | OSError):
                log.exception("A survey failed")
            yield part("surveys", "told", explained(error)[0])

    def _made(self, kind: str, asked: str, names: list[str], scope: Scope) -> Markup:
        from assistant.surveying.brief import make_brief
        from assistant.surveying.comparing import compare_methods
        from assistant.surveying.table import make_table

        filters = scope.filters()
        if kind == "Compare":
            methods = [name for name in _BETWEEN.split(asked) if name]
            return comparison(compare_methods(self.engine, methods, names, filters=filters))
        if kind == "Brief":
            return brief(make_brief(self.engine, asked, filters=filters))
        return table(make_table(self.engine, asked, names, filters=filters))


def table(made: Table) -> Markup:
    return part("surveys", "table", made, pieces, NOT_STATED)


def comparison(made: Comparison) -> Markup:
    return part("surveys", "comparison", made, pieces, NOT_STATED)


def brief(made: Brief) -> Markup:
    return part("surveys", "brief", made, pieces, NOT_STATED)


def pieces(cell: Cell) -> list[tuple[str, bool]]:
    """A cell's text in pieces, and whether each is bold."""
    before, behind = cell.cut
    found, at = [("… ", False)] if before else [], 0
    for start, end in cell.bold:
        found += [(cell.text[at:start], False), (cell.text[start:end], True)]
        at = end
    found.append((cell.text[at:], False))
    return [*found, (" …", False)] if behind else found
