"""Any papers at all, for property tests."""

from __future__ import annotations

from datetime import date as Date

from hypothesis import strategies as st

from store.paper import Paper, Source

# What breaks formats, put together oftener than chance would.
_TRAPS = st.sampled_from(
    [
        "{", "}", "\\", '"', "'", "@", "#", "%", "&", "_", "^", "~", "$x^2$", "\n\n", "\nER  - ",
        "\n@misc{a,", " and ", ",", ";", "=1+1", "<b>", "</b>", "<!--", "![a](http://b.c/d)",
        "[1]", "[1]: http://b.c", "www.b.c", "https://b.c/d", "*a*", "__a__", "`", "```", "|", "- ",
        "1. ", "+ ", "&amp;", "é", "漢字", "\\textbackslash", "\\_", "{\\textless}", "TY  - ",
    ]
)  # fmt: skip
_PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
texts = st.lists(_TRAPS | _PLAIN, max_size=6).map("".join)
hostile_texts = st.lists(_TRAPS | st.text(max_size=8), max_size=6).map("".join)
_DATES = st.dates(Date(1800, 1, 1), Date(2100, 12, 31))


def papers(text: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Paper]:
    """Papers of which each field holds any text, or nothing."""
    maybe = st.none() | text
    return st.builds(
        Paper,
        title=text,
        abstract=text,
        kind=st.sampled_from(["abstract", "summary"]),
        authors=st.lists(text, max_size=3).map(tuple),
        author_count=st.none() | st.integers(0, 5000),
        organisation=maybe,
        date=st.none() | _DATES,
        date_inferred=st.booleans(),
        upvotes=st.none() | st.integers(0, 10**6),
        venue=maybe | st.sampled_from(["NeurIPS 2017", "Journal of Tides", "arXiv"]),
        url=maybe | st.just("https://b.c/d;e?f=g&h=%20_~"),
        doi=st.none() | st.just("10.1002/(SICI)1097-0258<1661::AID-SIM968>3.0.CO;2-2"),
        arxiv_id=st.none() | st.sampled_from(["1706.03762", "hep-th/9901001"]),
        sources=st.lists(st.builds(Source, text, st.integers(0, 9)), max_size=2).map(tuple),
    )
