"""Questions that a paper answers, as far as its title and abstract tell. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.question import asked_about, tidy
from store.paper import Paper

Kind = Literal["method", "results", "finding", "comparison", "title", "topic"]

_LONGEST_TITLE = 110  # characters of a title that stand in a question
_NAME_WORDS = 3
_OWN_WORDS = 3  # "What Is Around the Camera?" asks nothing without its paper

_LEAD = re.compile(r"^([^:]{2,40}):\s+(\S.*)$", re.DOTALL)
_INTRODUCES = (
    r"\b(?:propos\w+|introduc\w+|present\w*|develop\w*|describ\w+|releas\w+|call(?:ed|s)?|named?|"
    r"dub(?:bed)?|term(?:ed)?|refer(?:red)? to|design\w*|offer\w*|build|built|creat\w+|"
    r"contribut\w+|formulat\w+|devis\w+|construct\w*)\b[^.]{0,160}?(?<![\w-])"
)
_OPENS_QUESTION = re.compile(
    r"(?:what|which|how|why|who|when|where|do|does|did|is|are|was|were|can|could|should|will|would|"
    r"has|have)\b.*\?$",
    re.IGNORECASE | re.DOTALL,
)
_SURVEY = re.compile(r"\b(?:survey|review|tutorial|technical report|overview|primer)\b", re.I)
_BENCHMARK = re.compile(r"\b(?:benchmark|test suite|test set|challenge|leaderboard)\b", re.I)
_DATA = re.compile(r"\b(?:dataset|data set|corpus|corpora|treebank|collection)\b", re.I)
_TOOL = re.compile(
    r"\b(?:toolkit|toolbox|library|platform|simulator|environment|software|package|engine|suite)\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"\b(?:outperform\w*|surpass\w*|improv\w+|achiev\w+|reduc\w+|faster|state-of-the-art|"
    r"accura\w+|gains?)\b[^.]*\d|\d[\d.,]*\s?(?:%|x\b|times|points)",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:we|results|experiments|analysis|study|authors|findings)\s+(?:\w+ly\s+|also\s+)?"
    r"(find|found|show|shows|prove|conclude|observe|reveal|suggest|demonstrate)s?\b(?=\s+(?:that|how|"
    r"the|an?)\b)",
    re.IGNORECASE,
)
_RIVAL = re.compile(
    r"\b(?:outperform(?:s|ing|ed)?|surpass(?:es|ing)?|compar(?:ed|es|able|ison)(?: favou?rably)? "
    r"(?:to|with)|better than|faster than|superior to)\s+(?:(?:the|both|existing|standard|vanilla|"
    r"plain|popular)\s+)*"
    r"(?!SOTA|SoTA|[A-Z]+s\b)([A-Z][\w+]*[A-Z0-9+][\w+]*(?:-\w+(?:\.\d+)?)*)(?=[\s,.;)])(?!\s+(?:\w+\s+)?(?:models?|methods?|"
    r"baselines?|approaches|algorithms?|techniques|systems|agents?|training|counterparts?)\b)"
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, what it asks for, and the papers that it came from."""

    kind: Kind
    question: str
    papers: tuple[str, ...]


def name_in(paper: Paper) -> str | None:
    """The name that a paper gives its method, data or tool, from a title like "Name: what it is".

    It counts only if the abstract writes it so too, and as something that the authors bring:
    a title's first words may be anything.
    """
    found = _LEAD.match(tidy(paper.title))
    if not found or len(found.group(1).split()) > _NAME_WORDS or _SURVEY.search(found.group(2)):
        return None
    name = found.group(1).strip(" \"'“”‘’")
    if not name or not any(c.isupper() for c in name):
        return None
    if any(c in name for c in ",;?!") or all(len(w) < 2 for w in asked_about(name)):
        return None
    brought = re.search(f"(?i:{_INTRODUCES}){re.escape(name)}(?![\\w-])", paper.abstract)
    return name if brought else None


def questions_about(paper: Paper) -> list[Suggestion]:
    """What one might ask about a paper, the most natural first; nothing for an empty abstract."""
    if not paper.abstract.strip():
        return []
    asked: list[tuple[Kind, str]] = []
    if name := name_in(paper):
        asked += _about_named(name, paper)
    if own := own_question(paper.title):
        asked.append(("title", own))
    if not name and (said := _SAYS.search(paper.abstract)):
        verb = {"found": "find", "shows": "show", "observe": "find", "reveal": "show"}.get(
            said.group(1).lower(), said.group(1).lower()
        )
        asked.append(("finding", f"What does {quoted(paper.title)} {verb}?"))
    return [Suggestion(kind, question, (paper.id,)) for kind, question in asked]


def any_question(paper: Paper) -> Suggestion:
    """A question for a paper that gives no better one."""
    return Suggestion("finding", f"What is {quoted(paper.title)} about?", (paper.id,))


def difference(first: Paper, second: Paper) -> Suggestion | None:
    """How two papers' named methods differ; None where either has no name."""
    one, two = name_in(first), name_in(second)
    if not one or not two or one.lower() == two.lower():
        return None
    return Suggestion("comparison", f"How do {one} and {two} differ?", (first.id, second.id))


def own_question(title: str) -> str | None:
    """The question that a title, or what follows its colon, asks by itself."""
    title = tidy(title)
    found = _LEAD.match(title)
    for text in (title, found.group(2) if found else ""):
        short = len(text) <= _LONGEST_TITLE
        if short and len(asked_about(text)) >= _OWN_WORDS and _OPENS_QUESTION.match(text):
            return text
    return None


def quoted(title: str) -> str:
    """A title in quotes, on one line, cut between words where it is long."""
    title = tidy(title).rstrip(".")
    if len(title) > _LONGEST_TITLE:
        title = title[:_LONGEST_TITLE].rpartition(" ")[0].rstrip(" ,;:-") + "…"
    return f"“{title}”"


def _about_named(name: str, paper: Paper) -> list[tuple[Kind, str]]:
    about = tidy(paper.title).partition(":")[2]
    asked: list[tuple[Kind, str]] = []
    reports = _REPORTS.search(paper.abstract) is not None
    if _BENCHMARK.search(about):
        asked.append(("method", f"What does {name} measure?"))
        if reports:
            asked.append(("results", f"How well do models do on {name}?"))
        return asked
    if _DATA.search(about):
        return [("method", f"What does {name} contain?")]
    if _TOOL.search(about):
        return [("method", f"What does {name} offer?")]
    asked.append(("method", f"How does {name} work?"))
    if reports:
        asked.append(("results", f"What results does {name} achieve?"))
    rivals = (found.group(1) for found in _RIVAL.finditer(paper.abstract))
    rival = next((r for r in rivals if r.lower() not in name.lower()), None)
    if rival:
        asked.append(("comparison", f"How does {name} compare with {rival}?"))
    return asked
