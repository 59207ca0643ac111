"""When two records are the same paper."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.catalog import Catalog
from store.identity import alike, keys_of, same_paper, title_key
from store.paper import Paper, merge, normal_ids
from tests.store.making import record

TIDES = (
    "Tides rise and fall with the moon. We measured ninety harbours for three years and found "
    "that narrow mouths delay the flood by up to two hours."
)
DUNES = (
    "Dunes wander slowly against the wind where grass holds them. A model of sand and roots "
    "explains how fast, and what a road through them changes."
)


def same(one: dict[str, Any], other: dict[str, Any], title: str = "Attention") -> bool:
    first = Paper(**{"title": title, "abstract": TIDES, **one})
    second = Paper(**{"title": title, "abstract": DUNES, **other})
    answers = {same_paper(first, second), same_paper(second, first)}
    assert len(answers) == 1
    return answers.pop()


def test_titles_meet_however_they_are_written() -> None:
    for forms in (
        ("Pre-training at Scale", "Pretraining at scale", "PRE TRAINING AT SCALE."),
        ("β-VAE", "Beta VAE", "$\\beta$-VAE", "$\\varbeta$ VAE"),
        ("Search & Rescue", "Search and rescue"),
    ):
        assert len({title_key(form) for form in forms}) == 1, forms
    assert title_key("?") != title_key("!")


def test_one_short_title_is_the_title_of_many_papers() -> None:
    assert not same({}, {})
    assert not same({"authors": ("Ada One",)}, {"authors": ("Ben Two",)})
    assert not same(
        {"authors": ("Ada One",), "year": 2019}, {"authors": ("Ada One",), "year": 2019}
    )
    assert same({"abstract": DUNES}, {})


def test_the_same_text_is_the_same_paper_whoever_is_named() -> None:
    assert same({"abstract": f"{DUNES} It holds in Spain."}, {"authors": ("Ben Two",)})
    assert same({"abstract": DUNES[:60]}, {})


def test_a_few_words_are_not_a_text_that_tells() -> None:
    said = {"abstract": "We study attention."}
    longer = {"abstract": f"We study attention. {TIDES}"}
    others = {"authors": ("Ada One",), "year": 1990}, {"authors": ("Ben Two",), "year": 2020}
    assert not same({**said, **others[0]}, {**said, **others[1]})
    assert not same({**said, **others[0]}, {**longer, **others[1]})
    assert not same({**said, "doi": "10.5555/a"}, {**said, "doi": "10.5555/b"})
    assert not same(said, longer)
    assert same(said, said)


def test_what_says_too_little_is_believed_where_the_title_says_much() -> None:
    long = "Attention to tides in narrow harbours"
    few = {"abstract": "Tides are slow."}
    assert same(few, {}, long)
    assert not same(few, {})
    assert not same({**few, "authors": ("Ada One",)}, {"authors": ("Ben Two",)}, long)
    assert not same({**few, "year": 2010}, {"year": 2020}, long)
    assert not same({**few, "doi": "10.5555/a"}, {"doi": "10.5555/b"}, long)


def test_authors_are_the_same_people_however_they_are_written() -> None:
    short = {"abstract": "Tides are slow."}
    for one, other in (
        (("Ada M. One",), ("One, A. M.",)),
        (("Vincent van den Berg",), ("Berg, Vincent",)),
        (("José Núñez", "Ben Two"), ("Nunez, J.", "Two, B.")),
        (("Two, Ben", "Ada One"), ("Ada One", "Ben Two")),
    ):
        assert same({**short, "authors": one}, {"authors": other})


def test_a_register_s_id_joins_and_another_of_the_same_register_parts() -> None:
    assert same({"doi": "10.5555/a"}, {"doi": "https://doi.org/10.5555/A"})
    assert same({"arxiv_id": "2101.00001v1"}, {"arxiv_id": "2101.00001v3"})
    assert same({"other_ids": ("pubmed:7",)}, {"other_ids": ("pubmed:7", "openalex:W1")})
    for one, other in (
        ({"arxiv_id": "2101.00001"}, {"arxiv_id": "2101.00002"}),
        ({"other_ids": ("pubmed:7",)}, {"other_ids": ("pubmed:8",)}),
        ({"other_ids": ("acl:N18-3011",)}, {"other_ids": ("acl:2020.acl-main.1",)}),
    ):
        assert not same({"abstract": DUNES, **one}, other)
    assert same({"abstract": DUNES, "other_ids": ("openalex:W1",)}, {"other_ids": ("openalex:W2",)})


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("pubmed:31452104", "pubmed:31452104"),
        ("PubMed: https://pubmed.ncbi.nlm.nih.gov/31452104/", "pubmed:31452104"),
        ("openalex:https://openalex.org/W2741809807", "openalex:w2741809807"),
        ("acl:https://aclanthology.org/2020.acl-main.447", "acl:2020.acl-main.447"),
        ("acl:P19-1001", "acl:p19-1001"),
        (
            "s2:649DEF34F8BE52C8B66281AF98AE884C09AEF38B",
            "s2:649def34f8be52c8b66281af98ae884c09aef38b",
        ),
        ("s2:corpus12345", "s2:corpus12345"),
        ("DOI: https://doi.org/10.1101/2020.01.01.42.", "doi:10.1101/2020.01.01.42"),
        ("doi:42", None),
        ("pubmed:none", None),
        ("isbn:978", None),
        ("31452104", None),
        ("", None),
    ],
)
def test_ids_of_registers_are_known_however_they_are_written(
    given: str, normal: str | None
) -> None:
    assert normal_ids([given]) == ((normal,) if normal else ())


_records = st.builds(
    lambda title, abstract, facts: record(title, abstract, **facts),
    title=st.sampled_from(["Attention", "attention!", "On tides in very small harbours"]),
    abstract=st.sampled_from([TIDES, DUNES, "Short.", f"{TIDES} More.", ""]),
    facts=st.sampled_from(
        [{}, {"doi": "10.5555/a"}, {"doi": "10.5555/b"}, {"authors": ("Ada One",)},
         {"authors": ("Ben Two",), "year": 2020}, {"other_ids": ("pubmed:1",)}, {"year": 2010}]
    ),
)  # fmt: skip


@given(st.lists(_records, max_size=8), st.randoms(use_true_random=False))
def test_the_groups_are_the_same_whatever_the_records_order(
    records: list[Paper], random: Random
) -> None:
    def content(groups: list[list[Paper]]) -> list[list[str]]:
        return sorted(sorted(map(repr, group)) for group in groups)

    shuffled = list(records)
    random.shuffle(shuffled)
    assert content(alike(shuffled)) == content(alike(records))


def test_papers_of_one_title_live_side_by_side_in_a_library(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "papers.sqlite")
    one = record("Attention", TIDES, "a.txt", authors=("Ada One",))
    other = record("Attention", DUNES, "b.txt", authors=("Ben Two",))
    assert list(catalog.put([one]).values()) == ["new"]
    assert list(catalog.put([other]).values()) == ["new"]
    first, second = catalog.list()
    assert (first.id, second.id) == (one.id, f"{one.id}-2")
    assert set(catalog.put([one, other]).values()) == {"unchanged"}
    assert catalog.known_by([title_key("Attention")]) == {title_key("Attention"): first.id}

    third = record("Attention", DUNES, "c.txt", doi="10.5555/x")
    assert catalog.put([third]) == {second.id: "updated"}
    removal = catalog.remove_papers([first.id])
    assert [paper.doi for paper in catalog.list()] == ["10.5555/x"]
    catalog.undo(removal.token)
    assert {paper.id for paper in catalog.list()} == {first.id, second.id}
    catalog.close()


def test_four_formats_of_one_paper_are_one_with_all_its_ids_and_the_fullest_record(
    tmp_path: Path,
) -> None:
    catalog = Catalog(tmp_path / "papers.sqlite")
    title = "Tides in small harbours"
    catalog.put([
        record(title, TIDES[:90], "page.txt", author_count=2, upvotes=7),
        record(title, TIDES, "x.bib", authors=("Ada One", "Ben Two"), doi="10.5555/t", year=2020),
        record(title.upper(), TIDES, "x.nbib", authors=("One A", "Two B"), other_ids=("pubmed:5",)),
        record(title, TIDES, "x.xml", arxiv_id="1901.00001v2", doi="10.5555/T", year=2019),
    ])  # fmt: skip
    (paper,) = catalog.list()
    assert (paper.doi, paper.arxiv_id, paper.other_ids) == (
        "10.5555/t", "1901.00001", ("pubmed:5",),
    )  # fmt: skip
    assert (paper.abstract, paper.upvotes, len(paper.sources)) == (TIDES, 7, 4)
    catalog.close()


@pytest.mark.parametrize("longer", ["preprint", "journal"])
def test_a_preprint_and_its_publication_are_one_paper_with_both_dois(
    tmp_path: Path, longer: str
) -> None:
    catalog = Catalog(tmp_path / "papers.sqlite")
    dois = {"preprint": "10.1101/2020.01.01.42", "journal": "10.5555/tides"}
    said = {
        name: record("Tides", f"{TIDES} More." if name == longer else TIDES, name, doi=doi)
        for name, doi in dois.items()
    }
    catalog.put(said.values())
    (paper,) = catalog.list()
    (other,) = set(dois) - {longer}
    assert (paper.doi, paper.other_ids) == (dois[longer], (f"doi:{dois[other]}",))
    keys = [f"doi:{doi}" for doi in dois.values()]
    assert catalog.known_by(keys) == dict.fromkeys(keys, paper.id)
    assert set(keys) < set(keys_of(paper))  # where it is exported and added again
    catalog.remove_source(other)
    assert catalog.list()[0].other_ids == ()
    catalog.close()


def test_the_doi_that_arxiv_gave_is_told_by_the_arxiv_id() -> None:
    arxiv = record("Tides", TIDES, "a", doi="10.48550/arXiv.2101.00001")
    journal = record("Tides", f"{TIDES} More.", "b", doi="10.5555/tides")
    paper = merge([arxiv, journal])
    assert (paper.doi, paper.arxiv_id, paper.other_ids) == ("10.5555/tides", "2101.00001", ())


def test_a_library_of_the_first_format_opens_with_all_it_held(tmp_path: Path) -> None:
    path = tmp_path / "papers.sqlite"
    catalog = Catalog(path)
    papers = [record("Tides", TIDES), record("Dunes", DUNES, position=2, doi="10.5555/d")]
    catalog.put(papers)
    before = catalog.list()
    catalog.close()
    with sqlite3.connect(path) as db:
        db.executescript(
            "ALTER TABLE papers DROP COLUMN other_ids; DROP TABLE keys; CREATE TABLE keys "
            "(key TEXT PRIMARY KEY, paper_id TEXT NOT NULL) WITHOUT ROWID; "
            "UPDATE meta SET value = '1' WHERE key = 'schema_version';"
        )
    db.close()
    catalog = Catalog(path)
    assert catalog.list() == before
    assert set(catalog.put(papers).values()) == {"unchanged"}
    assert catalog.known_by(keys_of(papers[1])) == dict.fromkeys(keys_of(papers[1]), papers[1].id)
    catalog.close()


def test_the_doi_that_arxiv_makes_of_a_paper_is_told_by_its_arxiv_id() -> None:
    own = ("doi:10.48550/arXiv.2101.00001v2", "doi:10.48550/arXiv.2101.00001", "doi:10.5555/tides")
    paper = record("Tides", TIDES, doi="10.5555/tides", arxiv_id="2101.00001", other_ids=own)
    assert paper.other_ids == ()
    assert record("Tides", TIDES, other_ids=own[2:]).other_ids == ("doi:10.5555/tides",)
