"""LaTeX, HTML and MathML in texts become readable; plain text stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.readers import markup
from store.readers.latex import from_latex
from store.readers.markup import readable
from tests.store.any_papers import hostile_texts

PLAIN = [
    "a < b and c > d", "p<0.05", "5% & more", "C++", "~10k", "50$ and 60$", "R&D", "f_1 score",
    "x^2", "C:\\new", "C:\\temp\\in\\data", "https://a.b/c_d?e=f&g=h", "https://a.b/~user/--x",
    "<unk> token", "the <s> and </s> tokens of <image, verb>", "X~N(0,1)", "we pass --verbose",
    "a ~ b", "90~160×", "{'a': 1, 'b': {}}", "{0,1}^n", "O(T^{2/3})", "if (a && b) x--;",
    "Abstract Meaning Representation is", "AbstractNet is", "{subject} is {object}", "`x`",
    "it's ''odd''", "a \\", "$5 and $6", "}{", "&c; and &", "a <- b <!- c", "\\d+\\s*",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert readable(text) == text


@given(
    st.text(
        st.characters(
            categories=["L", "N", "P", "S", "Zs"], exclude_characters="\\{}~<&-`$\u2028\u2029"
        )
    )
)
def test_text_without_signs_of_markup_only_loses_white_space(text: str) -> None:
    assert readable(text) == " ".join(text.split())
    assert readable(f" {text}\n\t ") == readable(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"{\"o} \'{e} \'{\i} \c{c} \v{S} \H{o} \aa b", "ö é í ç Š ő åb"),
        (r"Stra\ss e {\O}rsted {\textless}1 \textgreater{}2", "Straße Ørsted <1 >2"),
        (r"G\"odel na{\"\i}ve \L{}ukasz Ji{\v r}{\'i}", "Gödel naïve Łukasz Jiří"),
        (r"\emph{x} {\em i.e.} \textbf{a \emph{b} c} {\em{d}}", "x i.e. a b c d"),
        ("a -- b--c---d, 1--10", "a – b–c—d, 1–10"),
        ("``x'' and ``y\" and {``}z{''}", "“x” and “y” and “z”"),
        (r"said \"hello\" there", 'said "hello" there'),
        (r"Fig.~3, et~al. of {BERT}~3", "Fig. 3, et al. of BERT 3"),
        (r"5\% \& a\_b \#1 \$2", "5% & a_b #1 $2"),
        (r"\url{https://a.b/c%20\_x} and \href{http://a.b}{here}", "https://a.b/c%20_x and here"),
        ("{BERT}: {P}re-training under{-}represents", "BERT: Pre-training under-represents"),
        ("{{Full, Title: x}}", "Full, Title: x"),
        (r"work~\cite{a,b}. See \citep[e.g.][p.~3]{x}.", "work. See."),
        (r"\textcolor{red}{hot} 10\,000, \ie this, \LaTeX{} x", "hot 10 000, i.e. this, LaTeX x"),
        (r"\begin{itemize} \item one \item two \end{itemize}", "one two"),
        (r"2900\times faster, \le 5, d\log n", "2900× faster, ≤ 5, d log n"),
    ],
)  # fmt: skip
def test_latex_becomes_readable(text: str, shown: str) -> None:
    assert readable(text) == shown
    assert readable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"$O(\sqrt{T})$ and $3.4\times$", r"$O(\sqrt{T})$ and $3.4\times$"),
        (r"\(x_1\) is \[ \alpha~\text{--} \]", r"$x_1$ is $\alpha~\text{--}$"),
        (r"x \begin{equation}a=b\end{equation} y", "x $a=b$ y"),
        (r"$O(m\log T / D_{\min}) $ for $\ell$1", r"$O(m\log T / D_{\min}) $ for $\ell$1"),
        ("costs $5 for \\emph{small}, $10 for \\emph{big}", "costs $5 for small, $10 for big"),
    ],
)  # fmt: skip
def test_math_stays_within_dollars(text: str, shown: str) -> None:
    assert readable(text) == shown
    assert readable(shown) == shown


MML = "<mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>10</mml:mn></mml:msup></mml:math>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a&lt;b &amp; c&#8211;d", "a<b & c–d"),
        ("&lt;p&gt;Hi &amp;amp; you&lt;/p&gt;", "Hi & you"),
        ("<i>E. coli</i> in H<sub>2</sub>O, 10<sup>-3</sup> m", "E. coli in H2O, 10^-3 m"),
        ("<p>One.</p><p>Two<br/>Three</p>", "One. Two Three"),
        ("<jats:title>Abstract</jats:title><jats:p>We do.</jats:p>", "We do."),
        ("<jats:title>Methods</jats:title><jats:p>We do.</jats:p>", "Methods: We do."),
        (f"of {MML} y", "of $x^{10}$ y"),
        (
            "of <inline-formula><tex-math notation=\"LaTeX\">$L_1$</tex-math></inline-formula> y",
            "of $L_1$ y",
        ),
        (
            "of <jats:inline-formula><jats:alternatives><jats:tex-math>"
            r"\documentclass{minimal}\begin{document}$$L_1$$\end{document}</jats:tex-math>"
            f"{MML}</jats:alternatives></jats:inline-formula> y",
            "of $L_1$ y",
        ),
        ("a <!-- hidden --> b <![CDATA[c]]>", "a b c"),
    ],
)  # fmt: skip
def test_html_and_jats_become_readable(text: str, shown: str) -> None:
    assert readable(text) == shown
    assert readable(shown) == shown


@pytest.mark.parametrize(
    "heading", ["Abstract: ", "Abstract—", "ABSTRACT ", "Abstract", "Abstract "]
)
def test_a_heading_before_an_abstract_goes(heading: str) -> None:
    abstract = "We do " + "much work " * 30 + "here."
    assert readable(heading + abstract) == abstract


def test_in_text_known_to_be_latex_all_braces_group_and_ties_are_spaces() -> None:
    assert from_latex(r"{a, b}~c {x: y} 2^{n}, {") == "a, b c x: y 2^{n}, {"


@given(hostile_texts)
@example("{" * 70 + "}" * 70)
@example("\\emph{a \\href{b}")
@settings(deadline=None)
def test_it_never_raises_and_gives_one_line(text: str) -> None:
    shown = readable(text)
    assert " ".join(shown.split()) == shown
    from_latex(text)


@pytest.mark.parametrize(
    "piece",
    ["{", "<", "\\(", "$a ", "$", "~", "\\cite{", "&a", "<p ", "<i>", "<math>", "<!--", "``",
     "\\begin{equation}", "\\", "<title>", "-", "\\'", "https://", "A:\\", "\\[\\(", "1<sup>",
     "\\\"a", "<tex-math>$", "<math alttext='", "<math>x</math>", "{a}", "&amp;"],
)  # fmt: skip
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    text = piece * (100_000 // len(piece))  # time that grows with its square would be minutes
    for hostile in (text, text[:50_000] + "}" * 50_000):
        shown = readable(hostile)
        assert " ".join(shown.split()) == shown
    from_latex(text)


def test_plain_text_is_not_looked_through_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    abstract = "We present a method that works on 3 data sets (p = 0.05, 5% better)."
    monkeypatch.setattr(markup, "from_latex", None)
    monkeypatch.setattr(markup, "unescape", None)
    assert readable(abstract) == abstract
