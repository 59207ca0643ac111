"""LaTeX and HTML in titles and abstracts as readable Unicode."""

from __future__ import annotations

import re
from functools import partial
from html import unescape

from store.readers.latex import from_latex

_LONGEST = 120_000  # characters; what is longer is no title or abstract, and is left as it is
_ROUNDS = 3  # markup that was escaped, once or twice

# Only tags that are known are tags: "<image, verb>" and "a < b" are text. Those that are short
# words too, as in "the <s> token", must also be closed.
_INLINE = "i|b|u|a|em|strong|sub|sup|span|small|big|tt|code|font|italic|bold|sc|monospace|underline"
_BLOCK = "p|br|div|li|ul|ol|dl|dt|dd|sec|title|h[1-6]|list|list-item|abstract|table|tr|td|section"
_TAG = re.compile(
    rf"<(?P<shut>/?)(?:(?P<space>[a-z]{{3,4}}):)?(?P<name>{_INLINE}|{_BLOCK}"
    r"|(?<=:)[a-z][a-z0-9-]{0,30})(?P<rest>(?:\s[^<>]{0,500})?/?)>",
    re.I,
)
_IS_BLOCK = re.compile(_BLOCK, re.I)
_HEADING = re.compile(
    r"<(?P<tag>(?:jats:)?title|h[1-6]|label)(?:\s[^<>]{0,200})?>(?P<text>[^<>]{0,100})</(?P=tag)>",
    re.I,
)
_DULL = re.compile(r"\W*(?:abstract|summary)\W*", re.I)
_COMMENT = re.compile(r"<!--(?:[^-<]|-(?!->)|<(?!!--))*+-->|<!\[CDATA\[|\]\]>")
_MATH = re.compile(
    r"<(?P<tag>(?:jats:)?(?:inline-formula|disp-formula)|(?:mml:)?math|(?:jats:)?tex-math)\b"
    r"(?P<attributes>[^<>]{0,1000})(?<!/)>(?P<inner>(?:[^<]|<(?!(?P=tag)\b))*?)</(?P=tag)>",
    re.I,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.I)
_POWER = re.compile(r"(?<=\d)<(?:jats:)?sup>\s*(?=[+\-−–]?\d)", re.I)

_STARTS = (
    "We|The|This|These|In|A|An|Our|It|Is|Are|As|At|By|Can|For|From|How|If|On|One|To|What|When|While"
    "|With|Although|Despite|Recent|Recently|Given|Background|Objectives?|Purpose|Introduction|Aims?"
    "|Motivation|Here|Current|Currently|Many|Most|Existing|There|Large|Deep|Modern|Traditional|Two"
)
_ABSTRACT = re.compile(
    rf"(?:Abstract|ABSTRACT)(?:\s?[:.—–]\s*(?=\S)|\s-\s|\s?(?=(?:{_STARTS})\b))"
    r"|ABSTRACT\s+(?=[A-Z])"
)
_LONGER_THAN_A_TITLE = 200  # characters


def readable(text: str) -> str:
    """The text as a person would read it: on one line, without markup, math kept as `$…$`.

    Plain text stays as it is save for white space, also where it has a `<`, `&`, `%`, `$` or `~`.
    Takes linear time, and never raises.
    """
    text = _one_line(text)
    # Looking for one sign after the other takes 2 µs, where one expression takes 14.
    if "<" in text or "&" in text:
        text = _one_line(_without_tags(text)) if len(text) <= _LONGEST else text
    if (
        "\\" in text or "{" in text or "~" in text
        or ("-" in text and "--" in text) or ("`" in text and "``" in text)
    ) and len(text) <= _LONGEST:  # fmt: skip
        text = _one_line(from_latex(text, throughout=False))
    if len(text) > _LONGER_THAN_A_TITLE and (heading := _ABSTRACT.match(text)):
        text = text[heading.end() :]
    return text


def _one_line(text: str) -> str:
    if text.isascii() and not (
        "\n" in text or "\t" in text or "\r" in text or "  " in text or "\x0b" in text
        or "\x0c" in text or "\x1c" in text or "\x1d" in text or "\x1e" in text or "\x1f" in text
    ):  # fmt: skip
        return text.strip(" ")  # most are, and it is quick to tell
    return " ".join(text.split())


def _without_tags(text: str) -> str:
    """The text of HTML, JATS or MathML, or of what has a bit of it."""
    for _ in range(_ROUNDS):
        before = text
        if "<" in text:
            text = _COMMENT.sub("", text)
            if "ormula" in text or "math" in text:
                text = _MATH.sub(_formula, text)
            text = _HEADING.sub(_heading, text)
            text = _POWER.sub("^<sup>", text)
            closed = {found["name"].lower() for found in _TAG.finditer(text) if found["shut"]}
            text = _TAG.sub(partial(_tag, closed), text)
        if "&" in text:
            text = _ENTITY.sub(lambda found: unescape(found.group()), text)
        if text == before:
            break
    return text


def _tag(closed: set[str], found: re.Match[str]) -> str:
    name, block = found["name"].lower(), _IS_BLOCK.fullmatch(found["name"])
    if not found["space"] and name not in closed and name != "br" and found.start():
        return found.group()
    return " " if block else ""


def _heading(found: re.Match[str]) -> str:
    text = found["text"].strip()
    if not text or _DULL.fullmatch(text):
        return " "
    return f" {text} " if text[-1] in ".:?!" else f" {text}: "


def _formula(found: re.Match[str]) -> str:
    """Math as TeX: as the record gives it, else made from MathML."""
    from store.readers.mathml import tex_of

    return tex_of(found.group())
