"""Hybrid retrieval: dense and lexical search fused into one ranking of papers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from statistics import median

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from assistant.abbreviations import Abbreviations
from assistant.answer import Passage, Scores
from assistant.evidence import Evidence
from assistant.late import Asked, ask, late_scores
from assistant.question import Terms, content_words, terms_of
from assistant.settings import AnswerSettings
from assistant.waiting import WaitingPapers, supposed
from store.filters import Filters
from store.library import Library
from store.paper import Paper

# One occurrence of every word of a question, in a paper of average length, scores the sum of the
# words' weights; repeated words reach at most 2.2 times that (k1 = 1.2), few pass 1.8.
BM25_BOUND = 1.8
# How much a candidate loses for a crowd around it; chosen on the tuning questions, held against
# two collections, as the weights in the settings were.
CROWDED = 0.2
CANDIDATES, NEIGHBOURS = 70, 10
BEST, SHARPNESS = 5, 8.0  # papers that feedback looks at, and how much less each next one counts
_READ = 10  # papers that a question reads itself where their word pieces are not kept yet


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever over a library: one node a paper, its best chunk, best first.

    The fused score is the cosine plus a share of the BM25 score, the latter measured against
    the highest that the question's words could reach (a convex combination on theoretical
    bounds, after Bruch, Gai and Ingber 2023). So words count for much where a paper holds most
    of them and for little where a question is put in other words; and unlike z-scores or ranks
    the sum means the same from question to question. The parts stand in each node's metadata
    as `score_dense` (cosine) and `score_lexical` (BM25). From the sum goes a share of how
    crowded the candidate's place among the candidates is, see `crowding`.
    """

    def __init__(
        self,
        library: Library,
        settings: AnswerSettings | None = None,
        filters: Filters = Filters(),
    ) -> None:
        super().__init__()
        self.library = library
        self.settings = settings or AnswerSettings()
        self.filters = filters
        self._waiting = WaitingPapers(library)
        self._abbreviations = Abbreviations(library)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        asked = ask(query_bundle.query_str, self.library)
        if query_bundle.embedding is not None:
            asked = replace(asked, vector=np.asarray(query_bundle.embedding, np.float32))
        found = self.search(query_bundle.query_str, filters=self.filters, asked=asked)
        return [to_node(passage, self.library) for passage in found]

    def search(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        top_k: int | None = None,
        asked: Asked | None = None,
        favoured: Sequence[str] = (),
        excluded: Sequence[str] = (),
    ) -> list[Passage]:
        """The best papers for a question.

        Args:
            top_k: how many; the setting where None.
            asked: the question as the models read it, if the caller has it.
            favoured: ids of papers the conversation is about: they come first.
            excluded: ids of papers that the user asked to look beyond.
        """
        s = self.settings
        wanted = top_k or s.top_k
        pool = max(s.pool, 2 * wanted)
        asked = asked or ask(question, self.library)
        vector = asked.vector
        words = " ".join(content_words(question))
        chunks = best_chunks(self.library.search_vectors(vector, pool, filters))
        lexical = dict(self.library.search_words(words, pool, filters))
        # Both scores for every candidate: what one search left out it is asked for by name.
        only_dense = tuple(i for i in chunks if i not in lexical)
        if only_dense:
            lexical |= self.library.search_words(words, pool, Filters(papers=only_dense))
        late: list[str] = []
        asked_for = [i for i in (*lexical, *favoured) if i not in chunks]
        if filters.papers:
            asked_for = [i for i in asked_for if i in filters.papers]
        if asked_for:
            by_name = replace(filters, papers=tuple(asked_for))
            chunks |= best_chunks(self.library.search_vectors(vector, 4 * pool, by_name))
            late = [i for i in asked_for if i not in chunks]
            if late:
                allowed = self.library.catalog.ids(by_name)
                late = [i for i in late if i in allowed]
                chunks |= self._waiting.nearest(vector, late)
        dense = {paper_id: cosine for paper_id, (_, cosine) in chunks.items()}
        cosines = {**dense, **supposed(late, dense)}
        fused = fuse(cosines, lexical, terms_of(question, self.library), s)
        for paper_id in excluded:
            fused.pop(paper_id, None)
        best = sorted(fused, key=lambda i: -fused[i])[: max(CANDIDATES, wanted)]
        stored = self.library.vectors.vectors([chunks[i][0] for i in best if i in chunks])
        near = {i: stored[chunks[i][0]] for i in best if i in chunks and chunks[i][0] in stored}
        for paper_id, crowd in crowding(near).items():
            fused[paper_id] -= CROWDED * crowd
        for paper_id, share in self._spelt_out(question, best).items():
            fused[paper_id] += s.abbreviation_weight * share
        first = set(favoured)
        best = sorted(fused, key=lambda i: (i not in first, -fused[i], i))
        # An id that has just been removed is left out.
        there = self.library.catalog.digests(best[: max(s.late_pool, wanted)])
        best = [i for i in best if i in there]
        scores = self._late(asked, {i: there[i] for i in best[: s.late_pool] if i in dense})
        if scores:
            read = set(best[: s.late_pool])
            usual, least = median(scores.values()), min(scores.values())
            for i in best:
                fused[i] += s.late_weight * scores.get(i, usual if i in read else least)
            added = feedback(near, {i: fused[i] for i in scores if i in near})
            for i in best:
                fused[i] += s.feedback_weight * added.get(i, min(added.values(), default=0.0))
        best = sorted(best, key=lambda i: (i not in first, -fused[i], i))[:wanted]
        papers = self.library.get(best)
        return [
            Passage(
                paper=papers[i],
                scores=Scores(fused[i], dense.get(i), lexical.get(i), scores.get(i)),
                chunk=chunks[i][0] if i in chunks else f"{i}#0",
            )
            for i in best
            if i in papers
        ]

    def _spelt_out(self, question: str, candidates: Sequence[str]) -> dict[str, float]:
        """How well candidates hold what a question's abbreviations stand for, 0 to 1: the BM25
        score of these words against its bound."""
        if not self.settings.abbreviation_weight:
            return {}
        words = " ".join(self._abbreviations.spelt_out(question))
        if not words:
            return {}
        terms = terms_of(words, self.library)
        bound = BM25_BOUND * sum(terms.weights.values())
        if not bound:
            return {}
        within = Filters(papers=tuple(candidates))
        found = self.library.search_words(words, len(candidates), within)
        return {i: min(score / bound, 1.0) for i, score in found}

    def _late(self, asked: Asked, pool: Mapping[str, str]) -> dict[str, float]:
        """Late interaction with the papers of the pool, given by the digests of their texts. Of
        those whose pieces are not kept yet a question has time to read a few."""
        if not self.settings.late_weight:
            return {}
        pieces = self.library.pieces_held(pool)
        if missing := [i for i in pool if i not in pieces][:_READ]:
            pieces |= self.library.pieces_of(self.library.get(missing), _READ)
        return late_scores(asked.pieces, {i: pieces[i] for i in pool if i in pieces})


def best_chunks(found: Sequence[tuple[str, float]]) -> dict[str, tuple[str, float]]:
    """The nearest chunk of each paper with its cosine, from chunks that come nearest first."""
    best: dict[str, tuple[str, float]] = {}
    for chunk_id, cosine in found:
        best.setdefault(chunk_id.rpartition("#")[0], (chunk_id, cosine))
    return best


def fuse(
    dense: Mapping[str, float], lexical: Mapping[str, float], terms: Terms, s: AnswerSettings
) -> dict[str, float]:
    """One score for each paper that either search brought; see `HybridRetriever`."""
    bound = BM25_BOUND * sum(terms.weights.values()) or 1.0
    return {
        i: dense.get(i, 0.0) + s.lexical_weight * min(lexical.get(i, 0.0) / bound, 1.0)
        for i in {**dense, **lexical}
    }


def crowding(vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
    """The mean cosine of each vector to its ten nearest among the others, less the average
    of that over all.

    Some texts are near to every question (hubs); such a text is near to many other texts too,
    which tells it apart (after CSLS, Conneau et al. 2018). Where there are fewer than ten others
    the missing ones count as 0, so that a handful of papers is hardly told apart.
    """
    if len(vectors) < 2:
        return {}
    rows = np.stack(list(vectors.values()))
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
    # Not with @: for the few rows BLAS wakes threads that then get in the way of the search's own.
    cosines = np.einsum("ik,jk->ij", rows, rows)
    np.fill_diagonal(cosines, 0.0)
    crowds = np.sort(cosines, axis=1)[:, -NEIGHBOURS:].sum(axis=1) / NEIGHBOURS
    return dict(zip(vectors, (crowds - crowds.mean()).tolist(), strict=True))


def feedback(
    vectors: Mapping[str, NDArray[np.float32]], scores: Mapping[str, float]
) -> dict[str, float]:
    """The cosine of each vector to the middle of the best five by `scores`, the better ones
    counting for more: what the best papers are about, the question may be about too (Rocchio's
    pseudo-relevance feedback, among the candidates alone)."""
    best = sorted(scores, key=lambda i: -scores[i])[:BEST]
    if not best:
        return {}
    rows = np.stack(list(vectors.values()))
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
    at = {paper_id: place for place, paper_id in enumerate(vectors)}
    counts = np.exp(SHARPNESS * np.array([scores[i] - scores[best[0]] for i in best]))
    middle = counts @ rows[[at[i] for i in best]] / counts.sum()
    return dict(zip(vectors, (rows @ middle).tolist(), strict=True))


def named_first(
    passages: Sequence[Passage], evidence: Sequence[Evidence], first: Collection[str]
) -> tuple[list[Passage], list[Evidence]]:
    """Puts the papers in `first` before all others and numbers the evidence anew."""
    order = sorted(range(len(passages)), key=lambda i: passages[i].paper.id not in first)
    return in_order(order, passages, evidence)


def in_order(
    order: Sequence[int], passages: Sequence[Passage], evidence: Sequence[Evidence]
) -> tuple[list[Passage], list[Evidence]]:
    """The passages by their old places in `order`, and the evidence numbered anew."""
    place = {old: new for new, old in enumerate(order)}
    moved = [replace(e, passage=place[e.passage]) for e in evidence]
    return [passages[i] for i in order], sorted(moved, key=lambda e: (e.passage, e.span))


def to_node(passage: Passage, library: Library) -> NodeWithScore:
    """A passage's best chunk as LlamaIndex sees it, the parts of its score in the metadata."""
    nodes = library.chunk(passage.paper)
    node = next((node for node in nodes if node.node_id == passage.chunk), nodes[0])
    parts = {
        "score_dense": passage.scores.dense,
        "score_lexical": passage.scores.lexical,
        "score_late": passage.scores.late,
        "score_fused": passage.scores.fused,
    }
    node.metadata |= parts
    node.excluded_llm_metadata_keys = [*node.excluded_llm_metadata_keys, *parts]
    node.excluded_embed_metadata_keys = [*node.excluded_embed_metadata_keys, *parts]
    return NodeWithScore(node=node, score=passage.scores.fused)


def to_passage(found: NodeWithScore, papers: dict[str, Paper]) -> Passage:
    """The inverse, for nodes of any retriever: a node that names no known paper becomes one."""
    node, meta = found.node, found.node.metadata
    paper = papers.get(str(meta.get("paper_id", "")))
    if paper is None:
        text = node.get_content()
        title, _, rest = text.partition("\n")
        paper = Paper(title=str(meta.get("title") or title), abstract=rest or text, id=node.node_id)
    parts = (meta.get(f"score_{name}") for name in ("dense", "lexical", "late"))
    scores = Scores(found.score or 0.0, *parts)
    return Passage(paper, scores, node.node_id)
