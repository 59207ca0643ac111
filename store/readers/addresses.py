"""What an address or a DOI tells about a paper: its ids in other registers."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ACL_DOI = r"10\.(?:18653/v1|3115/v1)/"
_IDS = (
    ("acl", re.compile(
        r"(?:aclanthology\.(?:org|info)/|aclweb\.org/anthology/|" + _ACL_DOI + r")"
        r"(?:papers/\w/\w+/)?([a-z]\d{2}-\d{4,5}|\d{4}\.[a-z0-9_-]+\.\d+)", re.I,
    )),
    ("pubmed", re.compile(
        r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/|\bPMID:?\s*)(\d{1,9})\b", re.I
    )),
    ("s2", re.compile(r"semanticscholar\.org/(?:p/)?(?=CorpusID:)(corpus)ID:(\d+)", re.I)),
    ("s2", re.compile(r"semanticscholar\.org/paper/(?:[^/\s]{1,300}/)?([0-9a-f]{40})\b", re.I)),
    ("openalex", re.compile(r"openalex\.org/(?:works/)?(W\d+)\b", re.I)),
)  # fmt: skip


def ids_in(text: str) -> Iterator[str]:
    """Ids as `register:id`, of those registers whose addresses a text has."""
    if "." not in text and ":" not in text:
        return
    for register, pattern in _IDS:
        if found := pattern.search(text):
            yield f"{register}:{''.join(found.groups())}"
