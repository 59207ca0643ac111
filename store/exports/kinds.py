"""What kind of publication a paper is, told by its venue alone."""

from __future__ import annotations

import re
from typing import Literal

from store.paper import Paper

PublishedAs = Literal["conference", "journal", "preprint"]

_CONFERENCE = re.compile(
    r"\b(?:proceedings|proc\.|conference|workshop|symposium|congress|meeting)(?!\w)"
    r"|\b(?:neurips|nips|icml|iclr|aaai|ijcai|cvpr|iccv|eccv|wacv|acl|emnlp|naacl|eacl|coling"
    r"|colm|interspeech|icassp|kdd|sigir|sigmod|sosp|osdi|nsdi|icra|iros|corl|rss|aistats|uai"
    r"|colt|chi|stoc|focs|soda|ccs|usenix)\b",
    re.IGNORECASE,
)
_NOT_ONE = re.compile(r"\b(?:journal|transactions|proceedings of the national)\b", re.IGNORECASE)


def published_as(paper: Paper) -> PublishedAs:
    """A preprint is any paper without a venue, or with arXiv for one."""
    venue = paper.venue or ""
    if not venue.strip() or venue.strip().lower() in ("arxiv", "corr"):
        return "preprint"
    if _CONFERENCE.search(venue) and not _NOT_ONE.search(venue):
        return "conference"
    return "journal"
