"""Saved pages as papers."""

from __future__ import annotations

from contextlib import suppress
from datetime import date as Date
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.base import Origin, ReaderError
from store.readers.html_tree import text_of, tree_of
from store.readers.saved_html import SavedHtml
from tests.store.making import invented, page

SAMPLES = Path(__file__).parent.parent / "samples"


def read(content: str | bytes) -> list[Paper | Rejected]:
    data = content.encode() if isinstance(content, str) else content
    return list(SavedHtml().read(data, Origin("a.html")))


def one(content: str | bytes) -> Paper:
    [paper] = read(content)
    assert isinstance(paper, Paper), paper
    return paper


def sample(name: str) -> bytes:
    return (SAMPLES / "html" / name).read_bytes()


def test_results_of_arxivs_search() -> None:
    paper = one(sample("arxiv-search.html"))
    assert paper.title == "Tidal Memory in $O(n)$"
    assert paper.abstract == "We forecast the tides of a harbour from two gauges & a map."
    assert paper.authors == ("Mira Sandvik", "Jón Ármannsson")
    assert (paper.date, paper.arxiv_id) == (Date(2024, 4, 2), "2404.01234")
    assert paper.venue == "Journal of Harbours 7"


def test_arxivs_daily_list() -> None:
    entry = (
        "<dt><a name='item1'>[1]</a> <a href='/abs/2404.0567{n}' title='Abstract'>arXiv</a></dt>"
        "<dd><div class='meta'><div class='list-title mathjax'><span class='descriptor'>Title:"
        "</span> Gulls {n}</div><div class='list-authors'><a href='/a'>Ada Quill</a></div>{p}</div>"
    )
    text = "<p class='mathjax'>Gulls are counted.</p>"
    body = entry.format(n=1, p=text) + entry.format(n=2, p="")
    paper, bare = read(f"<!DOCTYPE html><html><body><dl id='articles'>{body}</dl></body></html>")
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract) == ("Gulls 1", "Gulls are counted.")
    assert (paper.arxiv_id, paper.authors) == ("2404.05671", ("Ada Quill",))
    assert isinstance(bare, Rejected)
    assert (bare.why, bare.text) == ("it has no abstract", "Gulls 2")


def test_the_page_of_a_paper() -> None:
    paper = one(sample("paper-page.html"))
    assert paper.title == "Counting Gulls by Ear"
    assert paper.abstract == (
        "A microphone on a pier counts gulls as well as a person does, in H2O spray."
    )
    assert paper.authors == ("Ada Quill", "Ole Brandt")
    assert (paper.date, paper.doi) == (Date(2024, 4, 8), "10.5555/gulls.1")
    assert (paper.arxiv_id, paper.venue) == ("2404.05678", "Gull Letters")
    assert paper.url == "https://papers.example/gulls/1"


def test_a_volume_of_the_anthology() -> None:
    ducks, frogs = read(sample("acl-volume.html"))
    assert isinstance(ducks, Paper)
    assert (ducks.title, ducks.abstract) == (
        "DuckBERT: Reading Ponds",
        "Ducks are read by a model.",
    )
    assert ducks.authors == ("Lena Ahlgren", "Mausam")
    assert (ducks.other_ids, ducks.year) == (("acl:2023.pond-long.1",), 2023)
    assert ducks.venue == "Proceedings of the First Meeting on Ponds"
    assert isinstance(frogs, Rejected)


def test_daily_papers_of_hugging_face() -> None:
    paper = one(sample("hugging-face.html"))
    assert (paper.title, paper.abstract) == (
        "Counting Gulls by Ear", "A microphone on a pier counts gulls.",
    )  # fmt: skip
    assert (paper.upvotes, paper.arxiv_id, paper.date) == (12, "2404.05678", Date(2024, 4, 8))


def test_json_ld() -> None:
    told = (
        '{"@context":"https://schema.org","@type":"ScholarlyArticle","headline":"Slow Tides",'
        '"abstract":"Tides are slow.","author":[{"@type":"Person","name":"Ada Quill"}],'
        '"datePublished":"2024-05-06","sameAs":"https://doi.org/10.5555/slow.1"}'
    )
    paper = one(f'<!doctype html><script type="application/ld+json">{told}</script><p>x</p>')
    assert (paper.title, paper.authors) == ("Slow Tides", ("Ada Quill",))
    assert (paper.doi, paper.date) == ("10.5555/slow.1", Date(2024, 5, 6))


def test_an_abstract_under_its_heading() -> None:
    paper = one(
        "<html><meta name=citation_title content='Slow Tides'><body><h4>Slow Tides</h4>"
        "<h4>Abstract</h4><p><p>Tides are slow, and slower where the coast is long.</p></p>"
        "<h4>Name Change Policy</h4><p>Other</p></body></html>"
    )
    assert paper.abstract == "Tides are slow, and slower where the coast is long."


def test_blocks_that_look_alike() -> None:
    papers = invented(3, seed=5, sentences=8)
    blocks = "".join(
        f"<div class='card'><h3><a href='/forum?id={n}'>{escape(p.title)}</a></h3><p>By</p>"
        f"<p>{escape(p.abstract)}</p></div>"
        for n, p in enumerate(papers)
    )
    found = read(f"<!doctype html><body><div>{blocks}</div><p>{'word ' * 80}</p></body>")
    assert [p.title for p in found if isinstance(p, Paper)] == [p.title for p in papers]


def test_what_is_left_is_read_as_a_listing_page() -> None:
    papers = invented(4, seed=2, sentences=5)
    lines = "".join(f"<p>{escape(line)}</p>" for line in page(papers).splitlines())
    found = read(f"<!doctype html><html><body>{lines}<script>no()</script></body></html>")
    assert [p.title for p in found if isinstance(p, Paper)] == [p.title for p in papers]


def test_a_single_file_save_is_unpacked() -> None:
    head = (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.example\r\nMIME-Version: "
        b'1.0\r\nContent-Type: multipart/related; boundary="B"\r\n\r\n--B\r\nContent-Type: '
        b"text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    content = head + sample("paper-page.html").replace(b"=", b"=3D") + b"\r\n--B--\r\n"
    assert SavedHtml().sniff(content, "a.mhtml")
    assert one(content).title == "Counting Gulls by Ear"


@pytest.mark.parametrize(
    "content",
    ["<html><body><p>Hello, world.</p></body></html>", "<html>", "<html>" + "<div>" * 100_000],
    ids=["a greeting", "empty", "deep"],
)
def test_a_page_without_papers_is_an_error_in_a_sentence(content: str) -> None:
    with pytest.raises(ReaderError, match=r"^a\.html .*papers.*\.$"):
        read(content)


def test_formulas_are_text_once() -> None:
    katex = (
        "<span class='katex'><span class='katex-mathml'><math><mi>x</mi><annotation "
        "encoding='application/x-tex'>x^2</annotation></math></span>"
        "<span class='katex-html'>x2</span></span>"
    )
    mathjax = "<span class='MathJax'>y2</span><script type='math/tex'>y^2</script>"
    tree = tree_of(f"<p>a {katex} b {mathjax}<br>c".encode(), "a")
    assert text_of(tree.body) == "a $x^2$ b $y^2$\nc"


def test_encodings_a_page_names_are_used() -> None:
    html = "<html><head><meta charset='koi8-r'><meta name=citation_title content='Чайки'>"
    assert (
        one(f"{html}<div class=abstract>{'Чайки на молу. ' * 5}".encode("koi8-r")).title == "Чайки"
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=6))
@settings(max_examples=50, deadline=None)
def test_text_is_what_was_written(words: list[str]) -> None:
    tree = tree_of(f"<p>{escape(' '.join(words))}</p>".encode(), "a")
    assert text_of(tree.body).split() == " ".join(words).split()


@given(data=st.binary(max_size=200), cut=st.integers(0, 2000), at=st.integers(0, 2000))
@settings(max_examples=40, deadline=None)
def test_nothing_else_is_raised(data: bytes, cut: int, at: int) -> None:
    for path in sorted((SAMPLES / "html").iterdir()):
        content = path.read_bytes()
        with suppress(ReaderError):
            read(content[:at] + data + content[at + cut :])


def test_files_of_others_are_not_claimed() -> None:
    for path in SAMPLES.glob("*/*"):
        claimed = SavedHtml().sniff(path.read_bytes()[:65_536], path.name)
        assert claimed == (path.parent.name == "html"), path
    for text in (b"# Notes\n<div>x</div>", b"<article><p>JATS</p></article>", b"%PDF-1.4", b""):
        assert not SavedHtml().sniff(text, "a.html")
