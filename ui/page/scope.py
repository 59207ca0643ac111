"""Which papers a question is asked of, as the filters above the question box say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from store.filters import Filters, parse_day
from store.library import Library
from ui.page.rendering import file_name

_PICKED = 300  # papers that can be picked by hand


@dataclass(frozen=True, slots=True)
class Scope:
    """What the filters are set to; `problem` says what of it can't be understood."""

    since: str = ""
    until: str = ""
    sources: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        since: str | None,
        until: str | None,
        sources: Sequence[str] | None,
        organisations: Sequence[str] | None,
        papers: Sequence[Any] | None = None,
    ) -> Scope:
        """From what the components hold, which may be anything that a browser sent."""
        return cls(
            (since or "").strip(),
            (until or "").strip(),
            tuple(sources or ()),
            tuple(organisations or ()),
            picked(papers)[:_PICKED],
        )

    def filters(self) -> Filters:
        """Raises ValueError with a sentence for the user where a date is none."""
        filters = Filters(
            since=parse_day(self.since) if self.since else None,
            until=parse_day(self.until, last=True) if self.until else None,
            sources=self.sources,
            organisations=self.organisations,
            papers=self.papers,
        )
        if filters.since and filters.until and filters.since > filters.until:
            raise ValueError(
                f"Nothing can be since {self.since} and until {self.until}: swap the two."
            )
        return filters

    def pairs(self) -> list[tuple[str, str]]:
        """Each value that is set with its field's name, as a form carries them."""
        dates = [(name, getattr(self, name)) for name in ("since", "until") if getattr(self, name)]
        return dates + [
            (name, one)
            for name in ("sources", "organisations", "papers")
            for one in getattr(self, name)
        ]

    def chips(self, library: Library) -> list[Chip]:
        """Each filter that is set, to be removed one by one."""
        chips = []
        if self.since:
            chips.append(Chip("since", self.since, f"since {self.since}"))
        if self.until:
            chips.append(Chip("until", self.until, f"until {self.until}"))
        chips += [Chip("sources", name, file_name(name)) for name in self.sources]
        chips += [Chip("organisations", name, name) for name in self.organisations]
        titles = library.get(self.papers) if self.papers else {}
        for paper_id in self.papers:
            paper = titles.get(paper_id)
            chips.append(Chip("papers", paper_id, paper.title if paper else "a removed paper"))
        return chips

    def without(self, kind: str, value: str) -> dict[str, Any]:
        """The fields with one value taken out of one of them."""
        if kind in ("since", "until"):
            return {kind: ""}
        if kind in ("sources", "organisations", "papers"):
            return {kind: [one for one in getattr(self, kind) if one != value]}
        return {}


def picked(papers: Sequence[Any] | None) -> tuple[str, ...]:
    """The ids among what a browser sent as such, each once."""
    return tuple(dict.fromkeys(paper for paper in papers or () if isinstance(paper, str)))


def cut(papers: Sequence[Any]) -> str:
    """What is to be told of papers picked by hand where they are too many; else nothing."""
    number = len(picked(papers))
    if number <= _PICKED:
        return ""
    return (
        f"You picked {number:,} papers, and at most {_PICKED} can be asked: these are the first "
        f"{_PICKED}. To ask more, filter by date, source or organisation instead."
    )


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter as a chip that can be removed."""

    kind: str
    value: str
    label: str = field(default="")
