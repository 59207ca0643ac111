"""arXiv's answers, PubMed's and the ACL Anthology's XML as papers."""

from __future__ import annotations

from datetime import date as Date
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.acl_xml import AclXml
from store.readers.arxiv_atom import ArxivAtom
from store.readers.base import Origin, Reader, ReaderError
from store.readers.pubmed import PubmedXml

SAMPLES = Path(__file__).parent.parent / "samples"


def read(reader: Reader, name: str) -> list[Paper | Rejected]:
    return list(reader.read((SAMPLES / reader.key / name).read_bytes(), Origin(name)))


def papers(reader: Reader, name: str) -> list[Paper]:
    return [one for one in read(reader, name) if isinstance(one, Paper)]


def test_an_answer_of_arxivs_api() -> None:
    tides, pendulums = papers(ArxivAtom(), "query.xml")
    assert tides.title == "Tidal Memory: Forecasting Harbours with Few Gauges"
    assert tides.abstract.startswith("We forecast the tides of a harbour from two gauges & a map,")
    assert "p < 0.05" in tides.abstract
    assert (tides.kind, tides.authors) == ("abstract", ("Mira Sandvik", "Jón Ármannsson"))
    assert (tides.arxiv_id, tides.doi) == ("2404.01234", "10.5555/tides.2024.7")
    assert (tides.date, tides.venue) == (Date(2024, 4, 2), "Journal of Harbours 7 (2024) 1-12")
    assert tides.url == "https://arxiv.org/abs/2404.01234"
    assert (tides.sources[0].position, tides.sources[0].line) == (1, 8)
    assert (pendulums.arxiv_id, pendulums.year) == ("hep-ex/0307015", 2003)


def test_records_of_oai_pmh_and_deleted_ones_left_out() -> None:
    gulls, ropes = papers(ArxivAtom(), "oai.xml")
    assert gulls.authors == ("Ada Quill", "Harbour Team")
    assert (gulls.date, gulls.doi) == (Date(2024, 4, 8), "10.5555/gulls.1")
    assert ropes.authors == ("Ole Brandt", "K. Ito")
    assert (ropes.arxiv_id, ropes.doi, ropes.date) == (
        "0704.0001", "10.5555/ropes.42", Date(2007, 4, 2),
    )  # fmt: skip
    assert ropes.abstract.startswith("Ropes that lay")


def test_an_error_of_arxiv_is_told() -> None:
    entry = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/api/errors#x</id>"
        "<title>Error</title><summary>incorrect id format for 1234.12</summary></entry></feed>"
    )
    with pytest.raises(ReaderError, match=r"arXiv says: incorrect id format for 1234\.12"):
        list(ArxivAtom().read(entry.encode(), Origin("a.xml")))


def test_arxivs_daily_feed() -> None:
    item = (
        "<rss xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><item><title>Slow Tides</title>"
        "<link>https://arxiv.org/abs/2404.01234</link><description>arXiv:2404.01234v1 Announce "
        "Type: new \nAbstract: Tides are slow.</description><dc:creator>Ada Quill, Ole Brandt"
        "</dc:creator><pubDate>Wed, 03 Apr 2024 00:00:00 -0400</pubDate></item></channel></rss>"
    )
    assert ArxivAtom().sniff(item.encode(), "rss")
    [paper] = ArxivAtom().read(item.encode(), Origin("a.xml"))
    assert isinstance(paper, Paper)
    assert (paper.abstract, paper.authors) == ("Tides are slow.", ("Ada Quill", "Ole Brandt"))
    assert (paper.date, paper.arxiv_id) == (Date(2024, 4, 3), "2404.01234")


def test_pubmed_articles() -> None:
    cats, stairs, reply = read(PubmedXml(), "articles.xml")
    assert isinstance(cats, Paper)
    assert cats.title == "Purring and CO2 in Felis catus"
    assert cats.abstract == "BACKGROUND: Cats purr < 30 Hz. RESULTS: They slept well."
    assert cats.authors == ("Ngozi Okafor", "Luis Reyes Jr", "Purr Study Group")
    assert (cats.doi, cats.other_ids) == ("10.5555/cats.1", ("pubmed:39000001",))
    assert (cats.date, cats.venue) == (Date(2024, 3, 9), "Annals of sleepy cats")
    assert isinstance(stairs, Paper)
    assert (stairs.title, stairs.year) == ("A note on stairs", 1998)
    assert isinstance(reply, Rejected)
    assert reply.why == "it has no abstract"
    assert "pubmed:1089661" in reply.fields


def test_the_anthology() -> None:
    ducks, frogs = read(AclXml(), "2023.pond.xml")
    assert isinstance(ducks, Paper)
    assert ducks.title == "DuckBERT: Reading Ponds in $O(n^2)$"
    assert ducks.abstract == "Ducks are read by a model; see https://ducks.example for data."
    assert ducks.authors == ("Lena Ahlgren", "Mausam")
    assert ducks.other_ids == ("acl:2023.pond-long.1",)
    assert ducks.url == "https://aclanthology.org/2023.pond-long.1/"
    assert (ducks.year, ducks.date) == (2023, None)
    assert ducks.venue == "Proceedings of the First Meeting on Ponds (Volume 1: Long Papers)"
    assert isinstance(frogs, Rejected)
    assert frogs.why == "it has no abstract"


def test_the_anthologys_older_ids() -> None:
    [lakes] = papers(AclXml(), "P19.xml")
    assert (lakes.other_ids, lakes.date) == (("acl:p19-1001",), Date(2019, 7, 28))
    workshop = (
        '<collection id="W18"><volume id="5"><paper id="7"><title>A</title>'
        "<abstract>B.</abstract></paper></volume></collection>"
    )
    [paper] = AclXml().read(workshop.encode(), Origin("a.xml"))
    assert isinstance(paper, Paper)
    assert paper.other_ids == ("acl:w18-0507",)


WORDS = st.lists(st.sampled_from(["tide", "Gull", "é", "漢字", "a < b", "x & y", "7"]), min_size=1)
TEXT = WORDS.map(" ".join).filter(lambda text: any(c.isalpha() for c in text))


@given(st.lists(st.tuples(TEXT, TEXT, st.integers(1, 99_999)), max_size=5))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read(records: list[tuple[str, str, int]]) -> None:
    written = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><ArticleTitle>{escape(title)}"
        f"</ArticleTitle><Abstract><AbstractText>{escape(abstract)}</AbstractText></Abstract>"
        "</Article></MedlineCitation></PubmedArticle>"
        for title, abstract, n in records
    )
    data = f"<PubmedArticleSet>{written}</PubmedArticleSet>".encode()
    found = [p for p in PubmedXml().read(data, Origin("a.xml")) if isinstance(p, Paper)]
    assert [(p.title, p.abstract, p.other_ids) for p in found] == [
        (title, abstract, (f"pubmed:{n}",)) for title, abstract, n in records
    ]
