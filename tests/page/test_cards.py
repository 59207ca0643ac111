"""Where a card's links lead."""

from __future__ import annotations

from store.paper import Paper
from ui.page.cards import links


def test_a_card_links_to_every_register_that_knows_the_paper() -> None:
    paper = Paper(
        title="Tides",
        abstract="",
        doi="10.5555/tides",
        arxiv_id="2101.00001",
        other_ids=("pubmed:5", "doi:10.1101/2020.01.01.42<1>x"),
    )
    assert links(paper) == (
        ("arXiv", "https://arxiv.org/abs/2101.00001"),
        ("DOI", "https://doi.org/10.5555/tides"),
        ("Other DOI", "https://doi.org/10.1101/2020.01.01.42%3C1%3Ex"),
        ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/5"),
    )
