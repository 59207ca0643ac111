"""A questions file for somebody's own library: from thumbs, templates and a language model."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from eval.by_model import ModelFailed, ask_for_questions, name_of
from eval.questions import HERE
from eval.templates import KINDS, Made, Templates
from eval.thumbs import Row, from_thumbs
from store.paper import Paper, normal_title

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from store.catalog import Catalog

CONVERSATIONS = "conversations.sqlite"
QUESTIONS = "questions.jsonl"  # in the library's folder
OFF_FIELD = HERE / "off_field.txt"
_SAMPLE = 3000  # papers that tell how common a word is
_LOOKED_AT = 10  # papers that may hold what is to tell papers apart
_PAGE = 2000  # papers read at a time
_SPECIFIC = ("named", "detail", "count")  # kinds that no other paper answers, most likely
_HIDDEN_SHARE = 4  # one of so many papers is hidden at most
_MISSES = 100  # papers in a row without a question of a kind before it is given up
_TRIES = 3  # failures in a row before a model is asked no more


@dataclass(frozen=True, slots=True)
class Collection:
    """The rows of a questions file, how many came from what, and what was in the way."""

    rows: tuple[Row, ...]
    from_thumbs: dict[str, int]
    notices: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many questions there are of each kind."""
        return dict(Counter(row["kind"] for row in self.rows))


def collect(
    catalog: Catalog,
    conversations: Path | None = None,
    *,
    count: int = 100,
    seed: int = 0,
    llm: LLM | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Collection:
    """All rated questions of the file `conversations`, and about `count` made ones.

    Three fifths of those are answered by a paper (half of them in the words of `llm`, if there is
    one), a fifth are made of papers that are to be hidden from the search, and up to a fifth are
    about other things altogether. Without a model the same arguments give the same rows. Needs
    the catalogue only, so it works beside a running server.
    """
    thumbs = from_thumbs(*_rated(conversations, catalog))
    making = _Making(catalog, seed)
    general = _off_field(count // 5)
    hidden = list(islice(making.hidden(), count // 5))
    wanted = count - count // 5 - len(general)
    notices: list[str] = []
    made = making.by_model(llm, wanted // 2, notices, tell) if llm else []
    made += islice(making.answered(), wanted - len(made))
    short = count - len(made) - len(hidden) - len(general)
    if short > 0:
        notices.append(f"The papers gave {count - short} questions of the {count} wanted.")
    rows = [*thumbs.rows, *thumbs.doubtful, *made, *hidden, *general]
    return Collection(tuple(rows), thumbs.counts, tuple(notices))


def write(rows: Sequence[Row], path: Path) -> None:
    """One JSON object a line; the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class _Making:
    """Draws papers by lot and makes questions of them; no paper gives two of the same kind."""

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self._catalog = catalog
        self._seed = seed
        self._papers = list(catalog.sample(_SAMPLE, seed))
        self._templates = Templates(self._papers, self._holders)
        Random(seed).shuffle(self._papers)
        self._hidden: set[str] = set()
        self._known: dict[str, dict[str, Made]] = {}
        # In memory, as every question looks through them; a paper is some 1.5 kB.
        self._texts = {
            paper.id: f"{paper.title}\n{paper.abstract}".casefold()
            for start in range(0, catalog.count(), _PAGE)
            for paper in catalog.list(offset=start, limit=_PAGE)
        }

    def hidden(self) -> Iterator[Row]:
        """Questions of papers that are taken out of the search, so that nothing answers them."""
        most = max(1, len(self._papers) // _HIDDEN_SHARE)
        for paper in reversed(self._papers):
            made = self._made(paper)
            kinds = [k for k in _SPECIFIC if k in made and self._templates.answered_by_one(made[k])]
            if kinds and len(self._hidden) < most:
                self._hidden.add(paper.id)
                kind = Random(f"{self._seed} {paper.id}").choice(kinds)
                yield _labelled("near-miss", paper, made[kind], without=True)

    def answered(self) -> Iterator[Row]:
        """Questions of the templates' kinds in turn, each of another paper while there are."""
        left = {kind: self._of_kind(kind) for kind in KINDS}
        while left:
            for kind in list(left):
                if (row := next(left[kind], None)) is None:
                    del left[kind]
                else:
                    yield row

    def by_model(
        self,
        llm: LLM,
        most: int,
        notices: list[str],
        tell: Callable[[int, int], None],
    ) -> list[Row]:
        """Questions in a model's words; what goes wrong is told in `notices`."""
        rows: list[Row] = []
        failures = 0
        papers = [p for p in self._papers if p.abstract.strip() and p.id not in self._hidden]
        for paper in papers[: max(1, most)]:  # twice as many as needed, if it always answers
            if len(rows) >= most:
                break
            try:
                made = ask_for_questions(llm, paper)
                failures = 0
            except ModelFailed as failure:
                failures += 1
                if failures < _TRIES:
                    continue
                notices.append(f"{failure} The templates made the questions that it didn't.")
                break
            for number, question in enumerate(made[: most - len(rows)], 1):
                row = _labelled("model", paper, question, made_by=name_of(llm))
                rows.append({**row, "id": f"{row['id']}-{number}"})
            tell(len(rows), most)
        return rows

    def _of_kind(self, kind: str) -> Iterator[Row]:
        # Each kind begins elsewhere, so that a small set is about many papers.
        at = KINDS.index(kind) * len(self._papers) // len(KINDS)
        misses = 0
        for paper in [*self._papers[at:], *self._papers[:at]]:
            if misses == _MISSES:
                break
            misses += 1
            if paper.id not in self._hidden and (made := self._made(paper).get(kind)):
                misses = 0
                yield _labelled(kind, paper, made)

    def _made(self, paper: Paper) -> dict[str, Made]:
        if paper.id not in self._known:
            lots = Random(f"{self._seed}/{paper.id}")
            self._known[paper.id] = self._templates.questions(paper, lots)
        return self._known[paper.id]

    def _holders(self, texts: Sequence[str]) -> list[Paper]:
        """The papers that hold every text; not all where they are many."""
        sought = [text.casefold() for text in texts]
        held = (i for i, text in self._texts.items() if all(word in text for word in sought))
        ids = list(islice(held, _LOOKED_AT))
        papers = self._catalog.get(ids)
        return [papers[i] for i in ids]


def _labelled(
    kind: str, paper: Paper, made: Made, *, without: bool = False, made_by: str = "templates"
) -> Row:
    row: Row = {
        "id": f"{kind}-{paper.id}",
        "split": "own",
        "kind": kind,
        "question": made.question,
        "papers": [] if without else [right.title for right, _ in made.evidence],
    }
    if without:
        row["without"] = [paper.title]
    elif evidence := [(right.title, spans) for right, spans in made.evidence if spans]:
        row["evidence"] = [
            {"title": title, "sentences": [list(span) for span in spans]}
            for title, spans in evidence
        ]
    return {**row, "made_by": made_by}


def _off_field(most: int) -> list[Row]:
    lines = OFF_FIELD.read_text("utf-8").splitlines()[:most]
    return [
        {"id": f"general-{number}", "split": "own", "kind": "general", "question": line,
         "papers": [], "made_by": "hand"}
        for number, line in enumerate(lines, 1)
    ]  # fmt: skip


def _rated(path: Path | None, catalog: Catalog) -> tuple[list[dict[str, object]], dict[str, Paper]]:
    """The rated rows of a file of conversations, and the papers they may speak of."""
    from assistant.history import Conversations

    if path is None or not path.is_file():
        return [], {}
    conversations = Conversations(path)
    try:
        rated = list(conversations.rated())
    finally:
        conversations.close()
    return rated, {normal_title(paper.title): paper for paper in catalog.list()} if rated else {}
