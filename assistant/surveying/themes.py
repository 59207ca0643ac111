"""Papers grouped by what they say, each group with a name made of its own words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Passage
from store.library import Library
from store.paper import Paper
from store.topic_labels import label_groups

_PER_THEME = 3  # papers; so many themes are made
_MOST = 4
_TERMS = 2  # in a label
FURTHER = "Further papers"  # what stands alone


def themes(
    passages: Sequence[Passage], topic: str, library: Library
) -> list[tuple[str, list[int]]]:
    """(label, places of its papers) for each theme, the one of the best paper first; papers that
    are like no other come last, together. Papers without vectors yet are among these."""
    count = len(passages)
    wanted = min(max(round(count / _PER_THEME), 1), _MOST)
    groups = [list(range(count))]
    if wanted > 1:
        stored = library.vectors.vectors([p.chunk for p in passages])
        there = [n for n, p in enumerate(passages) if p.chunk in stored]
        groups = [[there[n] for n in own] for own in _ward(_rows(stored, passages, there), wanted)]
        groups += [[n] for n in range(count) if n not in there]
    alone = sorted(n for own in groups if len(own) == 1 for n in own)
    groups = sorted(sorted(own) for own in groups if len(own) > 1)
    if not groups:
        return [("", alone)] if alone else []
    held = [[passages[n].paper for n in own] for own in groups]
    labels = label_groups(held, library.words.stems)
    found = [
        (_label(label.words, papers, topic, library), own)
        for label, papers, own in zip(labels, held, groups, strict=True)
    ]
    if len(found) == 1 and not alone:
        return [("", groups[0])]
    return [*found, (FURTHER, alone)] if alone else found


def _label(words: Sequence[str], papers: Sequence[Paper], topic: str, library: Library) -> str:
    """The terms of two words that at least half of a theme's papers hold and that say more than
    the topic, or single words that all of them hold; else the first paper's title, up to its
    colon."""
    stems = library.words.stems
    known = set(stems(topic))
    texts = [set(stems(f"{paper.title} {paper.abstract}")) for paper in papers]
    holders = {
        term: sum(own <= text for text in texts)
        for term in words
        if (own := set(stems(term))) - known and not term.endswith("ed")
    }
    shared = [t for t, n in holders.items() if " " in t and n >= max(2, len(papers) / 2)]
    shared = shared or [t for t, n in holders.items() if n == len(papers)]
    if not shared:
        return f"Around “{papers[0].title.partition(':')[0].strip()}”"
    label = ", ".join(shared[:_TERMS])
    return label[0].upper() + label[1:]


def _rows(
    stored: dict[str, NDArray[np.float32]], passages: Sequence[Passage], there: Sequence[int]
) -> NDArray[np.float32]:
    rows = np.array([stored[passages[n].chunk] for n in there], np.float32)
    rows = rows.reshape(len(there), -1)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
    return unit


def _ward(rows: NDArray[np.float32], wanted: int) -> list[list[int]]:
    """Groups of rows after Ward (1963): the two whose joining adds least spread are joined, until
    so many are left. A dozen rows, so that no library is worth its loading."""
    groups = [[n] for n in range(len(rows))]
    while len(groups) > wanted:
        middles = [rows[own].mean(axis=0) for own in groups]
        best, pair = np.inf, (0, 1)
        for a in range(len(groups)):
            for b in range(a + 1, len(groups)):
                sizes = len(groups[a]) * len(groups[b]) / (len(groups[a]) + len(groups[b]))
                spread = sizes * float(np.sum((middles[a] - middles[b]) ** 2))
                if spread < best:
                    best, pair = spread, (a, b)
        a, b = pair
        groups[a] += groups.pop(b)
    return groups
