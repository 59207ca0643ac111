"""Hybrid retrieval: dense and lexical search fused into one ranking of papers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from numpy.typing import NDArray

from assistant.answer import Passage, Scores
from assistant.question import content_words
from assistant.settings import AnswerSettings
from store.filters import Filters
from store.library import Library
from store.paper import Paper


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever over a library: one node a paper, its best chunk, best first.

    The fused score is a weighted sum of z-scores over the candidates of both searches (Fox and
    Shaw's CombSUM on standardised scores); a candidate that one search didn't bring counts
    there as its weakest. The parts stand in each node's metadata as `score_dense` (cosine) and
    `score_lexical` (BM25).
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

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        vector = query_bundle.embedding
        found = self.search(
            query_bundle.query_str,
            filters=self.filters,
            vector=np.asarray(vector, np.float32) if vector is not None else None,
        )
        return [to_node(passage, self._best_chunk(passage)) for passage in found]

    def search(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        top_k: int | None = None,
        vector: NDArray[np.float32] | None = None,
        favoured: Sequence[str] = (),
        excluded: Sequence[str] = (),
    ) -> list[Passage]:
        """The best papers for a question.

        Args:
            top_k: how many; the setting where None.
            vector: the question's vector, if the caller has it.
            favoured: ids of papers the conversation is about: they come first.
            excluded: ids of papers that the user asked to look beyond.
        """
        s = self.settings
        wanted = top_k or s.top_k
        pool = max(s.pool, 2 * wanted)
        if vector is None:
            vector = self.library.embed_query(question)
        dense: dict[str, float] = {}
        chunks: dict[str, str] = {}
        for chunk_id, cosine in self.library.search_vectors(vector, pool, filters):
            paper_id = chunk_id.rpartition("#")[0]
            if paper_id not in dense:  # nearest first, so this is the paper's best chunk
                dense[paper_id], chunks[paper_id] = cosine, chunk_id
        words = " ".join(content_words(question))
        lexical = dict(self.library.search_words(words, pool, filters))
        fused = fuse([(dense, s.dense_weight), (lexical, 1 - s.dense_weight)])
        for paper_id in excluded:
            fused.pop(paper_id, None)
        first = set(favoured)
        best = sorted(fused, key=lambda i: (i not in first, -fused[i], i))[:wanted]
        papers = self.library.get(best)  # an id that has just been removed is left out
        return [
            Passage(
                paper=papers[i],
                scores=Scores(fused[i], dense.get(i), lexical.get(i)),
                chunk=chunks.get(i, f"{i}#0"),
            )
            for i in best
            if i in papers
        ]

    def _best_chunk(self, passage: Passage) -> TextNode:
        nodes = self.library.chunk(passage.paper)
        return next((node for node in nodes if node.node_id == passage.chunk), nodes[0])


def fuse(rankings: Sequence[tuple[dict[str, float], float]]) -> dict[str, float]:
    """Weighted sum of z-scores of several rankings (scores by id, weight)."""
    everything = {i for scores, _ in rankings for i in scores}
    fused = dict.fromkeys(everything, 0.0)
    for scores, weight in rankings:
        if not scores or not weight:
            continue
        values = np.fromiter(scores.values(), float)
        mean, spread = float(values.mean()), float(values.std()) or 1.0
        weakest = float(values.min())
        for i in everything:
            fused[i] += weight * (scores.get(i, weakest) - mean) / spread
    return fused


def to_node(passage: Passage, node: TextNode) -> NodeWithScore:
    """A passage as LlamaIndex sees it, the parts of its score in the metadata."""
    node.metadata |= {
        "score_dense": passage.scores.dense,
        "score_lexical": passage.scores.lexical,
        "score_fused": passage.scores.fused,
    }
    parts = ["score_dense", "score_lexical", "score_fused"]
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
    scores = Scores(found.score or 0.0, meta.get("score_dense"), meta.get("score_lexical"))
    return Passage(paper, scores, node.node_id)
