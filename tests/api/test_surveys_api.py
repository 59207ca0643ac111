"""`/v1/table`, `/v1/compare` and `/v1/brief` on a real server."""

from __future__ import annotations

import httpx
import pytest

HIVES = "dialects of beehives"


def post(address: str, path: str, body: object) -> httpx.Response:
    return httpx.post(f"{address}/v1/{path}", json=body, timeout=60)


def test_a_table_has_the_columns_asked_for_and_cited_cells(address: str) -> None:
    answer = post(address, "table", {"question": HIVES, "columns": ["method", "how many hives?"]})
    assert answer.status_code == 200
    table = answer.json()
    assert table["columns"] == ["method", "how many hives?"]
    (row,) = table["rows"]
    for cell in row["cells"]:
        for citation in cell["citations"]:
            assert citation["paper_id"] == row["paper"]["paper_id"]
            assert cell["text"] in citation["quote"]


def test_methods_are_compared(address: str) -> None:
    body = {"methods": ["tide clock", "foobarnet"], "aspects": ["result"]}
    found = post(address, "compare", body).json()
    assert [bool(method["papers"]) for method in found["methods"]] == [True, False]
    assert found["notice"] == "No paper of this library names 'foobarnet'."


def test_a_brief_is_written(address: str) -> None:
    found = post(address, "brief", {"topic": "tuning church organs"}).json()
    assert [paper["year"] for paper in found["papers"]] == [2021]
    assert found["writer"] == "extractive"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("table", {"question": HIVES, "columns": ["!?"]}, 422),
        ("table", {"question": HIVES, "columns": ["a"] * 9}, 422),
        ("table", {"question": HIVES, "rows": 3}, 422),
        ("table", {"question": HIVES, "writer": "model"}, 409),
        ("compare", {"methods": ["one"]}, 422),
        ("compare", {"methods": ["one", "one"]}, 422),
        ("compare", {"methods": ["one", "ONE"]}, 409),
        ("brief", {"topic": ""}, 422),
        ("brief", {"topic": "bees", "top_k": 51}, 422),
    ],
)
def test_what_cannot_be_used_is_a_problem_in_one_sentence(
    address: str, path: str, body: object, status: int
) -> None:
    answer = post(address, path, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")
