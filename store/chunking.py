"""A paper as LlamaIndex nodes: whole where it fits the embedder's window, else in windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from store.paper import Paper
from store.sentences import Span, split_sentences

if TYPE_CHECKING:
    from llama_index.core.schema import TextNode

    from store.minilm import Cut

CountTokens = Callable[[str], int]

# Kept in the node for citing and filtering, never part of what is embedded or shown to a model.
_HIDDEN = ["paper_id", "chunk", "start", "end", "sentences", "kind", "year", "title"]


def windows(lengths: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Groups sentences into windows of at most `room` tokens that overlap by one sentence.

    Args:
        lengths: tokens of each sentence, in order.
        room: tokens that fit one window.

    Returns:
        Half-open ranges (first, past last) of sentences that cover all of them. The windows
        are of about equal length, so that the last is not a mere remainder. A sentence longer
        than `room` stands in a window of its own. Neighbours share a sentence unless that
        would leave the second no room for a new one.
    """
    left = [*accumulate(reversed(lengths), initial=0)][::-1]  # tokens from each sentence on
    if left[0] <= room:
        return [(0, len(lengths))]
    aim = left[0] / -(-left[0] // room)
    ranges: list[tuple[int, int]] = []
    start = 0
    while start < len(lengths):
        end, used = start, 0
        while end < len(lengths) and (
            end == start
            or (used + lengths[end] <= room and (used < aim or left[end] <= room - used))
        ):
            used += lengths[end]
            end += 1
        if ranges and end <= ranges[-1][1]:  # nothing new: the overlap took all the room
            start = ranges[-1][1]
            continue
        ranges.append((start, end))
        if end == len(lengths):
            break
        start = end - 1 if end - 1 > start else end
    return ranges


def chunk(
    paper: Paper,
    count_tokens: CountTokens,
    window: int = 256,
    pieces: Callable[[str], Cut] | None = None,
) -> list[TextNode]:
    """The nodes of one paper, the title in front of each.

    Args:
        count_tokens: tokens of a text without the model's marks at both ends.
        window: the embedder's window in tokens, those two marks included.
        pieces: the tokens of a text and where each begins, where the embedder tells: then a paper
            is read once, for counting and for embedding; see `store.nodes.ChunkNode`.

    Returns:
        One node, or several where the abstract is too long. A node's id is `<paper id>#<n>`;
        its metadata holds the paper's id, and the `sentences` it covers as offsets into the
        abstract (`"0-120 121-240"`; read them with `read_spans`).
    """
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo

    from store.nodes import ChunkNode

    text, before = paper.abstract, len(paper.title) + 1
    spans = split_sentences(text) or [(0, len(text))]
    whole = pieces(f"{paper.title}\n{text}") if pieces else None
    if whole is None:
        titled = count_tokens(paper.title)
        lengths = [count_tokens(text[start:end]) for start, end in spans]
    else:
        bounds = np.searchsorted(whole[1] - before, spans)
        titled, lengths = int(np.searchsorted(whole[1], before)), np.diff(bounds)[:, 0].tolist()
    ranges = windows(lengths, max(window - 2 - titled, window // 4))
    nodes: list[TextNode] = []
    for number, (first, past) in enumerate(ranges):
        start, end = spans[first][0], spans[past - 1][1]
        node = ChunkNode(
            id_=f"{paper.id}#{number}",
            text=f"{paper.title}\n{text[start:end]}",
            metadata={
                "paper_id": paper.id,
                "title": paper.title,
                "kind": paper.kind,
                "year": paper.year or 0,
                "chunk": number,
                "start": start,
                "end": end,
                "sentences": write_spans(spans[first:past]),
            },
            excluded_embed_metadata_keys=_HIDDEN,
            excluded_llm_metadata_keys=_HIDDEN,
        )
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=paper.id)
        if whole is not None and _apart(text, start) and _apart(text, end):
            kept = np.r_[0:titled, bounds[first, 0] : bounds[past - 1, 1]][: window - 2]
            starts = whole[1][kept]
            starts[titled:] -= start
            node.cut = whole[0][kept], starts
        nodes.append(node)
    return nodes


def _apart(text: str, at: int) -> bool:
    """Whether no word goes on over this place, so that either side can be cut into pieces alone."""
    return at in (0, len(text)) or text[at - 1].isspace() or text[at].isspace()


def write_spans(spans: Sequence[Span]) -> str:
    return " ".join(f"{start}-{end}" for start, end in spans)


def read_spans(written: str) -> list[Span]:
    """The inverse of `write_spans`, for the `sentences` of a node."""
    pairs = (span.split("-") for span in written.split())
    return [(int(start), int(end)) for start, end in pairs]
