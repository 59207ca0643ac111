"""Rated answers as evaluation data, in the format of the questions of `assistant eval`."""

from __future__ import annotations

from assistant.answer import Answer, Citation


def rated_row(
    exchange_id: str, answer: Answer, thumb: int, note: str, earlier: tuple[str, ...] = ()
) -> dict[str, object]:
    """One line of a questions file; `earlier` are the questions before this one.

    With a thumb up the papers that it cites are the right ones, and the sentences it quotes their
    evidence; a refusal with a thumb up is a question that no paper answers. Neither a thumb down
    nor a note by itself (a rating of 0) tells which papers are right: such a row has no `papers`
    until somebody gives it some.
    """
    row: dict[str, object] = {
        "id": exchange_id,
        "split": "rated",
        "kind": "rated-followup" if answer.searched.follows else "rated",
        "question": answer.question,
    }
    if answer.searched.follows:
        row["history"] = list(earlier)
    if answer.searched.filters:  # what a narrowed search didn't find may be there
        row["filters"] = answer.searched.filters
    right = [c for c in answer.citations if c.supported] or list(answer.citations)
    if thumb > 0 and (right or answer.status == "refused"):
        row["papers"] = list(dict.fromkeys(citation.title for citation in right))
        row["evidence"] = _evidence(right)
    return row | {
        "rating": thumb,
        "note": note,
        "status": answer.status,
        "cited": list(dict.fromkeys(citation.paper_id for citation in answer.citations)),
        "quotes": list(dict.fromkeys(citation.quote for citation in answer.citations)),
    }


def _evidence(citations: list[Citation]) -> list[dict[str, object]]:
    spans: dict[str, dict[tuple[int, int], None]] = {}
    for citation in sorted(citations, key=lambda c: -c.score):
        spans.setdefault(citation.title, {})[citation.start, citation.end] = None
    return [
        {"title": title, "sentences": [list(span) for span in found]}
        for title, found in spans.items()
    ]
