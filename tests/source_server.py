"""A loopback server in the place of arXiv, Crossref and the others, and what it answers.

The answers have the shapes of the real ones; the papers in them are invented.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

Fault = Literal["", "short", "drop", "hang"]


@dataclass(frozen=True)
class Said:
    """An answer. `short` promises more bytes than come, `drop` closes the connection in the
    middle of a chunked body, `hang` answers nothing until the server is closed."""

    body: bytes | str | dict[str, Any] | list[Any] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault = ""

    @property
    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass(frozen=True)
class Asked:
    """A request: its path (unquoted), its parameters, and its headers."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


Answering = Said | Callable[[Asked], Said]


class SourceServer:
    """Answers a path with what `on` says, one after the other, the last again and again;
    any other path with status 404. `asked` are the requests so far.

        with SourceServer() as server:
            server.on("/query", Said(status=503), Said(atom(PAPERS)))
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Answering]] = defaultdict(list)
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self._answer))
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    def on(self, path: str, *answers: Answering) -> None:
        self._answers[path] = list(answers)

    def _answer(self, handler: _Handler) -> None:
        parts = urlsplit(handler.path)
        asked = Asked(unquote(parts.path), dict(parse_qsl(parts.query)), dict(handler.headers))
        self.asked.append(asked)
        left = self._answers.get(asked.path, [Said("Resource not found.", 404)])
        answer = left.pop(0) if len(left) > 1 else left[0]
        said = answer if isinstance(answer, Said) else answer(asked)
        if said.fault == "hang":
            self._closing.wait(5)
            return
        handler.send_response(said.status)
        data = said.data
        length = len(data) + (1000 if said.fault == "short" else 0)
        lengths = (
            {"Transfer-Encoding": "chunked"}
            if said.fault == "drop"
            else {"Content-Length": str(length)}
        )
        for name, value in {"Connection": "close", **lengths, **said.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if said.fault == "drop":
            data = f"{len(data):x}\r\n".encode() + data + b"\r\n"  # and no last chunk
        handler.wfile.write(data)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, act: Callable[[_Handler], None], *parts: Any) -> None:
        self._act = act
        super().__init__(*parts)

    def do_GET(self) -> None:
        self._act(self)
        self.close_connection = True

    def log_message(self, *_: Any) -> None: ...


# --- invented papers in the shapes of the registers ---------------------------------------


@dataclass(frozen=True)
class Invented:
    """A paper that nobody wrote; its number makes its ids."""

    number: int
    title: str
    abstract: str

    @property
    def arxiv_id(self) -> str:
        return f"2511.{self.number:05}"


_THINGS = ("kettles", "ferries", "chalk", "moss", "lanterns", "gravel", "accordions", "dew")
_DEEDS = ("counting", "mending", "sorting", "hearing", "folding", "weighing", "naming")


def invented(number: int) -> Invented:
    """One of as many papers as are wanted, no two alike."""
    thing, deed = _THINGS[number % len(_THINGS)], _DEEDS[number % len(_DEEDS)]
    title = f"{deed.capitalize()} {thing} in village {number}"
    abstract = (
        f"We report on {deed} {thing} by hand in village {number}. Two summers of notes show that "
        f"{deed} them at dawn saves {number + 3} minutes a day."
    )
    return Invented(number, title, abstract)


def atom(papers: Sequence[Invented], total: int | None = None, start: int = 0) -> str:
    """An answer of arXiv's API."""
    search = "http://a9.com/-/spec/opensearch/1.1/"
    entries = "".join(
        f"""
  <entry>
    <id>http://arxiv.org/abs/{paper.arxiv_id}v1</id>
    <updated>2025-11-04T18:00:00Z</updated>
    <published>2025-11-04T18:00:00Z</published>
    <title>{paper.title}</title>
    <summary>  {paper.abstract}
    </summary>
    <author><name>Ines Roth</name></author>
    <author><name>Tomo Abe</name></author>
    <link href="http://arxiv.org/abs/{paper.arxiv_id}v1" rel="alternate" type="text/html"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CY"/>
  </entry>"""
        for paper in papers
    )
    total, count = len(papers) if total is None else total, len(papers)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=all:village</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56</id>
  <updated>2025-11-05T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="{search}">{total}</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="{search}">{start}</opensearch:startIndex>
  <opensearch:itemsPerPage xmlns:opensearch="{search}">{count}</opensearch:itemsPerPage>{entries}
</feed>"""


def arxiv_of(papers: Sequence[Invented]) -> Callable[[Asked], Said]:
    """arXiv with these papers, the newest first: it gives pages and single papers."""

    def answer(asked: Asked) -> Said:
        if "id_list" in asked.params:
            ids = asked.params["id_list"].split(",")
            return Said(atom([paper for paper in papers if paper.arxiv_id in ids]))
        start, count = int(asked.params["start"]), int(asked.params["max_results"])
        return Said(atom(papers[start : start + count], len(papers), start))

    return answer


def daily(papers: Sequence[Invented]) -> list[dict[str, Any]]:
    """An answer of the Hugging Face daily papers."""
    return [
        {
            "paper": {
                "id": paper.arxiv_id,
                "title": paper.title,
                "authors": [{"_id": "690a", "name": "Ines Roth", "hidden": False}],
                "publishedAt": "2025-11-04T00:00:00.000Z",
                "submittedOnDailyAt": "2025-11-05T02:10:00.000Z",
                "summary": paper.abstract,
                "upvotes": paper.number,
                "discussionId": "690b",
            },
            "publishedAt": "2025-11-03T19:00:00.000Z",
            "title": paper.title,
            "summary": paper.abstract,
            "numComments": 2,
        }
        for paper in papers
    ]


def crossref(doi: str, paper: Invented, abstract: bool = True) -> dict[str, Any]:
    """An answer of Crossref."""
    message = {
        "DOI": doi,
        "type": "journal-article",
        "title": [paper.title],
        "container-title": ["Annals of Village Science"],
        "author": [{"given": "Ines", "family": "Roth", "sequence": "first", "affiliation": []}],
        "issued": {"date-parts": [[2024, 3, 9]]},
        "URL": f"https://doi.org/{doi}",
        "is-referenced-by-count": 3,
    }
    if abstract:
        message["abstract"] = f"<jats:title>Abstract</jats:title><jats:p>{paper.abstract}</jats:p>"
    return {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": message}


def openalex(doi: str, paper: Invented, abstract: bool = True) -> dict[str, Any]:
    """An answer of OpenAlex."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(paper.abstract.split()):
        places[word].append(place)
    return {
        "id": f"https://openalex.org/W{4000000000 + paper.number}",
        "doi": f"https://doi.org/{doi}",
        "title": paper.title,
        "display_name": paper.title,
        "publication_year": 2024,
        "publication_date": "2024-03-09",
        "ids": {"openalex": f"https://openalex.org/W{4000000000 + paper.number}"},
        "authorships": [{"author": {"display_name": "I. Roth"}, "institutions": []}],
        "abstract_inverted_index": dict(places) if abstract else None,
    }


def semantic_scholar(doi: str, paper: Invented, abstract: bool = True) -> dict[str, Any]:
    """An answer of Semantic Scholar."""
    return {
        "paperId": f"{paper.number:040x}",
        "externalIds": {"DOI": doi, "CorpusId": 260000000 + paper.number},
        "url": f"https://www.semanticscholar.org/paper/{paper.number:040x}",
        "title": paper.title,
        "venue": "Annals of Village Science",
        "year": 2024,
        "publicationDate": "2024-03-09",
        "authors": [{"authorId": "1", "name": "I. Roth"}],
        "abstract": paper.abstract if abstract else None,
    }


def esearch(papers: Sequence[Invented], total: int) -> dict[str, Any]:
    """An answer of PubMed's search."""
    return {
        "header": {"type": "esearch", "version": "0.3"},
        "esearchresult": {
            "count": str(total),
            "retmax": str(len(papers)),
            "retstart": "0",
            "idlist": [str(38000000 + paper.number) for paper in papers],
            "translationset": [],
            "querytranslation": "villages",
        },
    }


def efetch(papers: Sequence[Invented]) -> str:
    """PubMed's records."""
    articles = "".join(
        f"""
<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">{38000000 + paper.number}</PMID>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><PubDate><Year>2024</Year>
<Month>Mar</Month><Day>09</Day></PubDate></JournalIssue><Title>Village health</Title></Journal>
<ArticleTitle>{paper.title}.</ArticleTitle>
<Abstract><AbstractText>{paper.abstract}</AbstractText></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Roth</LastName><ForeName>Ines</ForeName>
</Author></AuthorList></Article></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{38000000 + paper.number}</ArticleId>
</ArticleIdList></PubmedData></PubmedArticle>"""
        for paper in papers
    )
    return f"""<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
 "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>{articles}
</PubmedArticleSet>"""


def anthology(collection: str, volumes: dict[str, Sequence[Invented]]) -> str:
    """A collection of the ACL Anthology."""
    inside = "".join(
        f"""
  <volume id="{name}" ingest-date="2023-07-08" type="proceedings">
    <meta><booktitle>Proceedings of Village Meetings, {name}</booktitle><month>July</month>
    <year>2023</year></meta>
    <frontmatter><url hash="0a1b">{collection}-{name}.0</url></frontmatter>"""
        + "".join(
            f"""
    <paper id="{number}"><title>{paper.title}</title>
      <author><first>Ines</first><last>Roth</last></author><pages>1-9</pages>
      <abstract>{paper.abstract}</abstract><url hash="1c2d">{collection}-{name}.{number}</url>
    </paper>"""
            for number, paper in enumerate(papers, 1)
        )
        + "\n  </volume>"
        for name, papers in volumes.items()
    )
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<collection id="{collection}">{inside}
</collection>"""
