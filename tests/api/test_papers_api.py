"""Papers over HTTP: listing, adding as jobs, removing, exporting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.conftest import Serve
from tests.store.make_pages import write
from tests.ui.making import BEES, FAKES

QUOKKA = {
    "title": "Why Quokkas Smile",
    "abstract": "We watched quokkas for a year. They smile when tourists hold up a camera.",
    "authors": ["A. Writer", "B. Reader"],
    "year": 2024,
    "doi": "10.1234/quokka",
}


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/v1", timeout=60, trust_env=False) as opened:
        yield opened


def finished(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """The job that a request began, once it has ended."""
    assert response.status_code == 202, response.text
    job: dict[str, Any] = client.get(
        response.headers["location"].removeprefix("/v1"), params={"wait": 30}
    ).json()
    assert job["status"] == "done", job
    return job


def test_pages_of_papers_follow_one_another(client: httpx.Client) -> None:
    titles, cursor = [], None
    for _ in range(10):
        params = {"limit": "2", "order": "title"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/papers", params=params).json()
        titles += [paper["title"] for paper in page["papers"]]
        if (cursor := page["next"]) is None:
            break
    assert titles == sorted(titles)
    assert len(titles) == len(set(titles)) == page["total"]


def test_a_cursor_of_another_order_is_refused(client: httpx.Client) -> None:
    cursor = client.get("/papers", params={"limit": 1}).json()["next"]
    for params in ({"cursor": cursor, "order": "title"}, {"cursor": "x"}, {"cursor": "bnVsbA"}):
        assert client.get("/papers", params=params).status_code == 404


def test_records_are_added_found_and_removed_and_come_back(client: httpx.Client) -> None:
    before = client.get("/papers").json()["total"]
    job = finished(client, client.post("/papers", json={"papers": [QUOKKA], "source": "zoo"}))
    assert (job["result"]["new"], job["result"]["papers"]) == (1, before + 1)
    assert job["progress"] == {"done": 1, "total": 1}
    answer = client.post("/ask", json={"question": "When do quokkas smile?"}).json()
    assert answer["citations"][0]["title"] == QUOKKA["title"]
    paper = client.get(f"/papers/{answer['citations'][0]['paper_id']}").json()
    assert {**paper, **QUOKKA} == paper
    assert paper["sources"] == [{"file": "zoo", "position": 1}]
    gone = client.delete(f"/papers/{paper['id']}").json()
    assert (gone["removed"], gone["papers"]) == (1, before)
    assert client.get(f"/papers/{paper['id']}").status_code == 404
    assert client.delete(f"/papers/{paper['id']}").status_code == 404
    assert client.post("/papers/undo", json={"token": gone["undo"]}).json()["restored"] == 1
    assert client.get(f"/papers/{paper['id']}").json() == paper
    assert client.post("/papers/remove", json={"source": "zoo"}).json()["removed"] == 1
    assert client.post("/papers/undo", json={"token": "999"}).status_code == 404


def test_one_bad_record_stops_none_of_the_others(client: httpx.Client) -> None:
    bad: list[Any] = [5, {}, {"title": "Only a title"}, {**QUOKKA, "year": "soon"}, None, [[]]]
    job = finished(client, client.post("/papers", json={"papers": [*bad, QUOKKA]}))
    assert (job["result"]["new"], job["result"]["rejected"]) == (1, len(bad))
    assert [reject["position"] for reject in job["result"]["rejects"]] == [1, 2, 3, 4, 5, 6]
    assert all(reject["why"] for reject in job["result"]["rejects"])
    client.post("/papers/remove", json={"source": "added by a program"})


def test_rejected_records_are_had_whole_and_mended(client: httpx.Client) -> None:
    lines = [json.dumps(QUOKKA), json.dumps({"title": "Wells", "year": 2020}), "{ broken"]
    files = [("files", ("records.jsonl", "\n".join(lines).encode()))]
    job = finished(client, client.post("/papers", files=files))
    kept = job["result"]["rejects_file"]
    assert kept == f"/v1/jobs/{job['id']}/rejects"
    found = client.get(kept.removeprefix("/v1"))
    assert found.headers["content-type"].startswith("application/jsonl")
    rows = [json.loads(line) for line in found.text.splitlines()]
    assert [(row["position"], row["title"]) for row in rows] == [(2, "Wells"), (3, "")]
    assert rows[1]["text"] == "{ broken"

    mended = {**rows[0], "abstract": "Wells near the coast turn salty in dry years."}
    files = [("files", ("mended.jsonl", json.dumps(mended).encode()))]
    job = finished(client, client.post("/papers", files=files))
    assert (job["result"]["new"], job["result"]["rejects_file"]) == (1, None)
    assert client.get(f"/jobs/{job['id']}/rejects").status_code == 404
    assert client.get("/jobs/none/rejects").status_code == 404
    (wells,) = client.get("/papers", params={"text": "salty"}).json()["papers"]
    assert [(s["file"], s["position"]) for s in wells["sources"]] == [("records.jsonl", 2)]
    client.post("/papers/remove", json={"source": "records.jsonl"})


def test_an_uploaded_page_is_read_as_the_command_line_reads_it(client: httpx.Client) -> None:
    page = write(FAKES, "footers", day="Nov 5, 2025").encode()
    files = [("files", ("../../etc/passwd\x00.txt", page)), ("files", ("notes.txt", b"no page"))]
    job = finished(client, client.post("/papers", files=files, data={"saved": "2025-11-06"}))
    assert (job["result"]["read"], job["result"]["new"]) == (len(FAKES), 0)
    assert [reject["file"] for reject in job["result"]["rejects"]] == ["notes.txt"]
    sources = client.get("/sources").json()["sources"]
    assert not any("/etc" in name or ".." in name for name in sources)
    for name in [name for name in sources if name.startswith("passwd")]:
        client.post("/papers/remove", json={"source": name})


def test_columns_of_a_table_can_be_named(client: httpx.Client) -> None:
    files = {"files": ("a.csv", "Titel,Inhalt\nGlocken,Wir läuten oft und gern.\n".encode())}
    told = {"columns": ["title=Titel", "abstract=Inhalt"]}
    key = {"Idempotency-Key": "columns"}
    job = finished(client, client.post("/papers", files=files, data=told, headers=key))
    assert (job["result"]["new"], job["result"]["rejects"]) == (1, [])
    assert client.post("/papers", files=files, headers=key).status_code == 409
    client.post("/papers/remove", json={"source": "a.csv"})


def test_the_same_key_adds_once_and_with_another_body_not_at_all(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "once"}
    first = client.post("/papers", json={"papers": [QUOKKA]}, headers=key)
    again = client.post("/papers", json={"papers": [QUOKKA]}, headers=key)
    assert again.json()["id"] == first.json()["id"]
    other = client.post("/papers", json={"papers": []}, headers=key)
    assert other.status_code == 409
    finished(client, first)
    client.post("/papers/remove", json={"source": "added by a program"})


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"content": b"[", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400),
        ({"json": []}, 422),
        ({"json": {"papers": 5}}, 422),
        ({"json": {"papers": [], "sauce": 1}}, 422),
        ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"files": {"other": b"x"}}, 422),
        ({"files": {"files": b"x"}, "data": {"saved": "monday"}}, 422),
        ({"files": {"files": b"x"}, "data": {"columns": ["title=Titel", "colour=x"]}}, 422),
        ({"files": {"files": b"x"}, "data": {"columns": ["title=a"] * 101}}, 422),
    ],
)
def test_what_holds_no_papers_is_a_problem(
    client: httpx.Client, request_: dict[str, Any], status: int
) -> None:
    response = client.post("/papers", **request_)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("format", ["bibtex", "ris", "csl-json", "csv", "markdown"])
def test_papers_are_exported_in_every_format(client: httpx.Client, format: str) -> None:
    params = {"format": format, "text": "beehives"}
    response = client.get("/papers/export", params=params)
    assert response.status_code == 200
    assert "attachment" in response.headers["content-disposition"]
    assert BEES.title in response.text.replace("{", "").replace("}", "")
    assert client.get("/papers/export", params={"format": "docx"}).status_code == 422


def test_jobs_are_listed_newest_first_and_unknown_ones_are_problems(client: httpx.Client) -> None:
    ids = [client.post("/papers", json={"papers": []}).json()["id"] for _ in range(3)]
    assert [job["id"] for job in client.get("/jobs").json()["jobs"][:3]] == ids[::-1]
    assert client.get("/jobs/none").status_code == 404


def test_keys_keep_apart_what_they_may_and_what_is_theirs(serve: Serve) -> None:
    address = serve(ASSISTANT_PASSWORD="open sesame")
    with httpx.Client(base_url=f"{address}/v1", trust_env=False, timeout=60) as client:
        refused = client.post("/ask", json={"question": "x"})
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        client.headers["Authorization"] = "Bearer open sesame"
        assert client.get("/papers").json()["total"] == len(FAKES)
