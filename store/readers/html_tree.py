"""Saved HTML as a tree and as text, by selectolax, within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from store.readers.base import ReaderError, decode

_LARGEST = 64 << 20  # bytes
_DEEPEST = 5_000  # elements in each other; parsing takes the square of this
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_CLOSED = frozenset(  # elements that needn't be closed, or can't
    b"p li dd dt br img hr meta link input area base col embed source track wbr".split()
)
_CELLS = frozenset(b"td tr th option thead tbody tfoot".split())  # nor need these, but in drawings
_SHAPES = frozenset(
    b"path circle rect use line polygon polyline ellipse stop image animate".split()
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{3,30})", re.I)
_UNSEEN = frozenset({
    "script", "style", "noscript", "template", "svg", "head", "select", "button", "iframe", "nav",
    "footer", "-comment",
})  # fmt: skip
_PARAGRAPH = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "table", "article",
    "section",
})  # fmt: skip
_BLOCK = frozenset({
    "div", "li", "dt", "dd", "tr", "br", "hr", "main", "header", "aside", "form", "pre", "figure",
    "figcaption",
})  # fmt: skip
_RENDERED = re.compile(r"(?:^|\s)(?:MathJax\w*|MJX\w*|katex-html|mjx-\w+)(?:\s|$)")


def tree_of(content: bytes, file: str) -> Any:
    """The parsed page; ReaderError for one no browser would have saved."""
    from selectolax.lexbor import LexborHTMLParser

    name = PurePath(file).name or "This"
    if len(content) > _LARGEST:
        raise ReaderError(f"{name} is larger than {_LARGEST >> 20} MB: that is no page of papers.")
    drawn = re.search(rb"<(?:svg|math)\b", content, re.I) is not None
    closed = _CLOSED | (_SHAPES if drawn else _CELLS)
    depth = 0
    for closing, tag in _TAG.findall(content):
        if tag.lower() not in closed:
            depth += -1 if closing else 1
            if depth > _DEEPEST:
                raise ReaderError(f"{name} is no page of papers: its elements are nested too deep.")
            depth = max(depth, 0)
    try:
        return LexborHTMLParser(_decoded(content))
    except Exception as error:
        raise ReaderError(
            f"{name} can't be read as HTML ({type(error).__name__}): save it again."
        ) from None


def _decoded(content: bytes) -> str:
    """The page's text, by the encoding it names where it isn't UTF-8."""
    named = _CHARSET.search(content[:4096])
    if named and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            try:
                return content.decode(named.group(1).decode("ascii"), "replace").replace("\0", "")
            except (LookupError, ValueError):
                pass
    return decode(content).encode("utf-8", "replace").decode()


def text_of(node: Any | None) -> str:
    """What is seen of an element: blocks on lines of their own, formulas as `$…$`; "" for None."""
    if node is None:
        return ""
    lines = re.split(r"\s*\n\s*", re.sub(r"[^\S\n]+", " ", "".join(_pieces(node))))
    return "\n".join(line for line in lines if line).strip()


def lines_of(node: Any | None) -> str:
    """The same as a page saved as text has it: an empty line where a paragraph begins or ends."""
    text = re.sub(r"[^\S\n\f]+", " ", "".join(_pieces(node, "\f"))) if node is not None else ""
    text = re.sub(r" ?\n[ \n]*", "\n", text)
    return re.sub(r"[ \n]*\f[ \n\f]*", "\n\n", text).strip() + "\n\n"


def first(node: Any, *selectors: str) -> Any | None:
    """The first element that one of these CSS selectors finds, in their order."""
    for selector in selectors:
        if (found := node.css_first(selector)) is not None:
            return found
    return None


def link_of(node: Any, selector: str) -> str:
    """Where the first link that a selector finds leads; "" if there is none."""
    found = node.css_first(selector)
    return (found.attributes.get("href") or "").strip() if found is not None else ""


def _pieces(top: Any, paragraph: str = "\n") -> Iterator[str]:
    """Text and line ends, without recursion."""
    waiting: list[Any] = [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
            continue
        tag = node.tag
        if tag == "-text":
            yield re.sub(r"\s+", " ", node.text_content or "")
            continue
        attributes = node.attributes or {}
        style = attributes.get("type") or ""
        if tag == "script" and style.startswith("math/tex"):
            yield f"${(node.text() or '').strip()}$"
        if (tag in _UNSEEN and node is not top) or "hidden" in attributes:
            continue
        css = attributes.get("class") or ""
        if _RENDERED.search(css):
            continue
        if tag == "math" or tag == "mjx-container":
            yield _formula(node)
            continue
        before, after = "", ""
        if tag in _PARAGRAPH:
            before = after = paragraph
        elif tag in _BLOCK:
            before = after = "\n"
        elif tag in ("sub", "sup"):
            before, after = f"<{tag}>", f"</{tag}>"
        yield before
        waiting.append(after)
        children = list(node.iter(include_text=True))
        waiting += reversed(children)


def _formula(node: Any) -> str:
    tex = node.attributes.get("alttext") or ""
    if not tex and (noted := node.css_first('annotation[encoding="application/x-tex"]')):
        tex = noted.text()
    if tex.strip():
        return f"${tex.strip().strip('$')}$"
    return "".join((node.text() or "").split())
