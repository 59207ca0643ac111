"""The papers that the package carries."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from store.identity import keys_of
from store.sentences import split_sentences
from store.starter import STARTER, starter_papers


def test_the_starter_library_holds_about_sixty_different_papers() -> None:
    papers = list(starter_papers())
    assert 55 <= len(papers) <= 80
    keys = [key for paper in papers for key in keys_of(paper)]
    assert len(keys) == len(set(keys))


def test_every_starter_paper_says_who_when_and_where() -> None:
    for paper in starter_papers():
        assert paper.authors, paper.title
        assert paper.author_count is not None
        assert paper.author_count >= len(paper.authors), paper.title
        assert 1940 < (paper.year or 0) < 2030, paper.title
        assert paper.arxiv_id or paper.venue, paper.title
        assert urlsplit(paper.url or "https://x").scheme == "https", paper.title


def test_every_summary_is_labelled_as_one_and_of_eighty_to_a_hundred_and_fifty_words() -> None:
    for paper in starter_papers():
        assert paper.kind == "summary"
        assert 80 <= len(paper.abstract.split()) <= 150, paper.title
        assert len(split_sentences(paper.abstract)) >= 3, paper.title
        assert not re.search(r"\s\s|^\s|\s$", paper.abstract), paper.title


def test_each_starter_paper_names_its_place_in_the_starter_library() -> None:
    places = [paper.sources[0] for paper in starter_papers()]
    assert {place.file for place in places} == {STARTER}
    assert [place.position for place in places] == list(range(1, len(places) + 1))
