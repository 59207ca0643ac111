"""Papers that are found by their words while their vectors are still on their way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from statistics import median
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from store.library import Library
from store.paper import Paper

_AT_ONCE = 2  # papers that a question embeds itself
_BEGINNING = 300  # characters
_KEPT = 1000  # papers whose vectors are remembered until they are in the index

Found = dict[str, tuple[str, float]]  # by paper: a chunk and its cosine


class WaitingPapers:
    """Cosines of papers that the vector index doesn't hold yet.

    A paper's beginning stands for it, as a question has no time for more: reading whole papers
    made questions five times slower while others were added. Safe to use from several threads.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: OrderedDict[str, tuple[Paper, str, NDArray[np.float32]]] = OrderedDict()
        self._lock = Lock()

    def nearest(self, vector: NDArray[np.float32], ids: Sequence[str]) -> Found:
        """The first chunks of the first few of these papers that are not known yet, and of all
        that are; `vector` is the question's, shape (dimensions,)."""
        papers = self._library.get(ids)
        with self._lock:
            known = {i: self._kept[i] for i in ids if i in self._kept}
        known = {i: found for i, found in known.items() if found[0] == papers.get(i)}
        missing = [papers[i] for i in ids if i in papers and i not in known][:_AT_ONCE]
        if missing:
            first = [self._library.chunk(paper)[0] for paper in missing]
            vectors = self._library.embed([node.text[:_BEGINNING] for node in first])
            for paper, node, row in zip(missing, first, vectors, strict=True):
                known[paper.id] = (paper, node.node_id, row)
        with self._lock:
            for paper_id, found in known.items():
                self._kept[paper_id] = found
                self._kept.move_to_end(paper_id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return {i: (chunk, float(row @ vector)) for i, (_, chunk, row) in known.items()}


def supposed(ids: Sequence[str], dense: Mapping[str, float]) -> dict[str, float]:
    """A cosine for papers that have none yet: neither for nor against them, the usual one."""
    usual = median(dense.values()) if dense else 0.0
    return dict.fromkeys((i for i in ids if i not in dense), usual)
