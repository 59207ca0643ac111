"""PubMed's text format."""

from __future__ import annotations

from datetime import date as Date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected, Source
from store.readers.nbib import Nbib
from tests.store.any_papers import hostile_texts
from tests.store.any_records import (
    SAMPLES,
    of_others,
    raises_only_its_own,
    read,
    read_sample,
    streams,
    titles,
)  # fmt: skip

NBIB = Nbib()


def test_pubmeds_records_are_read() -> None:
    snails, slow, slugs = read_sample(NBIB, "pubmed.nbib")
    assert snails == Paper(
        title="Effects of invented tea on the patience of snails: a randomised trial",
        abstract="BACKGROUND: Snails are slow. METHODS: We gave tea to 40 snails (p<0.05). "
        "CONCLUSIONS: They stayed slow.",
        authors=("Maria A Shell", "Piet de Groot Jr", "Snail Study Group"),
        date=Date(2024, 2, 20),
        venue="Journal of snail research",
        url="https://pubmed.ncbi.nlm.nih.gov/41000001/",
        doi="10.5555/snail.2024.17",
        other_ids=("pubmed:41000001",),
        sources=(Source("pubmed.nbib", 1, 2),),
    )
    assert isinstance(slow, Rejected)
    assert (slow.why, slow.text, slow.source.line) == ("it has no abstract", "On slowness", 29)
    assert isinstance(slugs, Paper)
    assert (slugs.doi, slugs.year, slugs.date) == ("10.5555/slug", 2001, None)
    assert slugs.authors == ("BC Slime",)


@given(st.lists(st.tuples(st.integers(1, 10**8), titles, titles), max_size=4), st.integers(1, 3))
@settings(deadline=None, max_examples=40)
def test_what_is_written_in_the_format_is_read_back(
    some: list[tuple[int, str, str]], gap: int
) -> None:
    text = "".join(
        f"PMID- {pmid}\nTI  - {title.replace(' ', chr(10) + '      ')}.\nAB  - {abstract}"
        + "\n" * gap
        for pmid, title, abstract in some
    )
    found = read(NBIB, text.encode())
    assert [
        (one.other_ids, one.title, one.abstract) for one in found if isinstance(one, Paper)
    ] == [((f"pubmed:{pmid}",), title, abstract) for pmid, title, abstract in some]


RECORD = "PMID- NUMBER\nTI  - Paper NUMBER\nAB  - " + "Words\n      and more " * 50 + "\n\n"


def test_any_number_of_records_is_read_as_a_stream() -> None:
    streams(NBIB, RECORD, 5_000)


@given(hostile_texts | st.lists(st.sampled_from(
    ["PMID- 1\n", "\n", "TI  - a", "      ", "AB  -", "FAU - a, b", "x", " - ", "DP  - 2"]
)).map("".join))  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_no_input_raises_anything_else(text: str) -> None:
    raises_only_its_own(NBIB, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("text", ["PMID- 1", "PMID: 1\nTI  - x", "See PMID- 1\nTI  - x\n", ""])
def test_other_texts_are_not_claimed(text: str) -> None:
    assert not NBIB.sniff(text.encode(), "x.nbib")


def test_its_files_are_known_by_content_and_no_others() -> None:
    for file in (SAMPLES / "nbib").iterdir():
        assert NBIB.sniff(file.read_bytes(), "x.txt")
    assert not [file for file in of_others("nbib") if NBIB.sniff(file.read_bytes(), file.name)]
