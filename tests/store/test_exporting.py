"""Papers out of the library: what other programs read is what went in."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date as Date
from itertools import islice
from typing import Any

import bibtexparser
import pytest
import rispy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from store.exporting import FORMATS, export_papers
from store.exports.bibtex import from_latex, key_of, to_latex
from store.exports.markdown import escaped
from store.exports.table import COLUMNS, guarded, unguarded
from store.exports.text import authors, clean, name_parts, one_line, web_address
from store.paper import Paper
from tests.store.any_papers import hostile_texts, papers, texts

ATTENTION = Paper(
    title="Attention Is All You Need", abstract="We propose the Transformer.",
    authors=("Ashish Vaswani", "Noam Shazeer"), organisation="Google", date=Date(2017, 6, 12),
    arxiv_id="1706.03762", venue="NeurIPS",
    url="https://arxiv.org/abs/1706.03762", doi="10.5555/attention",
)  # fmt: skip
some_papers = st.lists(papers(), max_size=3)
thorough = settings(deadline=None, max_examples=60)


def exported(papers: list[Paper], format: str) -> str:
    return "".join(export_papers(papers, format))


def read_bibtex(text: str) -> list[dict[str, str]]:
    parser = bibtexparser.bparser.BibTexParser(common_strings=True)
    entries: list[dict[str, str]] = parser.parse(text).entries if text else []
    return entries


def filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def split_names(value: str) -> list[str]:
    """Names as BibTeX divides them: at each `and` outside of braces."""
    names, depth = [""], 0
    for word in re.split(r"(\s+|[{}])", value):
        depth += (word == "{") - (word == "}")
        if word == "and" and depth == 0:
            names.append("")
        else:
            names[-1] += word
    return [from_latex(name).strip() for name in names]


# --- every format ---------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_papers_are_written_one_at_a_time(format: str) -> None:
    asked = 0

    def endless() -> Iterator[Paper]:
        nonlocal asked
        while True:
            asked += 1
            yield Paper(title=f"Paper {asked}", abstract="Of many.")

    pieces = list(islice(export_papers(endless(), format), 50))
    assert all(pieces)
    assert asked <= 50


@pytest.mark.parametrize("format", FORMATS)
@given(st.lists(papers(hostile_texts), max_size=2))
@settings(deadline=None, max_examples=40)
def test_whatever_a_paper_holds_the_file_is_utf8_without_control_characters(
    format: str, some: list[Paper]
) -> None:
    text = exported(some, format)
    assert text.encode("utf-8").decode("utf-8") == text
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)


def test_an_unknown_format_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="no format 'docx': choose bibtex, ris, csl-json"):
        export_papers([], "docx")


@given(texts)
def test_a_name_keeps_its_words(name: str) -> None:
    family, given_names = name_parts(name)
    if family:
        assert one_line(name) in (f"{given_names} {family}", f"{family}, {given_names}")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ludwig van Beethoven", ("van Beethoven", "Ludwig")),
        ("van Gogh, Vincent", ("van Gogh", "Vincent")),
        ("Ashish Vaswani", ("Vaswani", "Ashish")),
        ("J. R. R. Tolkien", ("Tolkien", "J. R. R.")),
        ("Plato", ("", "")),
        ("Gemini Team", ("", "")),
        ("Smith and Sons", ("", "")),
        ("Jr., a, b", ("", "")),
    ],
)
def test_names_are_parted_where_that_is_clear(name: str, parts: tuple[str, str]) -> None:
    assert name_parts(name) == parts


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "ftp://b.c", "//b.c", "http://", "https://[b"],
)
def test_only_web_addresses_are_links(url: str) -> None:
    assert web_address(url) == ""


# --- BibTeX ---------------------------------------------------------------------------------


@given(hostile_texts)
def test_a_text_in_latex_can_be_read_back(text: str) -> None:
    assert from_latex(to_latex(text)) == one_line(text)


@given(some_papers)
@thorough
def test_bibtexparser_reads_back_what_went_in(some: list[Paper]) -> None:
    entries = read_bibtex(exported(some, "bibtex"))
    assert len(entries) == len(some)
    for entry, paper in zip(entries, some, strict=True):
        entry = {name: value for name, value in entry.items() if name not in ("ID", "ENTRYTYPE")}
        venue = entry.pop("journal", "") or entry.pop("booktitle", "")
        assert from_latex(venue) in (one_line(paper.venue), "")
        assert split_names(entry.pop("author", "")) == (authors(paper) or [""])
        raw = {name: entry.pop(name, "") for name in ("url", "doi", "eprint", "archiveprefix")}
        assert raw["url"] == web_address(paper.url)
        assert (raw["doi"], raw["eprint"]) == (paper.doi or "", paper.arxiv_id or "")
        day = paper.date
        assert {name: from_latex(value) for name, value in entry.items()} == filled(
            title=one_line(paper.title),
            year=str(paper.year or ""),
            month=f"{day:%B}" if day else "",
            day=str(day.day) if day else "",
            organization=one_line(paper.organisation),
            abstract=one_line(paper.abstract) if paper.kind == "abstract" else "",
            annote=one_line(paper.abstract) if paper.kind == "summary" else "",
            authorcount="" if paper.authors else str(paper.author_count or ""),
            dateinferred="true" if paper.date_inferred else "",
            paperid=paper.id,
        ) | ({"title": ""} if not one_line(paper.title) else {})


@given(hostile_texts)
def test_braces_balance_whatever_the_text(text: str) -> None:
    depth = 0
    for char in to_latex(text):
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0


@given(hostile_texts)
@example("\\{}~^<>|$&#_% $x^2$")
def test_latex_finds_no_command_of_the_text_s_own(text: str) -> None:
    rest = re.sub(r"\{\\text[a-z]+\}|\\[$&#_%]", "", to_latex(text))
    assert not re.search(r"[\\{}~^<>|$&#_%]", rest)


def test_an_entry_has_the_type_that_the_venue_tells() -> None:
    venues = {
        "NeurIPS": "inproceedings",
        "Proceedings of the 12th Workshop on Tides": "inproceedings",
        "Journal of Conference Studies": "article",
        "Proceedings of the National Academy of Sciences": "article",
        "Nature": "article",
        "arXiv": "misc",
        "": "misc",
    }
    given_papers = [Paper(title=v, abstract="", venue=v) for v in venues]
    entries = read_bibtex(exported(given_papers, "bibtex"))
    assert [entry["ENTRYTYPE"] for entry in entries] == list(venues.values())


def test_keys_are_the_same_in_every_export_and_never_the_same_twice() -> None:
    assert re.fullmatch(r"vaswani2017attention-[0-9a-f]{8}", key_of(ATTENTION))
    twins = [Paper(title="Attention", abstract="", id=f"twin-{n}", year=2017) for n in range(200)]
    alone = [read_bibtex(exported([paper], "bibtex"))[0]["ID"] for paper in twins[:5]]
    together = re.findall(r"@misc\{(.*),", exported([*twins, twins[0]], "bibtex"))
    assert together[:5] == alone
    assert len(set(together)) == 201
    assert key_of(Paper(title="漢字", abstract="")).isascii()


def test_nobody_is_invented_where_only_the_number_of_authors_is_known() -> None:
    (entry,) = read_bibtex(exported([Paper(title="T", abstract="", author_count=7)], "bibtex"))
    assert "author" not in entry
    assert entry["authorcount"] == "7"


# --- RIS ------------------------------------------------------------------------------------


@given(some_papers)
@thorough
def test_rispy_reads_back_what_went_in(some: list[Paper]) -> None:
    records = rispy.loads(exported(some, "ris"))
    assert len(records) == len(some)
    for record, paper in zip(records, some, strict=True):
        assert record.pop("type_of_reference") in ("CONF", "JOUR", "GEN")
        urls = record.pop("urls", [])
        assert urls == ([web_address(paper.url).replace(";", "%3B")] if urls else [])
        names = [" ".join(reversed(n.split(", ", 1))) for n in record.pop("authors", [])]
        assert names == [" ".join(reversed(n.split(", ", 1))) for n in map(_ris, authors(paper))]
        summary, text = paper.kind == "summary", one_line(paper.abstract)
        assert record == filled(
            id=paper.id,
            title=one_line(paper.title),
            year=str(paper.year or ""),
            date=f"{paper.date:%Y/%m/%d/}" if paper.date else "",
            secondary_title=one_line(paper.venue),
            author_address=one_line(paper.organisation),
            doi=paper.doi,
            accession_number=f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "",
            abstract="" if summary else text,
            notes=[text] if summary and text else [],
        )


def _ris(name: str) -> str:
    family, rest = name_parts(name)
    return f"{family}, {rest}" if family else name


# --- CSL-JSON -------------------------------------------------------------------------------


@given(some_papers)
@thorough
def test_csl_json_reads_back_what_went_in(some: list[Paper]) -> None:
    items = json.loads(exported(some, "csl-json"))
    assert len(items) == len(some)
    for item, paper in zip(items, some, strict=True):
        assert item["id"] == paper.id
        assert item.get("title", "") == one_line(paper.title)
        assert item.get("container-title", "") == one_line(paper.venue)
        text = item.get("annote" if paper.kind == "summary" else "abstract", "")
        assert text == clean(paper.abstract)
        names = [n.get("literal") or name_parts(f"{n['family']}, {n['given']}")
                 for n in item.get("author", [])]  # fmt: skip
        assert names == [p if (p := name_parts(n))[0] else n for n in authors(paper)]
        assert (item.get("DOI"), item.get("URL", "")) == (paper.doi, web_address(paper.url))
        issued = item.get("issued", {})
        day = paper.date
        assert issued.get("date-parts") == ([[day.year, day.month, day.day]] if day else None)


def test_a_year_alone_stays_a_year() -> None:
    (item,) = json.loads(exported([Paper(title="T", abstract="", year=1999)], "csl-json"))
    assert item["issued"] == {"date-parts": [[1999]]}
    (record,) = rispy.loads(exported([Paper(title="T", abstract="", year=1999)], "ris"))
    assert (record["year"], "date" in record) == ("1999", False)


# --- CSV ------------------------------------------------------------------------------------


@given(some_papers)
@thorough
def test_csv_reads_back_what_went_in(some: list[Paper]) -> None:
    text = exported(some, "csv").encode().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(some)
    for row, paper in zip(rows, some, strict=True):
        assert tuple(row) == COLUMNS
        read = {name: unguarded(cell) for name, cell in row.items()}
        assert read["title"] == clean(paper.title)
        assert read["abstract"] == clean(paper.abstract)
        assert read["authors"] == clean("; ".join(paper.authors))
        assert read["organisation"] == clean(paper.organisation or "")
        assert read["date"] == str(paper.date or "")
        assert read["author_count"] == str("" if paper.author_count is None else paper.author_count)
        assert read["id"] == paper.id


@given(hostile_texts)
@example("=HYPERLINK(1)")
@example("\t=1")
@example("'=1")
def test_no_cell_begins_a_formula_and_each_can_be_read_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not cell.startswith(("\t", "\n", "\r"))
    assert unguarded(cell) == text


# --- Markdown -------------------------------------------------------------------------------


@given(texts)
@example("- a")
@example("1986. A great year")
@example("# a #")
@settings(deadline=None)
def test_a_text_in_markdown_is_nothing_but_that_text(text: str) -> None:
    """Read as CommonMark, with tables and strikethrough, at the start of a block and inside."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for lead in ("", "x "):
        tokens = reader.parse(lead + escaped(text))
        assert {t.type for t in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
        inline = [child for token in tokens for child in token.children or ()]
        assert {t.type for t in inline} <= {"text", "text_special"}
        assert "".join(t.content for t in inline) == (lead + one_line(text)).strip()


def test_a_paper_in_markdown_has_one_link_and_it_is_the_paper_s() -> None:
    evil = Paper(
        title="[x](http://evil)", abstract="<img src=http://evil> ![](http://evil)",
        organisation="http://evil", url="javascript:alert(1)", authors=("<script>",),
    )  # fmt: skip
    html = MarkdownIt("commonmark").render(exported([ATTENTION, evil], "markdown"))
    assert re.findall(r'(?:href|src)="([^"]*)"', html) == ["https://doi.org/10.5555/attention"]
    assert "<em>Attention Is All You Need</em>. NeurIPS, 2017-06-12. Google." in html
    assert "<script" not in html
