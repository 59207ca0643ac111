"""Signs that a sentence says something else than its source in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

Stems = Callable[[str], list[str]]

_NEGATION = re.compile(
    r"\b(?:not(?! only)|no(?! matter)|never|none|neither|nor|cannot|without|fails?|failed|failing|"
    r"unable|lacks?|hardly|barely|rarely|\w+n['’]t)\b",
    re.IGNORECASE,
)
# One side of the word is above the other, or before it; turned round, the claim is the opposite.
# Each kind with the words that say it forwards and those that say it backwards.
_COMPARISONS = tuple(
    (re.compile(rf"\b(?:{forth})\b", re.I), re.compile(rf"\b(?:{back})\b", re.I))
    for forth, back in (
        (
            r"outperform\w*(?! by)|beats?|beating|surpass\w*(?! by)|exceed\w*(?! by)|"
            r"improv\w+ (?:on|over|upon)|superior to|ahead of",
            r"(?:outperformed|beaten|surpassed|exceeded) by|inferior to|(?:lags?|falls?) behind",
        ),
        (
            r"(?:better|more \w+|(?!(?:low|small|few|slow|weak|short|cheap|oth|rath)er)\w+er) than",
            r"(?:worse|(?:less|fewer) \w+|lower|smaller|fewer|slower|weaker|shorter|cheaper) than",
        ),
        (r"rather than|instead of", r"(?!)"),
        (r"before|followed by", r"after"),
    )
)
# Where the words of a side end: what stands behind is another statement.
_BOUND = re.compile(r"[;:]|,?\s+(?:while|whereas|but|yet)\b")
_ASIDE = re.compile(r"\([^()]*\)")
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
_TIMES = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "k": 10**3, "m": 10**6, "b": 10**9,
    "": 1,
}  # fmt: skip
_NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "hundred": 100, "twice": 2, "double": 2,
    "triple": 3,
}  # fmt: skip
_NUMBER = re.compile(
    rf"(?<![\w.])(\d+(?:,\d{{3}})*(?:\.\d+)?|(?:{'|'.join(_NUMBER_WORDS)})\b)"
    r"(?:[\s-]?(thousand|million|billion)\b|([kKMB])\b)?",
    re.IGNORECASE,
)


def numbers_in(text: str) -> set[Decimal]:
    """The figures of a text as values: `1,000` is `1000`, `10k` is `10,000`, `two` is `2`."""
    return {
        Decimal(_NUMBER_WORDS.get(number, number.replace(",", ""))) * _TIMES[word or letter]
        for number, word, letter in _NUMBER.findall(text.lower())
    }


def unknown_figure(sentence: str, source: str) -> bool:
    """Whether a sentence has a figure that the source doesn't, not even more precisely."""
    known = numbers_in(source)
    return any(
        number not in known and not any(_rounds_to(finer, number) for finer in known)
        for number in numbers_in(sentence)
    )


def _rounds_to(finer: Decimal, number: Decimal) -> bool:
    places = min(int(number.as_tuple().exponent), 0)
    if int(finer.as_tuple().exponent) >= places or finer > 10**15:
        return False
    return finer.quantize(Decimal(1).scaleb(places), ROUND_HALF_UP) == number


def conflicts(sentence: str, source: str, stems: Stems) -> bool:
    """Whether a sentence seems to say the opposite of its source: one denies and the other
    doesn't, a comparison is turned round, or a word stands where its opposite stood."""
    if bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(source)):
        return True
    return turned_round(sentence, source, stems) or _opposed(sentence, source)


def turned_round(sentence: str, source: str, stems: Stems) -> bool:
    """Whether what one side of a comparison names stands on the other side in the source."""
    for forth, back in _COMPARISONS:
        ours, theirs = _sides(sentence, forth, back, stems), _sides(source, forth, back, stems)
        if not (all(ours) and all(theirs)):
            continue
        rises, falls = ours[0] & theirs[1], ours[1] & theirs[0]
        if rises and falls and len(rises) + len(falls) > len(ours[0] & theirs[0]):
            return True
    return False


def _sides(
    text: str, forth: re.Pattern[str], back: re.Pattern[str], stems: Stems
) -> tuple[set[str], set[str]]:
    """The words above and below in a comparison, those on both sides left out; none without a
    comparison."""
    text = _ASIDE.sub(" ", text)
    either = [(found, found.re is back) for p in (forth, back) if (found := p.search(text))]
    if not either:
        return set(), set()
    found, turned = min(either, key=lambda pair: pair[0].start())
    left = set(stems(_BOUND.split(text[: found.start()])[-1]))
    right = set(stems(_BOUND.split(text[found.end() :])[0]))
    over, under = (right, left) if turned else (left, right)
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
