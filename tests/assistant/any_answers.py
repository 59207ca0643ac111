"""Any answers at all, for property tests, and a plain one for the others."""

from __future__ import annotations

from hypothesis import strategies as st

from assistant.answer import (
    Answer,
    Citation,
    Collection,
    Group,
    Passage,
    Scores,
    Searched,
    Sentence,
    Tokens,
    join_sentences,
)
from store.paper import Paper
from tests.store.any_papers import papers, texts

_NUMBERS = st.floats(allow_nan=False)  # as not a number equals nothing, itself included
_COUNTS = st.integers(0, 10**9)
_CITATIONS = st.builds(
    Citation, st.integers(1, 30), texts, texts, texts, _COUNTS, _COUNTS, _NUMBERS, st.booleans()
)
_SENTENCES = st.builds(
    Sentence, texts, st.lists(_CITATIONS, max_size=2).map(tuple), st.booleans(), st.booleans(),
    entry=st.booleans(),
)  # fmt: skip
_IDS = st.lists(texts, max_size=2).map(tuple)
_COLLECTIONS = st.builds(
    Collection, texts, st.sampled_from(["count", "list", "groups"]), _COUNTS, _IDS, texts,
    st.none() | _COUNTS, st.lists(st.builds(Group, texts, _IDS), max_size=2).map(tuple),
)  # fmt: skip
_PASSAGES = st.builds(
    Passage, papers(), st.builds(Scores, _NUMBERS, st.none() | _NUMBERS, st.none() | _NUMBERS),
    texts,
)  # fmt: skip
answers = st.builds(
    Answer,
    question=texts,
    status=st.sampled_from(["answered", "partial", "refused"]),
    text=texts,
    sentences=st.lists(_SENTENCES, max_size=3).map(tuple),
    citations=st.lists(_CITATIONS, max_size=3).map(tuple),
    nearest=st.lists(papers(), max_size=2).map(tuple),
    passages=st.lists(_PASSAGES, max_size=2).map(tuple),
    searched=st.builds(
        Searched, texts, _COUNTS, st.lists(texts, max_size=2).map(tuple), _COUNTS, st.booleans()
    ),
    writer=texts,
    confidence=_NUMBERS,
    timings_ms=st.dictionaries(texts, _NUMBERS, max_size=2),
    tokens=st.builds(Tokens, _COUNTS, _COUNTS),
    notice=texts,
    collection=st.none() | _COLLECTIONS,
)


def answered(
    question: str,
    *said: tuple[str, int, Paper, str] | str,
    follows: bool = False,
    supported: bool = True,
) -> Answer:
    """An answer of these sentences: (text, number, paper, quote), or a text that cites nothing."""
    sentences, passages = [], {}
    for one in said:
        if isinstance(one, str):
            sentences.append(Sentence(one, (), supported=False))
            continue
        text, number, paper, quote = one
        start = paper.abstract.index(quote)
        citation = Citation(
            number, paper.id, paper.title, quote, start, start + len(quote), 0.9, supported
        )
        sentences.append(Sentence(text, (citation,), supported))
        passages[paper.id] = Passage(paper, Scores(1.0))
    return Answer(
        question=question,
        status="answered",
        text=join_sentences(sentences),
        sentences=tuple(sentences),
        citations=tuple(c for sentence in sentences for c in sentence.citations),
        nearest=(),
        passages=tuple(passages.values()),
        searched=Searched(question, 9, follows=follows),
        writer="extractive",
        confidence=0.9,
    )


def refused(question: str, *nearest: Paper) -> Answer:
    titles = "; ".join(f"*{paper.title}*" for paper in nearest)
    return Answer(
        question=question, status="refused", text=f"Nothing. The nearest papers are: {titles}.",
        sentences=(), citations=(), nearest=nearest, passages=(), searched=Searched(question, 9),
        writer="", confidence=0.1,
    )  # fmt: skip
