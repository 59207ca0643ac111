"""What the reader of question and paper together is taught: `python -m eval.reader_lessons FILE`

Each training question, as it stands, with the papers that the product's own search brings for it,
nearest first, and of each paper what the reader will see: title and most telling sentences, as word
pieces. A quarter of an hour on one core; `eval.tune_reader` learns from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from assistant.answer import Passage, Scores
from assistant.engine import CitedQueryEngine
from assistant.evidence import Evidence, gather
from assistant.late import ask
from assistant.question import terms_of
from assistant.retrieval import HybridRetriever
from assistant.together import QUESTION, SENTENCE, TITLE, most_telling
from eval.choosing import training_engine
from eval.questions import TRAINING, Question, load_questions
from store.paper import Paper, normal_title
from ui import terminal

_PAPERS = 6  # of a question
_BEHIND = 0.02  # how far behind the last of them a right paper is put that wasn't found


def lessons(engine: CitedQueryEngine, questions: Sequence[Question]) -> Iterator[dict[str, Any]]:
    """One for each question whose papers, if it has any, are in the library."""
    library, retriever = engine.library, engine.finder.retriever
    assert isinstance(retriever, HybridRetriever)
    titles = {normal_title(paper.title): paper for paper in library.catalog.list()}
    cut = library.pieces.model.whole
    held = {
        title for question in questions if question.split == "held" for title in question.papers
    }
    for question in questions:
        asked, terms = ask(question.question, library), terms_of(question.question, library)
        right = [titles[title] for title in question.papers if title in titles]
        if question.answerable and not right:
            continue
        found = retriever.search(question.question, top_k=_PAPERS, asked=asked)
        found += _unfound(right[:1], found)
        evidence = gather(question.question, asked, terms, found, engine.finder.texts, library)
        yield {
            "id": question.id,
            "split": question.split,
            "kind": question.kind,
            "answerable": question.answerable,
            "question": cut(question.question)[0][:QUESTION].tolist(),
            "papers": [
                {
                    "title": cut(passage.paper.title)[0][:TITLE].tolist(),
                    "found": passage.scores.fused,
                    "right": passage.paper in right,
                    "held": normal_title(passage.paper.title) in held,
                    **_sentences(
                        [e for e in evidence if e.passage == number],
                        question.evidence.get(normal_title(passage.paper.title), []),
                        cut,
                    ),
                }
                for number, passage in enumerate(found)
            ],
        }


def _unfound(right: Sequence[Paper], found: Sequence[Passage]) -> list[Passage]:
    """A right paper that the search didn't bring, as if it were the last it brought."""
    last = min((passage.scores.fused for passage in found), default=0.0) - _BEHIND
    known = {passage.paper.id for passage in found}
    return [Passage(paper, Scores(last)) for paper in right if paper.id not in known]


def _sentences(
    own: Sequence[Evidence], gold: Sequence[tuple[int, int]], cut: Any
) -> dict[str, list[Any]]:
    """The sentences that the reader sees, how telling each is, and which are evidence."""
    best = most_telling(own)
    return {
        "sentences": [cut(e.text)[0][:SENTENCE].tolist() for e in best],
        "telling": [e.telling for e in best],
        "gold": [any(e.span[0] < b and a < e.span[1] for a, b in gold) for e in best],
    }


def main(out: Path) -> None:
    """Write the lessons, a line each."""
    questions = [q for q in load_questions("all", TRAINING) if not q.history]
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        training_engine() as engine,
        out.open("w", encoding="utf-8") as file,
        terminal.progress_bar("Searching") as tell,
    ):
        for number, lesson in enumerate(lessons(engine, questions), 1):
            file.write(json.dumps(lesson) + "\n")
            tell(number, len(questions))


if __name__ == "__main__":
    typer.run(main)
