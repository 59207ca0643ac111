"""LaTeX in running text as Unicode. Math stays as it is.

pylatexenc knows what symbols stand for. Its parser isn't used: it takes 5 ms for an
abstract, and what people write isn't LaTeX all through: a `%` is no comment, a `$` may be money.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

_SIGNS = ("{", "}", "~", "--", "``", "''")  # besides the backslash
_DEEPEST = 64  # braces within braces; what is deeper is no text
_LONGEST_QUOTE = 500  # characters
_BEHIND = " \"'“‘(${\\"  # besides letters, what a dash may stand before
_WRAPPERS = frozenset((
    "emph", "text", "textbf", "textit", "textmd", "textnormal", "textrm", "textsc", "textsf",
    "textsl", "texttt", "textup", "textsuperscript", "textsubscript", "underline", "uline", "mbox",
    "hbox", "fbox", "textcolor", "mathbf", "mathrm", "mathsf", "mathit", "mathtt", "mathcal",
    "mathbb", "mathscr", "mathfrak", "boldsymbol", "bm", "operatorname", "nolinkurl", "path",
    "bibstring", "mkbibquote", "mkbibemph", "lowercase", "uppercase", "MakeUppercase", "relax",
    "enquote", "footnote", "ensuremath", "ce", "textquote", "sout", "href", "textcolor",
))  # fmt: skip
_SWITCHES = frozenset((
    "em", "it", "bf", "tt", "sc", "sl", "rm", "sf", "cal", "bfseries", "itshape", "scshape",
    "ttfamily", "rmfamily", "sffamily", "normalfont", "tiny", "small", "footnotesize", "large",
    "Large", "normalsize", "noindent", "par", "newline", "xspace", "protect", "item", "smallskip",
    "medskip", "bigskip", "centering", "left", "right", "displaystyle", "textstyle", "newblock",
    "linebreak", "break", "allowbreak", "hfill", "sloppy", "maketitle",
))  # fmt: skip
_TWO = frozenset(("href", "textcolor"))  # their first argument isn't shown
_LETTERS = frozenset(("o", "O", "ss", "aa", "AA", "ae", "AE", "oe", "OE", "l", "L", "i", "j"))
_OURS = {
    "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "aka": "a.k.a.", "TeX": "TeX",
    "LaTeX": "LaTeX", "BibTeX": "BibTeX", "copyright": "©", "S": "§", "P": "¶", "degree": "°",
    "euro": "€", "texteuro": "€", "pounds": "£", "slash": "/", "textunderscore": "_", "-": "",
    "/": "", "!": "", "@": "", "\\": " ", " ": " ", ",": " ", ";": " ", ":": " ", "quad": " ",
    "qquad": " ", "~": "~", "textasciitilde": "~", "textasciicircum": "^", "textvisiblespace": " ",
    "%": "%", "&": "&", "#": "#", "_": "_", "$": "$", "{": "{", "}": "}", "|": "‖", "newpage": " ",
    "thinspace": " ", "enspace": " ", "nobreakspace": " ", "hyp": "-", "today": "", "cdotp": "·",
    "textquotesingle": "'", "textquotedbl": '"', "textbackslash": "\\", "lbrace": "{",
    "rbrace": "}", "textbraceleft": "{", "textbraceright": "}", "textbar": "|", "textless": "<",
    "textgreater": ">", "ell": "ℓ",
    "min": "min", "max": "max", "exp": "exp", "poly": "poly", "eps": "ε", "dots": "…",
}  # fmt: skip
_MARKS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323",
    "b": "\u0331", "r": "\u030a", "k": "\u0328",
}  # fmt: skip
_DOTLESS = {"\\i": "i", "\\j": "j"}

_LETTER = r"(?:\\[ij](?![A-Za-z])(?:\{\})?|[^\W\d_])"
_TOKEN = re.compile(
    # What tokens begin with, all else is passed over quickly.
    r"(?=[$\\{}~`\"]|--|''|https?:|[A-Z]:| \\)(?:"
    r"(?P<kept>\b[A-Z]:\\(?![A-Za-z]+\{)[^\s{}$]*+"  # a path of Windows
    # Money is no math: as in Pandoc, no space within the dollars and no digit behind them, unless
    # there is a space at both sides or a sign that only math has.
    r"|\$\$[^$]{1,4000}+\$\$|\$(?=[^\s$])[^$]{0,2000}+(?<=[^\s\\])\$(?!\d)"
    r"|\$(?!\d)(?=[^$]{0,300}[\\^_])[^$]{1,2000}+(?<!\\)\$|\$ [^$]{1,500}+(?<= )\$)"
    r"|\\\((?P<inline>(?:[^\\]|\\[^()])*+)\\\)"
    r"|\\\[(?P<display>(?:[^\\]|\\[^\[\]])*+)\\\]"
    r"|\\begin ?\{(?P<math>(?:equation|align|gather|math|displaymath|multline|eqnarray)\*?)\}"
    r"(?P<inner>(?:[^\\]|\\(?!begin|end ?\{))*+)\\end ?\{(?P=math)\}"
    r"|\\(?P<frame>begin|end) ?\{[A-Za-z]{1,30}\*?\}(?:\[[^\]\[]{0,50}\])?"
    r"|\\(?:url|nolinkurl|path) ?\{(?P<url>[^{}]*+)\}"
    r"|(?P<address>https?://(?:[^\s{}\\$<>\"]|\\[_%&#~])++)"
    r"|[ ~]?\\(?P<dropped>(?:text|paren|auto)?[cC]ite[a-zA-Z]*|(?:eq|auto|c|C|page|name)?ref|label"
    r"|[vh]space|footnotemark|thanks|index)\*?"
    r"(?: ?\[[^\]\[{}]{0,100}\]){0,2} ?\{[^{}]*+\}"
    r"|\\(?P<mark>[\"'`^~=.])(?: ?\{ ?(?P<in1>" + _LETTER + r") ?\}|(?P<bare1>" + _LETTER + r"))"
    r"|\\(?P<mark2>[uvHcdbrk])(?: ?\{ ?(?P<in2>" + _LETTER + r") ?\}| (?P<bare2>" + _LETTER + r"))"
    r"|\\(?P<command>[A-Za-z]+|[^A-Za-z])\*?"
    r"|(?P<open>\{)|(?P<close>\})|(?P<tie>~)"
    r"|(?<![-<!])(?P<dash>---?)(?![->])"
    r"|(?<!`)(?P<quote>``)(?!`)|(?P<unquote>''|\"(?!\w)))"
)  # fmt: skip
_ESCAPED_QUOTES = re.compile(r"(?<![\w\\])\\([\"'])([^\"'\\]{1,300})\\\1(?![\w{])")
_TIE_BEFORE = re.compile(r"(?:[^\W\d_]{2}|[.,;:)\]}\d$]|\b[aAI])\Z")
_TIE_AFTER = re.compile(r"[\w\\$(\[{]")
_ABBREVIATED = re.compile(r"[a-z]\.\Z")
# Letters in braces keep their case, so there is a capital among them (or letters right beside).
_PROTECTED = re.compile(r"(?=.*[A-Z]|[^\x00-\x7f])[^\W_][\w .'’\-–/+&*®™]{0,100}")
_PUNCTUATION = re.compile(r"[^\w\s{}]{1,3}|\s")


def from_latex(text: str, *, throughout: bool = True) -> str:
    """Text on one line without its commands; math stays, as `$…$`, and so do unknown commands.

    `throughout` says that the text is known to be LaTeX, as in BibTeX: all braces then only group
    and each `~` is a space. Else both must look like it. Takes linear time, and never raises.

        from_latex(r"{\\em G{\\"o}del}'s 5\\%") == "Gödel's 5%"
    """
    if "\\" in text:
        text = _ESCAPED_QUOTES.sub(r"\1\2\1", text)
    elif not any(sign in text for sign in _SIGNS):
        return text
    return _Writer(text, throughout).written()


class _Writer:
    """One pass over a text; what is within braces is written before it is known what for."""

    def __init__(self, text: str, throughout: bool) -> None:
        self._text, self._throughout = text, throughout
        self._latex = throughout or "\\" in text or "{" in text
        self._out: list[str] = []
        self._open: list[tuple[list[str], str, int]] = []  # text before, command, where opened
        self._too_deep = 0
        self._quotes = 0  # that are open

    def written(self) -> str:
        text, at = self._text, 0
        while found := _TOKEN.search(text, at):
            self._out.append(text[at : found.start()])
            at = self._token(found)
        self._out.append(text[at:])
        while self._open:  # a brace that is never closed is a brace
            before, command, _ = self._open.pop()
            before.append(f"\\{command}{{" if command else "{")
            before += self._out
            self._out = before
        return "".join(self._out)

    def _token(self, found: re.Match[str]) -> int:
        """Writes what one token stands for; returns where to read on."""
        kind, end = found.lastgroup or "", found.end()
        given = found.group
        if kind in ("inline", "display", "inner"):
            self._out.append(f"${given(kind).strip()}$" if "$" not in given(kind) else given())
        elif kind == "frame":
            self._out.append(" ")
        elif kind in ("url", "address"):
            self._out.append(re.sub(r"\\([_%&#~$])(?:\{\})?", r"\1", given(kind)))
        elif kind == "dropped":
            pass
        elif kind in ("in1", "bare1", "in2", "bare2"):
            self._out.append(_accented(given("mark") or given("mark2"), given(kind)))
        elif kind == "command":
            return self._command(given(kind), found)
        elif kind == "open":
            self._start("", end)
        elif kind == "close":
            return self._finish(end)
        elif kind == "tie":
            self._out.append(self._tie(found.start(), end))
        elif kind == "dash":
            self._out.append(self._dash(found.start(), end))
        elif kind in ("quote", "unquote"):
            self._out.append(self._quote(given(), end))
        else:
            self._out.append(given())
        return end

    def _command(self, name: str, found: re.Match[str]) -> int:
        text, end = self._text, found.end()
        brace = end + (text[end : end + 1] == " ")
        if name in _WRAPPERS:
            if text[brace : brace + 1] == "{":
                self._start(name, brace + 1)
                return brace + 1
            return brace
        if name in _SWITCHES:
            if text[end : end + 1] == "{":
                self._start("text", end + 1)
                return end + 1
            return brace
        known = _symbol(name) if name.isalpha() else _OURS.get(name)
        if name == "\\" and (text[end : end + 1] not in ("", " ", "[") and not self._throughout):
            known = None  # as in the name of a share on a network
        if known is None:
            self._out.append(found.group())
            return end
        glued = (
            known.isascii()
            and known[:1].isalpha()
            and text[found.start() - 1 : found.start()].isalnum()
        )
        self._out.append(f" {known}" if glued else known)
        end = found.end("command")
        if text.startswith("{}", end):
            return end + 2
        # Each command swallows the space behind it, but few people know.
        return end + (name in _LETTERS and text[end : end + 1] == " ")

    def _start(self, command: str, at: int) -> None:
        if len(self._open) >= _DEEPEST:
            self._too_deep += 1
            self._out.append("{")
        else:
            self._open.append((self._out, command, at))
            self._out = []

    def _finish(self, end: int) -> int:
        if self._too_deep or not self._open:
            self._too_deep = max(self._too_deep - 1, 0)
            self._out.append("}")
            return end
        inner = "".join(self._out)
        self._out, command, start = self._open.pop()
        if command in _TWO and self._text[end : end + 1] == "{":
            self._start("text", end + 1)
            return end + 1
        self._out.append(_WRITTEN[command](inner) if command in _WRITTEN else inner)
        if not command and not self._only_groups(inner, start, end):
            self._out[-1] = f"{{{inner}}}"
        return end

    def _only_groups(self, inner: str, start: int, end: int) -> bool:
        """Whether braces that no command has are there for grouping, and no part of the text."""
        text, before = self._text, self._text[start - 2 : start - 1] if start > 1 else ""
        if before and before in "^_":
            return False
        if self._throughout:
            return True
        if start <= _DEEPEST and not text[:start].strip("{") and not text[end - 1 :].strip("}"):
            return inner[:1].isalnum()  # the whole text
        raw = text[start : end - 1]
        if raw != inner and "\\" in raw:
            return True
        beside = before.isalpha() or text[end : end + 1].isalpha()
        if _PROTECTED.fullmatch(inner):
            return True
        return bool(beside and inner and (_PUNCTUATION.fullmatch(inner) or inner.isalpha()))

    def _tie(self, start: int, end: int) -> str:
        """A space where the tie joins two words; in plain text a tie is also "about"."""
        text = self._text
        if self._throughout:
            return " "
        before, after = text[max(0, start - 3) : start], text[end : end + 1]
        joins = (_TIE_BEFORE if self._latex else _ABBREVIATED).search(before)
        return " " if joins and _TIE_AFTER.match(after) else "~"

    def _dash(self, start: int, end: int) -> str:
        text, dashes = self._text, self._text[start:end]
        before, after = text[start - 1 : start], text[end : end + 1]
        spaced = (before == " ") == (after == " ")
        joins = spaced and (after.isalnum() or (after and after in _BEHIND))
        if not (joins and before) and not self._throughout:
            return dashes  # as in an option of a command, or a decrement
        return "–" if len(dashes) == 2 else "—"

    def _quote(self, sign: str, end: int) -> str:
        if sign == "``":
            rest = self._text[end : end + _LONGEST_QUOTE]
            if not self._throughout and "''" not in rest and '"' not in rest:
                return sign
            self._quotes += 1
            return "“"
        if self._quotes or (self._throughout and sign == "''"):
            self._quotes = max(self._quotes - 1, 0)
            return "”"
        return sign


def _footnote(inner: str) -> str:
    return f" ({inner.strip()})" if inner.strip() else ""


_WRITTEN: dict[str, Callable[[str], str]] = {
    "footnote": _footnote,
    "enquote": lambda inner: f"“{inner}”",
    "mkbibquote": lambda inner: f"“{inner}”",
    "ensuremath": lambda inner: f"${inner}$" if "$" not in inner else inner,
}


def _accented(mark: str, letter: str) -> str:
    letter = letter.removesuffix("{}")
    return unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + _MARKS[mark])


@cache
def _symbols() -> dict[str, str]:
    from pylatexenc.latex2text import get_default_latex_context_db

    specs = get_default_latex_context_db().iter_macro_specs()
    plain = ((spec.macroname, spec.simplify_repl) for spec in specs)
    return {name: sign for name, sign in plain if isinstance(sign, str) and "%" not in sign}


def _symbol(name: str) -> str | None:
    """What a command without arguments stands for; None if it is none."""
    return _OURS[name] if name in _OURS else _symbols().get(name)
