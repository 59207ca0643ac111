"""What the readers of XML share: bounds, refusals, and what is kept of a broken file."""

from __future__ import annotations

import io
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers.acl_xml import AclXml
from store.readers.arxiv_atom import ArxivAtom
from store.readers.base import Origin, Reader, ReaderError
from store.readers.pubmed import PubmedXml
from store.readers.xml import root_of

XML: list[Reader] = [ArxivAtom(), PubmedXml(), AclXml()]
ORIGIN = Origin("a.xml")
ENTRY = (
    "<entry><id>http://arxiv.org/abs/{id}</id><title>Title {id}</title>"
    "<summary>{abstract}</summary></entry>"
)


def feed(entries: str, doctype: str = "") -> bytes:
    opening = '<feed xmlns="http://www.w3.org/2005/Atom">'
    return f'<?xml version="1.0"?>{doctype}{opening}{entries}</feed>'.encode()


def read(data: bytes) -> list[Paper | Rejected]:
    return list(ArxivAtom().read(data, ORIGIN))


LAUGHS = (
    "<!DOCTYPE feed ["
    + '<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
BLOW_UP = f'<!DOCTYPE feed [<!ENTITY a "{"a" * 60_000}">]>'


@pytest.mark.parametrize(
    ("doctype", "used"),
    [
        (LAUGHS, "&l9;"),
        (BLOW_UP, "&a;" * 5_000),
        ('<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        ('<!DOCTYPE feed [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>', "text"),
    ],
    ids=["billion laughs", "quadratic blow-up", "external entity", "parameter entity"],
)
def test_entities_are_refused(doctype: str, used: str) -> None:
    with pytest.raises(ReaderError, match="entities"):
        read(feed(ENTRY.format(id="2404.01234", abstract=used), doctype))


def test_a_doctype_that_names_a_dtd_is_passed_over() -> None:
    doctype = '<!DOCTYPE feed PUBLIC "-//X//DTD//EN" "https://dtd.example/a.dtd">'
    [paper] = read(feed(ENTRY.format(id="2404.01234", abstract="caf&eacute;"), doctype))
    assert isinstance(paper, Paper)
    assert paper.abstract == "café"


def test_papers_before_a_break_are_kept() -> None:
    whole = feed("\n".join(ENTRY.format(id=f"2404.0000{n}", abstract="a b c") for n in (1, 2)))
    first, second = read(whole[: whole.index(b"Title 2404.00002")])
    assert isinstance(first, Paper)
    assert isinstance(second, Rejected)
    assert second.source.position == 2
    assert "broken at line 2" in second.why


@pytest.mark.parametrize(
    "data",
    [b"<feed><entry></feed>", b"<feed", b"", b"<feed>\0</feed>", b"<feed>&nothing;</feed>",
     b'<?xml version="1.0" encoding="klingon"?><feed/>'.replace(b"/>", b">x</feed>"),
     b'<?xml version="1.0" encoding="big5"?><feed>x</feed>',
     b"<feed>" + b"<a>" * 10_000, b"<feed><a b='" + b"x" * (12 << 20)],
    ids=["mismatch", "cut", "empty", "nul", "undeclared", "unknown", "multi-byte", "deep", "long"],
)  # fmt: skip
def test_what_is_no_xml_is_an_error_in_a_sentence(data: bytes) -> None:
    with pytest.raises(ReaderError, match=r"^a\.xml .*\.$"):
        read(data)


def test_a_huge_record_is_refused() -> None:
    with pytest.raises(ReaderError, match="larger than"):
        read(feed("<entry>" + "<x>yyyyyyyy</x>" * 200_000 + "</entry>"))


def test_records_come_as_they_are_read() -> None:
    one = ENTRY.format(id="2404.01234", abstract="word " * 200)
    stream = io.BytesIO(feed(one * 20_000))
    papers = ArxivAtom().read(stream, ORIGIN)
    assert len(list(islice(papers, 3))) == 3
    assert stream.tell() <= 131_072


def test_utf_16_is_read_as_it_comes() -> None:
    one = ENTRY.format(id="2404.01234", abstract="word " * 200)
    stream = io.BytesIO(feed(one * 20_000).decode().encode("utf-16"))
    assert len(list(islice(ArxivAtom().read(stream, ORIGIN), 3))) == 3
    assert stream.tell() <= 262_144


def test_half_a_character_of_utf_16_is_shown_as_one_that_is_missing() -> None:
    one = ENTRY.format(id="2404.01234", abstract="Small bees.")
    data = feed(one).decode().encode("utf-16-le").replace(b"b\0e\0e", b"\0\xd8e\0e")
    (paper,) = read(data)
    assert isinstance(paper, Paper)
    assert paper.abstract == "Small \ufffdees."


def test_roots_are_found_behind_what_may_stand_before_them() -> None:
    assert root_of(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b -->\n<x:feed>") == "feed"
    assert root_of(b"<!DOCTYPE html PUBLIC 'a'><html>") == "html"
    assert root_of("<?xml version='1.0' encoding='utf-16'?><feed>".encode("utf-16")) == "feed"
    assert root_of(b"plain text < more") == ""


@pytest.mark.parametrize("reader", XML, ids=lambda reader: reader.key)
@given(data=st.binary(max_size=300), cut=st.integers(0, 4000), at=st.integers(0, 4000))
@settings(max_examples=40, deadline=None)
def test_nothing_else_is_raised(reader: Reader, data: bytes, cut: int, at: int) -> None:
    folder = Path(__file__).parent.parent / "samples" / reader.key
    for sample in sorted(folder.iterdir()):
        whole = sample.read_bytes()
        with suppress(ReaderError):
            list(reader.read(whole[:at] + data + whole[at + cut :], ORIGIN))


@pytest.mark.parametrize("reader", XML, ids=lambda reader: reader.key)
def test_files_of_others_are_not_claimed(reader: Reader) -> None:
    for sample in (Path(__file__).parent.parent / "samples").glob("*/*"):
        head = sample.read_bytes()[:65_536]
        assert reader.sniff(head, sample.name) == (sample.parent.name == reader.key), sample
    assert not reader.sniff(b"<feed xmlns='http://www.w3.org/2005/Atom'><title>Blog</title>", "a")
