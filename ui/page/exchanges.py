"""Questions with their answers as they stand in the chat, on their way or done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup, escape

from assistant.answer import Answer, Citation, Passage, Sentence
from store.paper import Paper
from ui.page.cards import Card, day
from ui.page.rendering import clean, part

LIVE = "live"
_SPACE = re.compile(r"\s+")


@dataclass
class Shown:
    """An exchange as it is shown: while it is on its way it has no `answer` yet."""

    id: str
    question: str
    sentences: Sequence[Sentence] = ()
    passages: Sequence[Passage] = ()
    answer: Answer | None = None
    notice: str = ""
    state: str = ""
    thumb: int = 0
    note: str = ""
    markdown: str = ""
    cards: dict[str, Card] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.answer is not None:
            self.sentences, self.passages = self.answer.sentences, self.answer.passages
            self.notice = self.answer.notice
        self._papers = {passage.paper.id: passage for passage in self.passages}
        # Rendered here, as the cards are found on the way.
        self.paragraphs = self._paragraphs()
        self.entries = [
            self._sentence(place, sentence)
            for place, sentence in enumerate(self.sentences)
            if sentence.entry
        ]

    @property
    def busy(self) -> bool:
        return bool(self.state)

    @property
    def refused(self) -> bool:
        return self.answer is not None and self.answer.status == "refused"

    @property
    def refusal(self) -> str:
        """Why there is no answer, without the nearest papers, which are shown as a list."""
        return self.answer.text.partition(" The nearest papers are:")[0] if self.answer else ""

    @property
    def nearest(self) -> list[tuple[str, str, str]]:
        """The nearest papers of a refusal: (id, title, who and when)."""
        return rows_of(self.answer.nearest if self.answer else ())

    @property
    def unlisted(self) -> int:
        """How many papers an answer about the collection means and doesn't list."""
        return len(self.answer.unlisted) if self.answer else 0

    @property
    def meant(self) -> int:
        """How many it means."""
        return len(self.answer.meant) if self.answer else 0

    @property
    def unsupported(self) -> int:
        return sum(not sentence.supported for sentence in self.sentences)

    @property
    def sources(self) -> list[tuple[int, str, str, str]]:
        """The cited papers: (number, id of the first card, title, who and when); none beside a list
        of papers, which is one itself."""
        if self.entries:
            return []
        found: dict[int, tuple[int, str, str, str]] = {}
        for card_id, card in self.cards.items():
            number = card.citations[0].number
            about = ", ".join(filter(None, (card.paper.byline, day(card.paper))))
            found.setdefault(number, (number, card_id, card.paper.title, about))
        return [found[number] for number in sorted(found)]

    @property
    def searched(self) -> str:
        """Among how many papers, and with which question where it was made to stand alone."""
        if self.answer is None:
            return ""
        searched = self.answer.searched
        among = f"Searched {searched.papers:,} paper{'' if searched.papers == 1 else 's'}"
        if searched.filters:
            among += f" ({', '.join(searched.filters)})"
        if searched.follows and searched.question:
            among += f" for “{searched.question}”"
        total = self.answer.timings_ms.get("total")
        return among + (f" in {max(total / 1000, 0.1):.1f} s" if total else "")

    @property
    def writer(self) -> str:
        if self.answer is None or not self.sentences:
            return ""
        name = self.answer.writer
        if self.answer.collection:
            return "counted in the catalogue"
        return "quoted from the abstracts" if name == "extractive" else f"written by {name}"

    def html(self) -> Markup:
        return part("exchanges", "exchange", self)

    def _paragraphs(self) -> list[list[tuple[Markup, bool]]]:
        """The sentences by paragraph: (markup, whether it is supported); no entries of a list."""
        number = 0
        paragraphs: list[list[tuple[Markup, bool]]] = []
        for place, sentence in enumerate(self.sentences):
            if sentence.entry:
                continue
            if sentence.opens_paragraph or not paragraphs:
                paragraphs.append([])
                number += 1
            paragraphs[-1].append((self._sentence(place, sentence), sentence.supported))
        return paragraphs

    def _sentence(self, place: int, sentence: Sentence) -> Markup:
        """A sentence, its marks as chips and the titles it names in italics."""
        text = _SPACE.sub(" ", clean(sentence.text)).strip()
        by_number = {
            number: tuple(cited)
            for number, cited in groupby(
                sorted(sentence.citations, key=lambda c: c.number), key=lambda c: c.number
            )
        }
        chips = {f"[{n}]": self._chip(place, n, cited) for n, cited in by_number.items()}
        titles = {
            f"*{title}*": Markup("<em>{}</em>").format(title)
            for title in {_SPACE.sub(" ", clean(c.title)).strip() for c in sentence.citations}
        }
        bold = Markup("<strong>{}</strong>").format(clean(sentence.direct))
        direct = {f"**{clean(sentence.direct)}**": bold} if sentence.direct else {}
        known = {**titles, **direct, **chips}
        if not known:
            return escape(text)
        pattern = "|".join(re.escape(piece) for piece in sorted(known, key=len, reverse=True))
        shown = Markup()
        for piece in re.split(f"({pattern})", text):
            shown += known.get(piece, escape(piece))
        return shown

    def _chip(self, place: int, number: int, cited: tuple[Citation, ...]) -> Markup:
        passage = self._papers.get(cited[0].paper_id)
        if passage is None:
            return escape(f"[{number}]")
        card = Card(f"{self.id}-{place}-{number}", passage.paper, cited, passage.scores)
        self.cards[card.id] = card
        return part("exchanges", "chip", number, card)


def rows_of(papers: Iterable[Paper]) -> list[tuple[str, str, str]]:
    """Papers as lines of a list: (id, title, who and when)."""
    return [(p.id, p.title, ", ".join(filter(None, (p.byline, day(p))))) for p in papers]


def others(papers: Iterable[Paper]) -> Markup:
    """The lines of papers that an answer didn't list."""
    return part("exchanges", "others", rows_of(papers))
