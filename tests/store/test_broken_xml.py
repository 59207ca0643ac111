"""A record that is broken XML is rejected, and all whole records of its file are read."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Collection
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.paper import Paper, Rejected
from store.readers import xml_elements
from store.readers.acl_xml import AclXml
from store.readers.arxiv_atom import ArxivAtom
from store.readers.base import KEPT, Origin, Reader, ReaderError
from store.readers.pubmed import PubmedXml

ORIGIN = Origin("a.xml")


def atom(n: int) -> str:
    return (
        f"<entry>\n<id>http://arxiv.org/abs/2404.0000{n}</id><title>Tides {n}</title>\n"
        f'<summary>The sea é {n}.</summary><author><name a="1">Ada</name></author></entry>'
    )


def pubmed(n: int) -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article>\n<ArticleTitle>Tides {n}"
        f'</ArticleTitle><Abstract><AbstractText Label="">The sea {n}.</AbstractText></Abstract>'
        "</Article></MedlineCitation></PubmedArticle>"
    )


def citation(n: int) -> str:
    return pubmed(n).removeprefix("<PubmedArticle>").removesuffix("</PubmedArticle>")


def acl(n: int) -> str:
    return (
        f'<paper id="{n}"><title>Tides {n}</title><author><first>A</first><last>B</last></author>'
        f"<abstract>The sea {n}.</abstract></paper>"
    )


def in_feed(entries: str) -> str:
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE feed SYSTEM "a.dtd">\n<a:feed xmlns:a="urn:a" '
        f'xmlns="http://www.w3.org/2005/Atom">\n{entries}\n</a:feed>\n'
    )


def in_set(articles: str) -> str:
    return f"<PubmedArticleSet>\n{articles}\n</PubmedArticleSet>"


def in_citations(citations: str) -> str:
    return f"<MedlineCitationSet>\n{citations}\n</MedlineCitationSet>"


def in_volumes(papers: str) -> str:
    """Two volumes, the second with a paper of its own."""
    first = '<volume id="v"><meta><booktitle>Ponds</booktitle><year>2001</year></meta>'
    second = '<volume id="w"><meta><booktitle>Seas</booktitle><year>2002</year></meta>'
    return (
        f'<collection id="2001.x">{first}\n{papers}\n</volume>\n'
        f"{second}\n{acl(9)}\n</volume></collection>"
    )


Written = tuple[Reader, Callable[[int], str], Callable[[str], str]]
FORMATS: list[Written] = [
    (ArxivAtom(), atom, in_feed),
    (PubmedXml(), pubmed, in_set),
    (PubmedXml(), citation, in_citations),
    (AclXml(), acl, in_volumes),
]
EACH = pytest.mark.parametrize("written", FORMATS, ids=lambda w: w[0].key)


def read(reader: Reader, text: str | bytes) -> tuple[list[str], list[Rejected]]:
    data = text.encode() if isinstance(text, str) else text
    found = list(reader.read(data, ORIGIN))
    titles = [one.title for one in found if isinstance(one, Paper)]
    assert [
        one.source.position if isinstance(one, Rejected) else one.sources[0].position
        for one in found
    ] == list(range(1, len(found) + 1))
    return titles, [one for one in found if isinstance(one, Rejected)]


def expected(written: Written, numbers: list[int]) -> list[str]:
    return [f"Tides {n}" for n in [*numbers, *([9] if written[0].key == "acl" else [])]]


def without(titles: list[str], broken: Collection[int]) -> list[str]:
    """Titles but those of PubMed's broken articles, whose citation may be whole within."""
    return [title for title in titles if title not in {f"Tides {n}" for n in broken}]


def is_whole(record: str) -> bool:
    try:
        return bool(ElementTree.fromstring(record))
    except ElementTree.ParseError:
        return False


BREAKS: dict[str, Callable[[str], str]] = {
    "bare &": lambda r: r.replace("sea", "sea & land"),
    "bare <": lambda r: r.replace("sea", "sea < land"),
    "unknown name": lambda r: r.replace("sea", "sea &nothing; land"),
    "inner end lost": lambda r: r.replace("</title>", "").replace("</ArticleTitle>", ""),
    "inner tag unclosed": lambda r: r.replace("sea", "sea <i>"),
    "record's end lost": lambda r: r[: r.rindex("</")],
    "record's tag lost": lambda r: r[r.index(">") + 1 :],
    "slash lost": lambda r: "<".join(r.rsplit("</", 1)),
    "quote lost": lambda r: r.replace('"', "", 1).replace("<entry>", '<entry a="b>', 1),
    "control character": lambda r: r.replace("sea", "s\1a"),
    "unknown prefix": lambda r: r.replace("sea", "<x:b>sea</x:b>"),
    "attribute twice": lambda r: r.replace(">", ' a="1" a="2">', 1),
}


@EACH
@pytest.mark.parametrize("broken", [(2,), (1,), (4,), (2, 3), (1, 2, 3, 4)], ids=str)
@pytest.mark.parametrize("way", BREAKS)
@pytest.mark.parametrize("chunk", [7, 65_536])
def test_whole_records_are_read_and_each_broken_one_is_rejected(
    written: Written, way: str, broken: tuple[int, ...], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_elements, "_CHUNK", chunk)
    reader, record, document = written
    records = [BREAKS[way](record(n)) if n in broken else record(n) for n in (1, 2, 3, 4)]
    titles, rejects = read(reader, document("\n".join(records)))
    titles = without(titles, broken) if way == "record's tag lost" else titles
    assert titles == expected(written, [n for n in (1, 2, 3, 4) if n not in broken])
    assert len(rejects) == len(broken)


MARKS = st.sampled_from(["&", "<", "\1", "</x>", "<b>", "]]>", None])
# Where one's end and the next one's beginning are gone, nothing tells the two apart. The first
# record is whole: it tells how deep records lie.
APART = [(2,), (3,), (6,), (2, 4), (3, 5), (2, 4, 6)]


@EACH
@given(
    numbers=st.sampled_from(APART),
    marks=st.lists(st.tuples(st.integers(0, 400), MARKS), min_size=3),
    apart=st.sampled_from(["", "\n", "<!-- - -->\n"]),
)
@example(numbers=(2,), marks=[(150, "&")], apart="\n")
@settings(max_examples=100, deadline=None)
def test_any_one_mark_that_is_lost_or_too_many_breaks_its_record_alone(
    written: Written, numbers: tuple[int, ...], marks: list[tuple[int, str | None]], apart: str
) -> None:
    reader, record, document = written
    records, broken = {n: record(n) for n in range(1, 7)}, set()
    for n, (at, mark) in zip(numbers, marks, strict=False):
        text = records[n]
        at = at % (len(text) - 1) + (mark is not None)
        marked = text[:at] + (mark or "") + text[at + (mark is None) :]
        # "<<entry>" is a whole record with a mark before it.
        if not is_whole(marked) and not marked.endswith(text):
            records[n] = marked
            broken.add(n)
    titles, rejects = read(reader, document(apart.join(records.values())))
    titles = without(titles, broken) if reader.key == "pubmed" else titles
    assert titles == expected(written, [n for n in records if n not in broken])
    assert len(rejects) == len(broken)


@EACH
@pytest.mark.parametrize("fault", ["&", "</x>", "<", "<!-- -- -->"])
def test_whole_records_are_read_around_a_fault_between_them(written: Written, fault: str) -> None:
    reader, record, document = written
    titles, rejects = read(reader, document(record(1) + fault + record(2) + record(3)))
    assert titles == expected(written, [1, 2, 3])
    assert len(rejects) == 1
    titles, rejects = read(reader, document(fault + record(1) + record(2)))
    assert titles == expected(written, [1, 2])
    assert len(rejects) == 1


def in_utf_16(text: str, encoding: str) -> bytes:
    return text.replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode(encoding)


@EACH
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("way", ["bare &", "record's end lost", "slash lost"])
def test_utf_16_is_read_on_behind_a_broken_record(
    written: Written, encoding: str, way: str
) -> None:
    reader, record, document = written
    records = [BREAKS[way](record(n)) if n == 2 else record(n) for n in (1, 2, 3, 4)]
    text = document("\n".join(records))
    titles, [reject] = read(reader, in_utf_16(text, encoding))
    assert titles == expected(written, [1, 3, 4])
    assert reject == read(reader, text)[1][0]  # its lines and its text too


def test_a_broken_record_is_named_by_its_line_and_keeps_its_text() -> None:
    broken = BREAKS["bare &"](atom(2))
    _, [reject] = read(ArxivAtom(), in_feed("\n".join([atom(1), broken, atom(3)])))
    assert (reject.source.position, reject.source.line) == (2, 7)
    assert reject.why == (
        "the XML is broken at line 9 (not well-formed (invalid token)): mend this record"
    )
    assert reject.text == broken


def test_lines_are_counted_on_behind_a_break() -> None:
    text = in_feed("\n".join([atom(1), BREAKS["bare &"](atom(2)), atom(3)]))
    third = [one for one in ArxivAtom().read(text.encode(), ORIGIN) if isinstance(one, Paper)][1]
    assert text.splitlines()[third.sources[0].line - 1] == "<entry>"
    assert third.sources[0].line == 10


def test_a_broken_records_text_is_kept_in_part_if_it_is_long() -> None:
    long = atom(2).replace("sea", "é" * KEPT + " & x")
    titles, [reject] = read(ArxivAtom(), in_feed(atom(1) + long + atom(3)))
    assert titles == ["Tides 1", "Tides 3"]
    assert 0 < len(reject.text) <= KEPT


def test_papers_of_another_volume_keep_to_it_where_its_end_is_broken() -> None:
    volumes = in_volumes(acl(1) + acl(2).replace("</paper>", "</paper"))
    [first, last] = [p for p in AclXml().read(volumes.encode(), ORIGIN) if isinstance(p, Paper)]
    assert (first.other_ids, first.year) == (("acl:2001.x-v.1",), 2001)
    assert (last.other_ids, last.year, last.venue) == (("acl:2001.x-w.9",), 2002, "Seas")


def test_a_volume_whose_own_facts_are_broken_takes_none_of_another() -> None:
    volumes = in_volumes(acl(1)).replace("Seas", "Seas & Ponds")
    found = [p for p in AclXml().read(volumes.encode(), ORIGIN) if isinstance(p, Paper)]
    assert [(p.venue, p.year) for p in found] == [("Ponds", 2001), (None, None)]


def test_entities_are_refused_behind_a_break() -> None:
    entity = '<!DOCTYPE feed [<!ENTITY a "b">]>'
    again = f'{in_feed(atom(1) + "<entry>&</entry>")}<?xml version="1.0"?>{entity}<feed>&a;</feed>'
    titles, rejects = read(ArxivAtom(), again)
    assert titles == ["Tides 1"]
    assert all("broken" in one.why for one in rejects)
    with pytest.raises(ReaderError, match="entities"):
        read(ArxivAtom(), entity + in_feed("<entry>&</entry>" + atom(1)).partition("\n")[2])


def test_a_huge_record_behind_a_break_is_refused() -> None:
    huge = "<entry>&</entry><entry>" + "<x>yyyyyyyy</x>" * 200_000 + "</entry>"
    with pytest.raises(ReaderError, match="larger than"):
        read(ArxivAtom(), in_feed(atom(1) + huge))


def test_names_of_html_are_known_behind_a_break() -> None:
    text = in_feed("<entry>&</entry>" + atom(2).replace("Tides", "Caf&eacute;"))
    assert read(ArxivAtom(), text)[0] == ["Café 2"]


@pytest.mark.parametrize(
    "one",
    [
        "<entry>&</entry>",
        "<entry>",
        "<entry>&x;",
        "<entry></x>",
        "<x></y>",
        "</entry>",
        "<entry><!-- </entry> --></x>",
        "<entry><!--",
        "<entry><![CDATA[",
        "<entry",
        "<entry a='",
    ],
)
def test_a_file_of_breaks_takes_as_long_as_its_length_says(one: str) -> None:
    def seconds(count: int) -> float:
        data = in_feed(one * count).encode()
        start = time.process_time()
        for _ in zip(ArxivAtom().read(io.BytesIO(data), ORIGIN), range(10**9), strict=False):
            pass
        return time.process_time() - start

    def tried(count: int) -> float:
        try:
            return seconds(count)
        except ReaderError:
            return 0.0

    assert tried(16_000) < 0.2 + 8 * tried(4_000)
