"""Shortens a sentence at the bounds of its clauses, and finds what in it answers by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from store.sentences import Span

LONG = 180  # characters; a sentence up to here stands whole
_SHORT = 40  # of what is kept, at least

_BOUND = re.compile(
    r";\s+|:\s+(?=[a-z])|\s+[–—]\s+|,\s+(?:which|where|whereas|while|thereby|leading|enabling|"
    r"allowing|achieving|resulting|making|yielding|including|such as|and (?=we\b|it\b|our\b|the\b|"
    r"then\b|show|demonstrate)|so that|as well as)\b",
)
# "in three stages: …" says nothing without them.
_COUNTS = re.compile(
    r"\b(?:two|three|four|five|six|several|following|as follows|i\.e\.)(?:\s[\w-]+){0,4}$",
    re.IGNORECASE,
)
# What opens a sentence and says nothing of the matter itself.
_LEAD = re.compile(
    r"(?:(?:However|Moreover|Furthermore|Additionally|Specifically|In particular|Notably|Finally|"
    r"Concretely|Further|Besides|Also|Thus|Hence|Therefore|Here|In addition|As a result|"
    r"Consequently|Importantly|Interestingly|Surprisingly|Remarkably|More precisely|"
    r"In (?:this|our) (?:paper|work|article|study|report|survey)|To (?:this end|address (?:this|"
    r"these)[\w ]{0,30}|fill this gap|overcome (?:this|these)[\w ]{0,30}|bridge this gap|remedy "
    r"this)|Based on this|With this|First|Second|Third|Lastly|Overall|"
    r"To the best of our knowledge|To our knowledge|Empirically|"
    r"Experimentally|Numerically),\s+)+",
)
# A lead that points at the sentences before, which aren't shown.
_POINTING_LEAD = re.compile(
    r"(?:(?:However|Moreover|Therefore|Thus|Hence|Finally|In particular|Specifically),\s+)?"
    r"(?:(?:Inspired|Motivated|Guided|Driven|Informed|Encouraged) by|To \w+|Based on|"
    r"Building (?:up)?on|"
    r"With|Given|In light of|Following|Leveraging|Using|For|In|Towards?|Through|As (?:a|one|"
    r"an) \w+ to)"
    r"\s+(?:all (?:of )?)?(?:this|these|those|such|it|that)\b(?! (?:paper|work|article|study|"
    r"survey|"
    r"report)\b)(?:\s[\w’'-]+){0,6}?,\s+|To this end,?\s+|By (?:this|doing so),\s+",
)
# Words that turn or narrow what stands before them: never cut off.
_TURNS = re.compile(
    r"\b(?:but|although|though|except|unless|only|however|yet|if|when|provided|as long as|"
    r"whereas|while|not|without|despite|under|assuming)\b",
    re.IGNORECASE,
)
FIGURE = re.compile(
    r"(?<![\w.$])(?:[~≈+-]|up to |over |about |nearly |at least |more than |around )?"
    r"\d+(?:[.,]\d+)*(?:\s?(?:\\?%|percent(?:age points?)?\b|points?\b|[x×](?!\w)|times\b|fold\b|"
    r"BLEU\b|dB\b|GPUs?\b|GB\b|hours?\b|days?\b|minutes?\b|seconds?\b|ms\b|frames per second\b|"
    r"(?:million|billion|thousand)(?: \w+)?|[kKMB]\b)|-fold\b)",
)
_NAME = re.compile(
    r"\b(?:[A-Z][a-z]+)?(?:[A-Z]{3,}|[A-Z][a-z]+[A-Z]|[A-Za-z]+\d)[\w+]*(?:-[A-Z\d][\w]*)*\b"
)
_COUNTED = re.compile(
    r"(?<![\w.$])\d+(?:[.,]\d+)*(?:\s?[kKMB]\b)?\s+(?:[a-z][\w-]*\s+){0,2}(?:questions|problems|"
    r"samples|examples|images|videos|pages|papers|participants|patients|students|subjects|hours|"
    r"languages|datasets|tasks|instances|tokens|benchmarks|models|pairs|environments)\b"
)
NO_DATA = re.compile(
    r"(?:LLMs?|RL|AI|NLP|GPUs?|TPUs?|RLHF|SOTA|ML|CNNs?|GANs?|MLLMs?|VLMs?|RNNs?|LSTMs?|GPT\S*|"
    r"BERT\S*|PPO|GRPO|DPO|SFT|CoT|MDPs?|API|RLVR|URL|I[DI]?|Qwen\S*|LLaMA\S*|Llama\S*)"
)
_MOST_BOLD = 4


def shorten(text: str, keep: Sequence[re.Pattern[str]] = ()) -> Span:
    """The part of a sentence that is shown, as a range of it: all of a short one; of a long one
    without its lead and the clauses that neither hold what `keep` finds nor turn the meaning. A
    lead that points at what isn't shown ("To address these issues, ") goes from any."""
    start = 0
    if pointing := _POINTING_LEAD.match(text):
        start = pointing.end()
    if len(text) - start <= LONG:
        return start, len(text)
    start += lead(text[start:])
    if len(text) - start <= LONG:
        return start, len(text)
    bounds = [b for b in bounds_of(text) if b > start + _SHORT]
    found = [m.start() for p in keep for m in p.finditer(text) if m.start() >= start]
    first = min(found, default=start)
    for end in bounds:
        rest = text[end:]
        if end < len(text) and end > first and not _TURNS.search(rest) and not _claims(rest, keep):
            return start, len(text[:end].rstrip(" ,;:–—"))
    return start, len(text)


def _claims(rest: str, keep: Sequence[re.Pattern[str]]) -> bool:
    """Whether what would be cut off answers too, by a figure above all."""
    return bool(FIGURE.search(rest)) or any(pattern.search(rest) for pattern in keep)


def lead(text: str) -> int:
    """How many characters open a sentence and say nothing of the matter itself."""
    found = _LEAD.match(text)
    return found.end() if found else 0


def bounds_of(text: str) -> list[int]:
    """Where clauses end, outside of brackets, quotation marks and formulas."""
    return [
        m.start()
        for m in _BOUND.finditer(text)
        if is_outside(text[: m.start()])
        and not (m.group()[0] == ":" and _COUNTS.search(text[: m.start()]))
    ]


def is_outside(before: str) -> bool:
    """Whether what stands behind a text is outside of its brackets, quotations and formulas."""
    return (
        before.count("(") <= before.count(")")
        and before.count("[") <= before.count("]")
        and before.count("$") % 2 == 0
        and before.count("“") <= before.count("”")
        and before.count('"') % 2 == 0
    )


def bold_in(text: str, known: str) -> tuple[Span, ...]:
    """What answers a column by itself: figures with their unit of results and costs, names and
    sizes of data. None for other columns, and none where so much would be bold that it says
    nothing."""
    if known in ("result", "cost"):
        found = [m.span() for m in FIGURE.finditer(text)]
    elif known == "data":
        names = (m.span() for m in _NAME.finditer(text) if not NO_DATA.fullmatch(m.group()))
        found = [*names, *(m.span() for m in _COUNTED.finditer(text))]
    else:
        return ()
    apart: list[Span] = []
    for start, end in sorted(found):
        if (not apart or start >= apart[-1][1]) and "$" not in text and "\\" not in text[start:end]:
            apart.append((start, end))
    return tuple(apart) if len(apart) <= _MOST_BOLD else ()
