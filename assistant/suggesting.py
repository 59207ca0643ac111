"""Questions to suggest: the first of a conversation, and those that an answer leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import combinations, zip_longest
from random import Random
from typing import TYPE_CHECKING

from assistant.question import asked_about
from assistant.questions_about import Suggestion, any_question, difference, questions_about
from store.filters import Filters
from store.paper import Paper
from store.topic_labels import shared_terms
from store.topic_words import BESIDE, COMMON

if TYPE_CHECKING:
    from assistant.answer import Answer, Turn
    from store.library import Library

Answers = Callable[[str], bool]

_DRAWN = 80  # papers that first questions are made from
_TOPICS = 12
_TRIES = 4  # suggestions that may fail for each one wanted
_CITED = 3  # papers of an answer that follow-ups are about
_NEAR = 3
_ALIKE = 0.3  # of the words of a title that must stand in the cited papers too


def first_questions(
    library: Library, count: int = 4, *, answers: Answers | None = None
) -> list[str]:
    """Questions for an empty conversation, of several kinds, each about other papers.

    The same for the same papers. `answers` tells whether the assistant answers a question;
    those it doesn't are left out (back it with `CitedQueryEngine.can_answer`).
    """
    chosen: list[Suggestion] = []
    tries = _TRIES * count
    for suggestion in openers(library):
        if len(chosen) == count or not tries:
            break
        if _shares(suggestion, chosen):
            continue
        tries -= 1
        if answers is None or answers(suggestion.question):
            chosen.append(suggestion)
    return [suggestion.question for suggestion in chosen]


def openers(library: Library) -> Iterator[Suggestion]:
    """Suggestions about papers drawn by lot, their kinds in turn."""
    seed = library.catalog.changes.version()
    papers = library.catalog.sample(_DRAWN, seed)
    about = [suggestion for paper in papers for suggestion in questions_about(paper)]
    kinds: dict[str, list[Suggestion]] = {
        "method": [],
        "topic": _topics(papers, "What is known about {}?"),
        "comparison": [],
        "title": [],
        "finding": [],
        "results": [],
    }
    for suggestion in about:
        kinds[suggestion.kind].append(suggestion)
    for number, kind in enumerate(kinds):
        Random(seed + number).shuffle(kinds[kind])
    for row in zip_longest(*kinds.values()):
        yield from filter(None, row)
    yield from map(any_question, papers)


def follow_ups(
    answer: Answer,
    turns: Sequence[Turn] = (),
    *,
    library: Library | None = None,
    answers: Answers | None = None,
    count: int = 3,
) -> list[str]:
    """Up to `count` questions that an answer leads to, of different kinds where there are.

    They are about the papers it cites and those near to them, or after a refusal about the
    nearest. `library` is where to look for near ones; without it, or where filters narrowed the
    question, they come from those that the answer considered. No question that was asked in
    `turns` (oldest first) or just now is suggested. `answers` as in `first_questions`; ask it
    with the same turns, and this answer's, as the user would.
    """
    asked = {_essence(text) for text in (answer.question, *(turn.question for turn in turns))}
    chosen: list[Suggestion] = []
    tries = _TRIES * count
    for suggestion in _varied(leads(answer, library)):
        if len(chosen) == count or not tries:
            break
        essence = _essence(suggestion.question)
        if essence in asked or (not answer.citations and _shares(suggestion, chosen)):
            continue
        asked.add(essence)
        tries -= 1
        if answers is None or answers(suggestion.question):
            chosen.append(suggestion)
    return [suggestion.question for suggestion in chosen]


def leads(answer: Answer, library: Library | None = None) -> list[Suggestion]:
    """Everything an answer leads to, the nearest first."""
    passages = {passage.paper.id: passage.paper for passage in answer.passages}
    cited_ids = dict.fromkeys(citation.paper_id for citation in answer.citations)
    cited = [passages[i] for i in cited_ids if i in passages][:_CITED]
    if not cited:
        return [
            s for paper in answer.nearest for s in (*questions_about(paper), any_question(paper))
        ]
    if library is not None and not answer.searched.filters:
        others = _neighbours(cited[0], set(cited_ids), library)
    else:
        others = _near(cited, [paper for i, paper in passages.items() if i not in cited_ids])
    found = [suggestion for paper in cited for suggestion in questions_about(paper)]
    pairs = [difference(one, two) for one, two in combinations(cited, 2)]
    pairs += [difference(one, two) for one in cited[:1] for two in others]
    found += filter(None, pairs)
    found += _topics([*cited, *others], "What else has been studied about {}?")[:1]
    for paper in others:
        found += questions_about(paper)[:1] or [any_question(paper)]
    return found


def _neighbours(paper: Paper, apart_from: Set[str], library: Library) -> list[Paper]:
    """The papers whose vectors are nearest to a paper's own; none where it has none yet."""
    vectors = library.vectors.vectors([f"{paper.id}#0"])
    if not vectors:
        return []
    (vector,) = vectors.values()
    found = library.search_vectors(vector, 4 * _NEAR, Filters())
    ids = dict.fromkeys(chunk_id.rpartition("#")[0] for chunk_id, _ in found)
    near = [i for i in ids if i not in apart_from and i != paper.id][:_NEAR]
    papers = library.get(near)
    return [papers[i] for i in near if i in papers]


def _near(cited: Sequence[Paper], others: Sequence[Paper]) -> list[Paper]:
    """Those of `others` whose titles speak of what the cited papers are about: a question that
    names a paper finds beside it whatever its other words are near to."""
    subject = {word for paper in cited for word in _words(f"{paper.title} {paper.abstract}")}
    shares = {}
    for paper in others:
        title = _words(paper.title)
        common = title & subject
        if len(common) > 1:
            shares[paper.id] = len(common) / len(title)
    near = [paper for paper in others if shares.get(paper.id, 0) >= _ALIKE]
    return sorted(near, key=lambda paper: -shares[paper.id])[:_NEAR]


def _words(text: str) -> set[str]:
    words = {word.lower().removesuffix("s") for word in asked_about(text)}
    return words - COMMON - BESIDE


def _shares(suggestion: Suggestion, chosen: Sequence[Suggestion]) -> bool:
    """Whether a suggestion is about a paper that one of the chosen is about."""
    return any(set(suggestion.papers) & set(other.papers) for other in chosen)


def _varied(suggestions: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """The first of each kind, then the second of each, and so on."""
    kinds: dict[str, list[Suggestion]] = {}
    for suggestion in suggestions:
        kinds.setdefault(suggestion.kind, []).append(suggestion)
    for row in zip_longest(*kinds.values()):
        yield from filter(None, row)


def _topics(papers: Sequence[Paper], wording: str) -> list[Suggestion]:
    return [
        Suggestion("topic", wording.format(term), tuple(paper.id for paper in holders))
        for term, holders in shared_terms(papers, _TOPICS)
    ]


def _essence(question: str) -> frozenset[str]:
    """A question's words in any order and case, without those that people ask with."""
    words: Iterable[str] = asked_about(question) or question.split()
    return frozenset(word.lower() for word in words)
