"""What every reranker shares: how many passages it sees, what it gives, how it fails."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from llama_index.core.bridge.pydantic import Field
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

Judged = tuple[int, float | None]  # the place of a text, and its score where there is one


class RerankFailed(Exception):
    """The reranker gave no order; the message is one sentence for the reader."""


class Rerank(BaseNodePostprocessor):
    """A LlamaIndex postprocessor that puts the first `candidates` nodes in a new order.

    No node is lost: what the reranker doesn't name follows in the old order, then come the
    nodes behind the candidates. Scores are the reranker's own, on whatever scale it has, and
    None where it gave none. Raises RerankFailed.
    """

    candidates: int = Field(default=20, ge=1, description="Nodes that are reranked.")

    @classmethod
    def class_name(cls) -> str:
        return cls.__name__

    @abstractmethod
    def rank(self, question: str, texts: Sequence[str]) -> list[Judged]:
        """Places in `texts`, each at most once and the best first; some may be missing.

        Raises:
            RerankFailed: nothing came back, or nothing that can be read.
        """

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("A reranker needs the question: give query_bundle or query_str.")
        seen, unseen = nodes[: self.candidates], nodes[self.candidates :]
        if len(seen) < 2:
            return nodes
        texts = [found.node.get_content(MetadataMode.NONE) for found in seen]
        judged = self.rank(query_bundle.query_str, texts)
        named = {place for place, _ in judged}
        judged += [(place, None) for place in range(len(seen)) if place not in named]
        ranked = [NodeWithScore(node=seen[place].node, score=score) for place, score in judged]
        return ranked + [NodeWithScore(node=found.node) for found in unseen]
