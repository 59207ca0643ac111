"""Signs that a sentence says something else than its source in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable

Stems = Callable[[str], list[str]]

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|fails?|failed|failing|unable|lacks?|"
    r"hardly|barely|rarely|\w+n['’]t)\b",
    re.IGNORECASE,
)
# One side of the verb is above the other; turned round, the claim is the opposite.
_ABOVE = re.compile(
    r"\b(?:outperform\w*|beats?|beating|surpass\w*|exceed\w*|improv\w+ (?:on|over|upon)|"
    r"(?:better|stronger|faster|higher|larger|more accurate|more efficient|fewer|lower|smaller|"
    r"cheaper|more \w+) than|superior to|ahead of|rather than|instead of|followed by|before|"
    r"relative to|compared (?:to|with))\b",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"\b(?:outperformed by|beaten by|surpassed by|exceeded by|worse than|inferior to|"
    r"lags? behind|falls? behind|after)\b",
    re.IGNORECASE,
)
_OPPOSITES = tuple(
    (re.compile(rf"\b(?:{one})\b", re.IGNORECASE), re.compile(rf"\b(?:{other})\b", re.IGNORECASE))
    for one, other in (
        (r"increas\w+|rais\w+|grow\w*|rises?", r"decreas\w+|reduc\w+|lower\w*|shrink\w*|drops?"),
        (r"higher|larger|greater|bigger", r"lower|smaller|lesser"),
        (r"more", r"fewer|less"),
        (r"better|best|superior", r"worse|worst|inferior|poor\w*"),
        (r"faster|quick\w*", r"slow\w*"),
        (r"succeed\w*|success\w*|excel\w*", r"fail\w*|struggl\w+"),
        (r"easy|easier|easily", r"hard\w*|difficult\w*"),
        (r"improv\w+|helps?|gains?", r"hurts?|harm\w*|degrad\w+|worsen\w*|los(?:es|s)"),
        (r"with", r"without"),
        (r"always|every|all", r"never|none"),
        (r"strong\w*", r"weak\w*"),
        (r"early|earlier|first", r"late|later|last"),
    )
)  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?:\s?[%×xkKMB]\b|%)?")
_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "hundred": "100",
    "twice": "2", "double": "2", "triple": "3",
}  # fmt: skip


def numbers_in(text: str) -> set[str]:
    """The figures of a text in one form: `1,000` and `1000`, `5%` and `5 %`, `two` and `2`."""
    found = {re.sub(r"[\s,%×xX]", "", n).rstrip(".").lower() for n in _NUMBER.findall(text)}
    words = {_NUMBER_WORDS[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _NUMBER_WORDS}
    return found | words


def conflicts(sentence: str, source: str, stems: Stems) -> bool:
    """Whether a sentence seems to say the opposite of its source: one denies and the other
    doesn't, a comparison is turned round, or a word stands where its opposite stood."""
    if bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(source)):
        return True
    return turned_round(sentence, source, stems) or _opposed(sentence, source)


def turned_round(sentence: str, source: str, stems: Stems) -> bool:
    """Whether what one side of a comparison names stands on the other side in the source."""
    ours, theirs = _sides(sentence, stems), _sides(source, stems)
    if ours is None or theirs is None:
        return False
    straight = len(ours[0] & theirs[0]) + len(ours[1] & theirs[1])
    crossed = len(ours[0] & theirs[1]) + len(ours[1] & theirs[0])
    return crossed > straight


def _sides(text: str, stems: Stems) -> tuple[set[str], set[str]] | None:
    """The words above and below in a comparison, those on both sides left out."""
    if found := _BELOW.search(text):
        above, below = text[found.end() :], text[: found.start()]
    elif found := _ABOVE.search(text):
        above, below = text[: found.start()], text[found.end() :]
    else:
        return None
    over, under = set(stems(above)), set(stems(below))
    return over - under, under - over


def _opposed(sentence: str, source: str) -> bool:
    for one, other in _OPPOSITES:
        for said, meant in ((one, other), (other, one)):
            if (
                said.search(sentence)
                and not meant.search(sentence)
                and meant.search(source)
                and not said.search(source)
            ):
                return True
    return False
