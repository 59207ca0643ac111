"""Formulas of JATS and MathML as TeX within dollars."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_TEX = re.compile(
    r"<(?:jats:)?tex-math\b[^<>]*>(?P<tex>.*?)</(?:jats:)?tex-math>"
    r"|<(?:mml:)?annotation\b[^<>]*tex[^<>]*>(?P<note>.*?)</(?:mml:)?annotation>",
    re.I | re.S,
)
_ALTERNATIVE = re.compile(r"<(?:mml:)?math\b[^<>]*?\balttext=([\"'])(?P<alt>[^<>]*?)\1", re.I)
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.S)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_LONGEST = 20_000  # characters of one formula
_DEEPEST = 50


def tex_of(formula: str) -> str:
    """`$…$` of an element such as <inline-formula>, <tex-math> or <mml:math>; never raises.

    The TeX that stands beside MathML goes before the MathML; of an element without either, the
    text is taken.
    """
    if len(formula) > _LONGEST:
        return " "
    if found := _TEX.search(formula) or _ALTERNATIVE.search(formula):
        tex = unescape(_CDATA.sub("", next(part for part in found.groupdict().values() if part)
                       if any(found.groupdict().values()) else ""))  # fmt: skip
        if document := _DOCUMENT.search(tex):
            tex = document.group(1)
        tex = re.sub(r"^\s*(?:\$+|\\\(|\\\[)|(?:\$+|\\\)|\\\])\s*$", "", tex)
    else:
        tex = _from_mathml(formula)
    tex = " ".join(tex.split())
    return f"${tex}$" if tex and "$" not in tex else f" {tex} "


def _from_mathml(formula: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    # In HTML the elements of MathML have no prefix.
    root = LexborHTMLParser(re.sub(r"(</?)(?:mml|jats):", r"\1", formula)).body
    return _written(root, 0) if root is not None else ""


def _written(node: LexborNode, depth: int) -> str:
    if node.is_text_node:
        return (node.text_content or "").strip()
    if depth > _DEEPEST:
        return node.text()
    children = [
        written
        for child in node.iter(include_text=True)
        if (written := _written(child, depth + 1)) or not child.is_text_node
    ]
    match node.tag, children:
        case (("msup" | "mover" | "sup"), [base, above]):
            return f"{base}^{_group(above)}"
        case (("msub" | "munder"), [base, below]):
            return f"{base}_{_group(below)}"
        case (("msubsup" | "munderover"), [base, below, above]):
            return f"{base}_{_group(below)}^{_group(above)}"
        case "sup", _:
            return f"^{_group(''.join(children))}"
        case "sub", _:
            return f"_{_group(''.join(children))}"
        case "mfrac", [above, below]:
            return rf"\frac{{{above}}}{{{below}}}"
        case "msqrt", _:
            return rf"\sqrt{{{''.join(children)}}}"
        case "mtext", _:
            return f" {''.join(children)} "
        case (("annotation" | "annotation-xml"), _):
            return ""
    return "".join(children)


def _group(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"
