"""Collections in BEIR's layout, and libraries made of them, a paper for each document."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from eval.prints import QuestionsPrint, digest_of
from store.identity import title_key
from store.paper import Paper, Source
from store.settings import StoreSettings

if TYPE_CHECKING:
    from store.adding import Progress
    from store.library import Library

_QRELS = ("qrels.tsv", "qrels/test.tsv")


class BadCollection(ValueError):
    """A folder or a line of it is not as BEIR has it; the message names file, line and need."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, questions and judgements.

    `papers` are by document id, in the corpus's order; `empty` are the ids of documents with
    neither title nor text, which no library can hold. `queries` are only those with
    judgements, `judged` their grades: {question id: {document id: grade}}.
    """

    name: str
    papers: dict[str, Paper]
    empty: tuple[str, ...]
    queries: dict[str, str]
    judged: dict[str, dict[str, int]]
    corpus_digest: str
    questions: QuestionsPrint


def load_collection(folder: Path) -> Collection:
    """Reads `corpus.jsonl`, `queries.jsonl` (each may end in .gz) and the judgements, which are
    in `qrels.tsv` or `qrels/test.tsv`.

    A document without text has its title for text; one without title is called by its id. A
    title that an earlier document had is numbered, as a library takes papers of one title for
    one paper.

    Raises BadCollection.
    """
    papers: dict[str, Paper] = {}
    empty: list[str] = []
    taken: set[str] = set()
    corpus = _file(folder, "corpus.jsonl", "corpus.jsonl.gz")
    for line, row in _rows(corpus):
        own_id, title, text = (_text(row, name) for name in ("_id", "title", "text"))
        if not own_id or own_id in papers:
            raise BadCollection(f"{corpus}, line {line}: every document needs an _id of its own.")
        if not (title or text):
            empty.append(own_id)
            continue
        unique = _unique(title or own_id, taken)
        taken.add(title_key(unique))
        source = Source(file=corpus.name, position=line, line=line)
        papers[own_id] = Paper(title=unique, abstract=text or title, sources=(source,))
    judgements = _file(folder, *_QRELS)
    judged = _judgements(judgements)
    asked = _file(folder, "queries.jsonl", "queries.jsonl.gz")
    queries = {_text(row, "_id"): _text(row, "text") for _, row in _rows(asked)}
    if missing := [i for i in judged if not queries.get(i)]:
        raise BadCollection(
            f"{judgements} judges {len(missing)} questions that {asked.name} doesn't have "
            f"({', '.join(missing[:5])}): take both from the same collection."
        )
    queries = {i: text for i, text in queries.items() if i in judged}
    name = folder.resolve().name
    digest = digest_of([json.dumps([queries, judged], sort_keys=True)])
    return Collection(
        name=name,
        papers=papers,
        empty=tuple(empty),
        queries=queries,
        judged=judged,
        corpus_digest=digest_of(
            part for i, paper in papers.items() for part in (i, paper.title, paper.abstract)
        ),
        questions=QuestionsPrint(f"{name}/{asked.name}", len(queries), digest),
    )


@contextmanager
def collection_library(
    collection: Collection, work: Path, *, fresh: bool = False, tell: Progress | None = None
) -> Iterator[tuple[Library, dict[str, str]]]:
    """The library of a collection, with its documents' ids by paper id.

    It is made in a folder of `work` at the first call and kept; another corpus, embedder or
    window has another folder. A change in how papers are indexed is not noticed: `fresh`
    makes it anew.
    """
    from store.embedding import fingerprint_of, make_embedder
    from store.library import Library

    embedder = make_embedder()
    window = StoreSettings.model_fields["window"].default
    made_of = digest_of([collection.corpus_digest, fingerprint_of(embedder), str(window)])
    folder = work / f"{collection.name}-{made_of[:12]}"
    if fresh:
        rmtree(folder, ignore_errors=True)
    settings = StoreSettings(library=folder)
    with Library(settings, embedder=embedder, owner="assistant eval") as library:
        if library.count() != len(collection.papers):
            library.catalogue(collection.papers.values())
        library.index(tell)
        keys = {doc: title_key(paper.title) for doc, paper in collection.papers.items()}
        ids = library.catalog.known_by(list(keys.values()))
        documents = {ids[key]: doc for doc, key in keys.items()}
        if len(documents) != len(collection.papers):
            raise BadCollection(f"{collection.name}: two documents became one paper.")
        yield library, documents


def _unique(title: str, taken: set[str]) -> str:
    """A title that no document before has, as the library compares titles."""
    number, unique = 1, title
    while title_key(unique) in taken:
        number += 1
        unique = f"{title} ({number})"
    return unique


def _file(folder: Path, *names: str) -> Path:
    for name in names:
        if (path := folder / name).is_file():
            return path
    raise BadCollection(f"{folder} has no {' or '.join(names)}: name a folder in BEIR's layout.")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise BadCollection(f"{path}, line {number}: one JSON object is expected.")
            yield number, row


def _text(row: dict[str, Any], name: str) -> str:
    return " ".join(str(row.get(name) or "").split())


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    """Question, document and grade with tabs between (a header line may stand above), or
    trec_eval's four columns."""
    judged: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        columns = line.split("\t") if "\t" in line else line.split()
        if not line.strip():
            continue
        if len(columns) == 4:
            del columns[1]
        try:
            question, document, grade = columns
            judged.setdefault(question.strip(), {})[document.strip()] = int(float(grade))
        except ValueError:
            if number == 1:
                judged.clear()
                continue
            raise BadCollection(
                f"{path}, line {number}: question, document and grade are expected."
            ) from None
    if not judged:
        raise BadCollection(f"{path} judges nothing: name a collection with judgements.")
    return judged
