"""Makes listing pages out of invented records, in each layout that saves of such pages come in."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from random import Random
from typing import Literal

from hypothesis import strategies as st

Layout = Literal["footers", "blocks", "lines"]

HEADER = (
    "new", "Get trending papers in your email inbox!", "Subscribe", "Daily Papers",
    "byAK and the research community",
)  # fmt: skip
LINES_HEADER = (
    "Get trending papers in your email inbox once a day!",
    "Get trending papers in your email inbox!",
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_WORDS = [
    "sparse",
    "graph",
    "kernels",
    "learn",
    "causal",
    "structure",
    "from",
    "noisy",
    "satellite",
    "images",
    "while",
    "robust",
    "planning",
    "under",
    "partial",
    "feedback",
    "remains",
    "hard",
    "for",
    "small",
    "agents",
    "with",
    "limited",
    "memory",
    "and",
    "slow",
    "tools",
    "we",
    "measure",
    "calibration",
    "of",
    "retrieval",
    "heads",
    "across",
    "languages",
    "tides",
    "bridges",
    "protein",
    "folding",
    "soil",
    "moisture",
    "traffic",
    "signals",
    "chess",
    "endgames",
    "opera",
    "recordings",
    "glacier",
    "melt",
    "ledger",
    "audits",
    "(LoRA)",
    "O(n^2)",
    "3.5%",
    "re-ranking",
    "e.g.,",
    "self-play",
]
_FIRST = ("Towards", "p-adic", "3D", "Subscribe", "new", "τ-norms", "On", '"Why', "Papers", "iSAX")
_ADDRESSES = ("https://example.org/code", "athttps://github.com/someone/some-repo", "www.x.org/a-b")
_ORGANISATIONS = (
    ("north-lab", "North Lab"), ("acme", "Acme"), ("ai4sea", "AI 4 the Sea Inc."),
    ("Qux-7", "Qux"), ("yes", "Yes!"), ("zz-org", "Z.z"),
)  # fmt: skip


@dataclass(frozen=True)
class Fake:
    """A record as it should be read, and how it is to be written down."""

    title: str
    paragraphs: tuple[str, ...]
    authors: int | None = None
    organisation: tuple[str, str] | None = None
    bullet: bool = True
    date: Date | None = None
    year_shown: bool = True
    upvotes: int | None = None
    width: int | None = None

    @property
    def abstract(self) -> str:
        return " ".join(self.paragraphs)

    @property
    def footed(self) -> bool:
        return bool(self.authors or self.organisation or self.date)

    @property
    def footer(self) -> list[str]:
        lines = []
        if self.authors:
            lines.append(f"  • {self.authors} authors")
        elif self.organisation:
            lines.append(("  • " if self.bullet else "") + " ".join(self.organisation))
        if self.date:
            day = f"{MONTHS[self.date.month - 1]} {self.date.day}"
            day += f", {self.date.year}" if self.year_shown else ""
            day += f" {self.upvotes}" if self.upvotes is not None else ""
            lines += ["·", day]
        return lines


def write(fakes: Sequence[Fake], layout: Layout, day: str = "Nov 5", header: bool = True) -> str:
    """The page. Only the layout with footers shows them, and several paragraphs."""
    if layout == "lines":
        lines = [line for fake in fakes for line in (fake.title, fake.abstract)]
        if header:
            lines[0] = "Subscribe" + lines[0]
            lines = [*LINES_HEADER, *lines]
        return "\n".join(lines)
    blocks = [*HEADER, day] if header else []
    for fake in fakes:
        blocks.append(_wrapped(fake.title, fake.width))
        paragraphs = fake.paragraphs if layout == "footers" else (fake.abstract,)
        blocks += [_wrapped(paragraph, fake.width) for paragraph in paragraphs]
        if layout == "footers" and fake.footed:
            blocks.append("\n".join(fake.footer))
    return "\n\n".join(blocks)


def _wrapped(text: str, width: int | None) -> str:
    return "\n".join(
        textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        if width
        else [text]
    )


def _words(random: Random, least: int, most: int) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(least, most)))


def title(random: Random) -> str:
    """A title, perhaps with a colon or question mark, of two words to some 350 characters."""
    text = f"{random.choice(_FIRST)} {_words(random, 1, random.choice((9, 9, 45)))}"
    if random.random() < 0.4:
        text += f": {_words(random, 2, 6)}"
    return text.rstrip(",.%") + random.choice(("", "", "", "?", "!"))


def paragraph(random: Random) -> str:
    """Whole sentences, one of some forty characters at least; an address may end the last."""
    sentences = [_words(random, 6, 14) for _ in range(random.choice((1, 2, 6)))]
    text = " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)
    if random.random() < 0.2:
        text += f" Code is available {random.choice(_ADDRESSES)}"
    return text if len(text) >= 40 else f"We find that much of this is simply so. {text}"


# Hypothesis picks the seed and not each word, which would take it most of its time.
_randoms = st.integers(0, 2**32).map(Random)


def dates(newest: Date, years: int = 12) -> st.SearchStrategy[Date]:
    return st.dates(Date(newest.year - years, 1, 1), newest)


@st.composite
def fakes(draw: st.DrawFn, newest: Date) -> Fake:
    """Any record: whole, partial or no footer; a date shows its year unless it is `newest`'s."""
    footed = draw(st.sampled_from(["whole", "whole", "whole", "part", "none"]))
    named = footed == "whole" or (footed == "part" and draw(st.booleans()))
    dated = footed == "whole" or (footed == "part" and not named)
    date = draw(st.one_of(dates(newest), dates(newest, 0))) if dated else None
    # Without a dot below it, a bullet and a full stop could as well be an item of an abstract.
    organisations = _ORGANISATIONS if dated else _ORGANISATIONS[:2]
    organisation = draw(st.sampled_from(organisations))
    by_authors = draw(st.integers(0, 3)) > 0
    return Fake(
        title=title(draw(_randoms)),
        # Without a footer only full stops tell, so more than one paragraph would be a guess.
        paragraphs=tuple(
            paragraph(draw(_randoms))
            for _ in range(1 if footed == "none" else draw(st.integers(1, 3)))
        ),
        authors=draw(st.integers(1, 300)) if named and by_authors else None,
        organisation=organisation if named and not by_authors else None,
        # Cut above its dot, a line with a full stop and no bullet could end the abstract.
        bullet=not dated or organisation[1][-1] in ".!" or draw(st.booleans()),
        date=date,
        year_shown=date is not None and date.year != newest.year,
        upvotes=draw(st.one_of(st.none(), st.integers(0, 4000))) if dated else None,
        width=draw(st.sampled_from([None, None, 60, 80])),
    )
