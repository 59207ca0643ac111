"""Each online source: what it asks, what it makes of the answers, and its quirks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date

import pytest

from store.paper import Paper, Rejected, Source
from store.sources import acl, arxiv, hf_daily, pubmed
from store.sources.answers import Page
from store.sources.base import Client, Site, SourceFailed
from store.sources.doi import Dois, Registers, crossref
from store.sources.running import Named
from tests import source_server as said
from tests.source_server import Asked, Said, SourceServer, invented

PAPERS = [invented(number) for number in range(1, 8)]
DOI = "10.5555/village.7"
EMPTY = said.atom([], 0)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(timeout=1, sleep=lambda _: None) as client:
        yield client


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        yield server


def titles(page: Page) -> list[str]:
    return [one.title for one in page.records if isinstance(one, Paper)]


def only(page: Page) -> Paper:
    (paper,) = page.records
    assert isinstance(paper, Paper), paper
    return paper


def rejected(page: Page) -> Rejected:
    (reject,) = page.records
    assert isinstance(reject, Rejected)
    return reject


# --- arXiv --------------------------------------------------------------------------------


def query(server: SourceServer, text: str = "village mending") -> arxiv.ArxivQuery:
    return arxiv.ArxivQuery(text, arxiv.site(f"{server.address}/api/query"))


def test_arxiv_gives_the_newest_first_by_pages(client: Client, server: SourceServer) -> None:
    server.on("/api/query", said.arxiv_of(PAPERS))
    page = query(server).page(client, 2, 3)
    assert titles(page) == [paper.title for paper in PAPERS[2:5]]
    assert (page.entries, page.total) == (3, 7)
    assert server.asked[0].params == {
        "search_query": "all:village AND all:mending",
        "start": "2",
        "max_results": "3",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
    }
    paper = page.records[0]
    assert isinstance(paper, Paper)
    assert (paper.arxiv_id, paper.date, paper.authors) == (
        PAPERS[2].arxiv_id, Date(2025, 11, 4), ("Ines Roth", "Tomo Abe"),
    )  # fmt: skip
    assert paper.sources[0].file == "arxiv: village mending"


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("moss", "all:moss"),
        ("  wet   moss ", "all:wet AND all:moss"),
        ("cat:cs.CL", "cat:cs.CL"),
        ("moss OR dew", "moss OR dew"),
        ('"wet moss"', '"wet moss"'),
        ("and or moss", "all:and AND all:or AND all:moss"),
    ],
)
def test_plain_words_must_all_be_there(written: str, asked: str) -> None:
    assert arxiv.in_its_language(written) == asked


def test_an_empty_page_in_the_middle_is_asked_again(client: Client, server: SourceServer) -> None:
    server.on("/api/query", Said(said.atom([], 7, 2)), Said(EMPTY), said.arxiv_of(PAPERS))
    assert query(server).page(client, 2, 2).entries == 2
    assert len(server.asked) == 3
    server.on("/api/query", Said(EMPTY))
    with pytest.raises(SourceFailed, match="arXiv gave an empty page where there are papers"):
        query(server).page(client, 2, 2)


def test_a_query_that_finds_nothing_finds_nothing(client: Client, server: SourceServer) -> None:
    server.on("/api/query", Said(EMPTY))
    assert query(server).page(client, 0, 100) == Page((), ((".xml", EMPTY.encode()),), 0, 0)
    assert len(server.asked) == 1


def test_what_arxiv_says_of_a_query_is_told(client: Client, server: SourceServer) -> None:
    error = said.atom([PAPERS[0]]).replace(
        f"http://arxiv.org/abs/{PAPERS[0].arxiv_id}v1",
        "http://arxiv.org/api/errors#start_must_be_an_integer",
    )
    server.on("/api/query", Said(error.replace(PAPERS[0].abstract, "start must be an integer")))
    with pytest.raises(SourceFailed, match=r"the query 'moss': it says 'start must be an integer'"):
        query(server, "moss").page(client, 0, 10)


@pytest.mark.parametrize(
    "answer",
    [
        "<html><body>Maintenance</body></html>",
        '<?xml version="1.0"?><moss/>',
        "{}",
        said.atom([])[:90],
    ],
)
def test_something_else_than_a_feed_is_a_failure(
    client: Client, server: SourceServer, answer: str
) -> None:
    server.on("/api/query", Said(answer))
    with pytest.raises(SourceFailed, match=r"^arXiv .*\.$"):
        query(server).page(client, 0, 10)


def test_a_feed_with_entities_is_refused(client: Client, server: SourceServer) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "moss">]><feed>&a;</feed>'
    server.on("/api/query", Said(bomb))
    with pytest.raises(SourceFailed, match="could do harm"):
        query(server).page(client, 0, 10)
    assert len(server.asked) == 1


def test_papers_come_by_their_ids_however_written(client: Client, server: SourceServer) -> None:
    server.on("/api/query", said.arxiv_of(PAPERS))
    written = [f"arXiv:{PAPERS[0].arxiv_id}v2", f"https://arxiv.org/abs/{PAPERS[3].arxiv_id}"]
    wanted = arxiv.ArxivPapers([*written, "2511.99999"], arxiv.site(f"{server.address}/api/query"))
    assert wanted.items == (PAPERS[0].arxiv_id, PAPERS[3].arxiv_id, "2511.99999")
    page = wanted.get(client, wanted.items)
    assert titles(page) == [PAPERS[0].title, PAPERS[3].title]
    missing = page.records[-1]
    assert isinstance(missing, Rejected)
    assert missing.source == Source("arxiv")
    assert missing.why == "arXiv has no paper 2511.99999: check the number"
    assert page.open == {"2511.99999"}


def test_what_is_an_arxiv_id_and_what_is_not() -> None:
    for text in ("1706.03762", "1706.03762v5", "hep-th/9901001", "arXiv:1706.03762",
                 "https://arxiv.org/pdf/1706.03762v5.pdf"):  # fmt: skip
        assert arxiv.is_id(text), text
    for text in ("moss", "cat:cs.CL", "1706.03762 and moss", "1706", "10.5555/1706.03762 x"):
        assert not arxiv.is_id(text), text
    with pytest.raises(ValueError, match="'moss' is no arXiv id"):
        arxiv.ArxivPapers(["moss"], arxiv.site("http://127.0.0.1"))


# --- Hugging Face -------------------------------------------------------------------------


def days(server: SourceServer, first: str, last: str) -> hf_daily.DailyPapers:
    span = Date.fromisoformat(first), Date.fromisoformat(last)
    site = hf_daily.site(f"{server.address}/api/daily_papers")
    return hf_daily.DailyPapers(*span, site, today=Date(2025, 11, 7))


def test_the_papers_of_a_day_come_with_their_upvotes(client: Client, server: SourceServer) -> None:
    server.on("/api/daily_papers", Said(said.daily(PAPERS)))
    wanted = days(server, "2025-11-05", "2025-11-05")
    page = wanted.get(client, wanted.items)
    assert titles(page) == [paper.title for paper in PAPERS]
    paper = page.records[2]
    assert isinstance(paper, Paper)
    assert (paper.upvotes, paper.arxiv_id) == (3, PAPERS[2].arxiv_id)
    assert paper.sources[0].file == "hf-daily: 2025-11-05"
    assert [asked.params for asked in server.asked] == [{"date": "2025-11-05", "limit": "50"}]


def test_a_long_day_is_asked_for_by_pages(client: Client, server: SourceServer) -> None:
    many = [invented(number) for number in range(120)]

    def answer(asked: Asked) -> Said:
        start = 50 * int(asked.params.get("p", 0))
        return Said(said.daily(many[start : start + 50]))

    server.on("/api/daily_papers", answer)
    page = days(server, "2025-11-05", "2025-11-05").get(client, ["2025-11-05"])
    assert (len(titles(page)), len(server.asked)) == (120, 3)


def test_a_site_that_knows_no_pages_is_not_asked_for_ever(
    client: Client, server: SourceServer
) -> None:
    server.on("/api/daily_papers", Said(said.daily([invented(number) for number in range(50)])))
    page = days(server, "2025-11-05", "2025-11-05").get(client, ["2025-11-05"])
    assert (len(titles(page)), len(server.asked)) == (50, 2)


def test_a_day_without_papers_is_empty_and_one_that_is_not_over_stays_open(
    client: Client, server: SourceServer
) -> None:
    server.on("/api/daily_papers", Said([]))
    wanted = days(server, "2025-11-06", "2025-11-07")
    assert wanted.items == ("2025-11-06", "2025-11-07")
    pages = [wanted.get(client, [day]) for day in wanted.items]
    assert [page.records for page in pages] == [(), ()]
    assert [set(page.open) for page in pages] == [set(), {"2025-11-07"}]


def test_days_that_can_not_be_had_are_told(server: SourceServer) -> None:
    with pytest.raises(ValueError, match="still to come"):
        days(server, "2025-11-05", "2025-11-08")
    with pytest.raises(ValueError, match="swap the two days"):
        days(server, "2025-11-05", "2025-11-04")


def test_an_error_document_is_no_list_of_papers(client: Client, server: SourceServer) -> None:
    server.on("/api/daily_papers", Said({"error": "Invalid date"}))
    with pytest.raises(SourceFailed, match="in a way that is not known here"):
        days(server, "2025-11-05", "2025-11-05").get(client, ["2025-11-05"])
    server.on("/api/daily_papers", Said({"error": "Invalid date"}, 400))
    with pytest.raises(SourceFailed, match="can't do anything with the papers of 2025-11-05"):
        days(server, "2025-11-05", "2025-11-05").get(client, ["2025-11-05"])


# --- DOIs ---------------------------------------------------------------------------------


def dois(server: SourceServer, *wanted: str) -> Dois:
    registers = Registers(
        crossref=crossref(f"{server.address}/crossref", None),
        openalex=Site("OpenAlex", f"{server.address}/openalex"),
        semantic_scholar=Site("Semantic Scholar", f"{server.address}/s2"),
        arxiv=arxiv.site(f"{server.address}/api/query"),
    )
    return Dois(wanted or [DOI], registers)


def fetched(client: Client, wanted: Named) -> Page:
    return wanted.get(client, wanted.items)


def test_crossref_is_enough_where_it_has_an_abstract(client: Client, server: SourceServer) -> None:
    server.on(f"/crossref/works/{DOI}", Said(said.crossref(DOI, PAPERS[0])))
    page = fetched(client, dois(server, f"https://doi.org/{DOI.upper()}"))
    paper = only(page)
    assert (paper.title, paper.abstract, paper.doi) == (PAPERS[0].title, PAPERS[0].abstract, DOI)
    assert (paper.venue, paper.date) == ("Annals of Village Science", Date(2024, 3, 9))
    assert paper.sources[0].file == "doi"
    assert len(server.asked) == 1
    assert not page.open


def test_the_next_ones_give_the_abstract_that_it_lacks(
    client: Client, server: SourceServer
) -> None:
    server.on(f"/crossref/works/{DOI}", Said(said.crossref(DOI, PAPERS[0], abstract=False)))
    server.on(f"/openalex/works/doi:{DOI}", Said(said.openalex(DOI, PAPERS[0])))
    page = fetched(client, dois(server))
    paper = only(page)
    assert paper.abstract == PAPERS[0].abstract
    assert paper.venue == "Annals of Village Science"  # which Crossref alone knew
    assert paper.other_ids == ("openalex:w4000000001",)
    assert [ending for ending, _ in page.raw] == [".json", ".json"]

    server.on(f"/openalex/works/doi:{DOI}", Said(said.openalex(DOI, PAPERS[0], abstract=False)))
    server.on(f"/s2/paper/DOI:{DOI}", Said(said.semantic_scholar(DOI, PAPERS[0])))
    assert only(fetched(client, dois(server))).abstract == PAPERS[0].abstract
    assert "abstract" in server.asked[-1].params["fields"]


def test_a_doi_that_crossref_does_not_have_may_be_known_elsewhere(
    client: Client, server: SourceServer
) -> None:
    server.on(f"/s2/paper/DOI:{DOI}", Said(said.semantic_scholar(DOI, PAPERS[0])))
    assert only(fetched(client, dois(server))).title == PAPERS[0].title


def test_a_doi_that_nobody_knows_is_named(client: Client, server: SourceServer) -> None:
    page = fetched(client, dois(server))
    assert rejected(page).source == Source("doi")
    assert f"knows the DOI {DOI}: check how it is written" in rejected(page).why
    assert page.open == {DOI}


def test_a_paper_whose_abstract_nobody_has_is_rejected_with_its_fields(
    client: Client, server: SourceServer
) -> None:
    server.on(f"/crossref/works/{DOI}", Said(said.crossref(DOI, PAPERS[0], abstract=False)))
    server.on(f"/s2/paper/DOI:{DOI}", Said("", 429, {"Retry-After": "9999"}))
    reject = rejected(fetched(client, dois(server)))
    assert reject.why.startswith(f"of {DOI} no abstract is at Crossref, OpenAlex or Semantic")
    assert "Semantic Scholar is asked too often" in reject.why
    assert PAPERS[0].title in reject.fields


def test_a_doi_that_arxiv_gave_goes_to_arxiv(client: Client, server: SourceServer) -> None:
    server.on("/api/query", said.arxiv_of(PAPERS))
    wanted = dois(server, f"10.48550/arXiv.{PAPERS[0].arxiv_id}", "10.48550/arXiv.2511.99999")
    paper = only(wanted.get(client, wanted.items[:1]))
    assert (paper.arxiv_id, paper.sources[0].file) == (PAPERS[0].arxiv_id, "doi")
    assert wanted.get(client, wanted.items[1:]).open == {"10.48550/arxiv.2511.99999"}


def test_strange_dois_are_asked_for_as_they_are(client: Client, server: SourceServer) -> None:
    doi = "10.1002/(sici)1097(19990401)1:1<12::aid-x3>3.0.co;2-#"
    server.on(f"/crossref/works/{doi}", Said(said.crossref(doi, PAPERS[0])))
    assert only(fetched(client, dois(server, doi))).doi == doi
    with pytest.raises(ValueError, match="'moss' is no DOI"):
        dois(server, "moss")


def test_who_tells_an_address_is_served_sooner() -> None:
    assert crossref("https://x", "ada@lab.example").every < crossref("https://x", None).every


# --- PubMed -------------------------------------------------------------------------------


def test_pubmed_is_searched_and_its_records_fetched(server: SourceServer) -> None:
    server.on("/eutils/esearch.fcgi", Said(said.esearch(PAPERS[:2], 30)))
    server.on("/eutils/efetch.fcgi", Said(said.efetch(PAPERS[:2])))
    search = pubmed.PubmedQuery(" villages  [ti]", pubmed.site(f"{server.address}/eutils"))
    with Client(contact="ada@lab.example", sleep=lambda _: None) as client:
        page = search.page(client, 10, 2)
    assert (page.entries, page.total) == (2, 30)
    assert [one.title.rstrip(".") for one in page.records if isinstance(one, Paper)] == [
        paper.title for paper in PAPERS[:2]
    ]
    first = page.records[0]
    assert isinstance(first, Paper)
    assert first.other_ids == ("pubmed:38000001",)
    assert first.sources[0].file == "pubmed: villages [ti]"
    searched, fetched = server.asked
    assert searched.params["term"] == "villages [ti]"
    assert (searched.params["retstart"], searched.params["sort"]) == ("10", "pub_date")
    assert fetched.params["id"] == "38000001,38000002"
    assert fetched.params["email"] == "ada@lab.example"


def test_pubmed_that_finds_nothing_is_asked_for_no_records(
    client: Client, server: SourceServer
) -> None:
    server.on("/esearch.fcgi", Said(said.esearch([], 0)))
    search = pubmed.PubmedQuery("moss", pubmed.site(server.address))
    assert search.page(client, 0, 10) == Page((), (), 0, 0)
    assert len(server.asked) == 1


def test_what_pubmed_says_of_a_query_is_told(client: Client, server: SourceServer) -> None:
    server.on("/esearch.fcgi", Said({"esearchresult": {"ERROR": "Empty term and query_key"}}))
    search = pubmed.PubmedQuery("moss", pubmed.site(server.address))
    with pytest.raises(SourceFailed, match="it says 'Empty term and query_key'"):
        search.page(client, 0, 10)


# --- the ACL Anthology --------------------------------------------------------------------


def test_a_volume_is_a_part_of_its_collection(client: Client, server: SourceServer) -> None:
    xml = said.anthology("2023.acl", {"long": PAPERS[:3], "short": PAPERS[3:5]})
    server.on("/xml/2023.acl.xml", Said(xml))
    site = acl.site(f"{server.address}/xml")
    page = fetched(client, acl.AclVolumes(["2023.ACL-short"], site))
    assert titles(page) == [paper.title for paper in PAPERS[3:5]]
    assert page.records[0].other_ids == ("acl:2023.acl-short.1",)  # type: ignore[union-attr]
    assert page.records[0].sources[0].file == "acl: 2023.acl-short"  # type: ignore[union-attr]
    assert len(titles(fetched(client, acl.AclVolumes(["2023.acl"], site)))) == 5
    nothing = fetched(client, acl.AclVolumes(["2023.acl-demo"], site))
    assert "no papers of 2023.acl-demo" in rejected(nothing).why
    assert nothing.open == {"2023.acl-demo"}


def test_volumes_of_the_older_style(client: Client, server: SourceServer) -> None:
    server.on("/P19.xml", Said(said.anthology("P19", {"1": PAPERS[:3], "2": PAPERS[3:5]})))
    site = acl.site(server.address)
    assert len(titles(fetched(client, acl.AclVolumes(["p19-2"], site)))) == 2
    assert "no papers of P18-1" in rejected(fetched(client, acl.AclVolumes(["P18-1"], site))).why
    with pytest.raises(ValueError, match="'acl2023' is neither a collection nor a volume"):
        acl.AclVolumes(["acl2023"], site)
