"""Sentences and citation marks out of a text that a model is still writing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from store.sentences import Span, split_sentences

_NUMBER = r"(?:(?:passage|source|abstract|paper|ref(?:erence)?|document)s?\s*|[#^])?[1-9]\d{0,2}"
_JOIN = r"(?:\s*(?:[,;&–—-]|and)\s*|\s+)"
_MARK = rf"[\[【]{{1,2}}\s*{_NUMBER}(?:{_JOIN}{_NUMBER})*(?:†[^\]】]{{0,40}})?\s*[\]】]{{1,2}}"
# One or more marks in a row, with the addresses that a model may have linked them to.
_MARKS = re.compile(rf"{_MARK}(?:\(https?://[^\s)]*\))?(?:\s*[,;]?[^\S\n]*{_MARK})*", re.IGNORECASE)
_RANGE = re.compile(r"(\d{1,3})(?:\s*[–—-]\s*\D{0,10}?(\d{1,3}))?")
_LONGEST_RANGE = 20

_TAG = re.compile(
    r"<!--.*?-->"
    r"|(?:<\|(?:im_start|start_header_id)\|>|<start_of_turn>)(?:model|assistant|user|system)?"
    r"|<\|[^<>]{1,60}\|?>"
    r"|<<?/?[a-z][\w-]*(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>]+))*\s*/?>>?"
    r"|\[/?INST\]|\*\*|`",
    re.IGNORECASE | re.DOTALL,
)
_LINE_TAG = re.compile(r"</?(?:br|p|li|ul|ol|div|h\d)\s*/?>", re.IGNORECASE)
# What comes behind the end of a model's turn is no part of its answer.
_TURN_END = re.compile(
    r"<\|(?:end|im_end|eot_id|eom_id|endoftext|end_of_text)\|>|</s>|<end_of_turn>|<eos>",
    re.IGNORECASE,
)
_THOUGHT = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
# A text that ends like this may go on with what is to be taken out whole: a tag, or a row of
# marks, or the address that a mark is linked to.
_PAIR = r"[\[【]+[^\[\]【】\n]{0,60}[\]】]+"
_OPEN = re.compile(
    rf"<(?=[|/!<a-z]|$)[^<>]{{0,200}}$"
    rf"|(?:{_PAIR}[,;]?\s*)*(?:{_PAIR}(?:\([^\s)]*|[,;]?\s*)|[\[【]+[^\[\]【】\n]{{0,60}})$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:(?:[-*•–]|#{1,6}|\d{1,2}[.)])\s+)+")
# A line broken inside a sentence, as in a text of fixed width.
_WRAPPED = re.compile(r"(?<=[\w,])\n(?=[a-z])")
_SOURCES = re.compile(r"\W*(?:references|sources|citations|bibliography)\W*", re.IGNORECASE)
_STOP = re.compile(r" ?[.!?]+[\"'”’)]*\s+")
_BREAK = "\x1e"  # put where a sentence begins with a mark and a small letter
_MAY_END = re.compile(rf"[.!?\n{_BREAK}].*\S", re.DOTALL)
_LONGEST = 2000  # characters of what may still be one sentence
_BRACKET = 160  # characters in which an open bracket may close: there ends no sentence


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as a model wrote it, without its marks.

    `places` says where the marks stood, as offsets into `text`, and the numbers in them.
    """

    text: str
    places: tuple[tuple[int, tuple[int, ...]], ...]
    opens_paragraph: bool

    @property
    def marks(self) -> tuple[int, ...]:
        """The numbers in order, each once."""
        return tuple(dict.fromkeys(n for _, numbers in self.places for n in numbers))

    def marked(self, mark: Callable[[int], str]) -> str:
        """The sentence with each number put back as `mark` writes it, be that nothing."""
        text, at = "", 0
        for place, numbers in self.places:
            marks = "".join(mark(number) for number in numbers)
            text += self.text[at:place]
            if marks:
                text += (" " if text and not text.endswith((" ", "(")) else "") + marks
                text += " " if self.text[place : place + 1].isalnum() else ""
            at = place
        return text + self.text[at:]


def drafted_sentences(pieces: Iterable[str]) -> Iterator[Drafted]:
    """Each sentence as soon as it is whole: when the next one has begun, or the text has ended.

    The pieces may be cut anywhere. Markup, control tokens and thoughts that a model leaks
    (`<b>`, `<|end|>`, `<think>…</think>`) are taken out, and so is a list of sources at the end.
    Knows the marks `[1]`, `[1, 2]`, `[1][2]`, `[1-3]`, `[Abstract 1]` and `【1†…】`, before the
    full stop and behind it; `[0, 1]` and `[2017]` are none.
    """
    text = _Text()
    for word in _words(pieces):
        text.take(word)
        while (drafted := text.next_sentence(last=text.ended)) is not None:
            if _SOURCES.fullmatch(drafted.text):
                return
            if any(c.isalnum() for c in drafted.text):
                yield drafted
        if text.ended:
            return


def numbers_of(marks: str) -> tuple[int, ...]:
    """The numbers in a mark or several, in order, each once; a range stands for all of it."""
    numbers: list[int] = []
    for first, last in _RANGE.findall(marks):
        ends = sorted((int(first), int(last or first)))
        short = ends[1] - ends[0] < _LONGEST_RANGE
        numbers.extend(range(ends[0], ends[1] + 1) if short else ends)
    return tuple(dict.fromkeys(numbers))


def _words(pieces: Iterable[str]) -> Iterator[str]:
    """The same text cut before each word, so that how it came makes no difference; the end of
    the text comes as the end of a turn."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        *words, waiting = re.split(r"(?<=\s)(?=\S)", waiting)
        yield from words
    yield waiting
    yield ""


class _Text:
    """What is left to be cut into sentences: clean text, and the marks with their places in it."""

    def __init__(self) -> None:
        self.ended = False
        self._raw = ""
        self._text = ""
        self._marks: list[tuple[int, tuple[int, ...]]] = []
        self._thinking = False
        self._begun = False
        self._fresh_line = True
        self._marks_lead = False

    def take(self, word: str) -> None:
        """Adds a word, or "" at the end; what may be a mark or a tag half come is held back."""
        if self._thinking:
            found = _THOUGHT_END.search(word)
            if word and not found:
                return
            self._thinking, word = False, word[found.end() :] if found else ""
        raw = self._raw + word
        if found := _THOUGHT.search(raw):
            self._raw = raw[: found.start()]
            self._thinking = True
            self.take(raw[found.end() :] or " ")
            return
        if (found := _TURN_END.search(raw)) and (self._begun or self._text or raw[: found.start()]):
            raw, word = raw[: found.start()], ""
        held = _OPEN.search(raw) if word else None
        cut = held.start() if held else len(raw)
        self.ended = not word
        self._raw = raw[cut:]
        clean = _TAG.sub("", _LINE_TAG.sub("\n", raw[:cut]))
        at = 0
        for marks in _MARKS.finditer(clean):
            self._add(clean[at : marks.start()])
            self._text = self._text.rstrip(" ")
            self._marks.append((len(self._text), numbers_of(marks.group())))
            at = marks.end()
        self._add(clean[at:])

    def _add(self, text: str) -> None:
        text = re.sub(r"[^\S\n]+", " ", text)
        if self._marks:
            # A full stop behind a mark ends a sentence, whatever letter the next begins with.
            behind = self._text[self._marks[-1][0] :]
            if stop := _STOP.match(behind + text):
                at = stop.end() - len(behind)
                if at >= 0 and text[at : at + 1].islower():
                    text = text[:at] + _BREAK + text[at:]
        if self._text.endswith((" ", "\n")) or not self._text:
            text = text.lstrip(" ")
        elif self._marks and self._marks[-1][0] == len(self._text):
            if re.match(r" [.,;:!?)]", text):
                text = text[1:]
            elif re.match(r" ?[a-z]", text) and _ends_sentence(self._text):
                self._text += _BREAK
                self._marks[-1] = (len(self._text), self._marks[-1][1])
                text = text.lstrip(" ")
            elif text[:1].isalnum():
                text = f" {text}"
        self._text += text

    def next_sentence(self, *, last: bool = False) -> Drafted | None:
        """The first sentence, if it is whole or the last one, taken out of the text."""
        text = _WRAPPED.sub(" ", self._text)
        last = last or len(text) > _LONGEST
        spans = _spans(text) if last or _MAY_END.search(text) else []
        if not spans or (len(spans) == 1 and not last):
            return None
        start, end = spans[0]
        following = spans[1][0] if len(spans) > 1 else len(text)
        line_end = text.find("\n", end, following)
        if not last and line_end < 0 and _may_go_on(text, spans[0]):
            return None
        if self._fresh_line:
            self._marks_lead = any(place <= start for place, _ in self._marks)
        # Marks between two sentences of a line belong to the first, unless the line began
        # with a mark: then each stands before its sentence.
        ours = len(text) + 1 if len(spans) == 1 else following
        if line_end >= 0:
            ours = text.rfind("\n", end, following) + 1
        elif self._marks_lead and len(spans) > 1:
            ours = end
        own = [mark for mark in self._marks if mark[0] < ours]
        opens = self._begun and self._fresh_line
        drafted = _draft(text, spans[0], own, opens)
        self._marks = [(max(p - following, 0), n) for p, n in self._marks[len(own) :]]
        self._text = self._text[following:]
        self._fresh_line, self._begun = line_end >= 0, True
        return drafted


def _spans(text: str) -> list[Span]:
    """Sentences, none of which goes beyond its line."""
    return [
        (line.start() + start, line.start() + end)
        for line in re.finditer(rf"[^\n{_BREAK}]+", text)
        for start, end in split_sentences(line.group())
    ]


def _ends_sentence(text: str) -> bool:
    return _spans(f"{text} Then")[-1][0] > len(text)


def _may_go_on(text: str, span: Span) -> bool:
    """Whether a bracket is open at the end of a sentence that may yet close."""
    start, end = span
    near = text[max(start, end - _BRACKET) : end]
    return near.rfind("(") > near.rfind(")") and len(text) - end < _BRACKET


def _draft(
    text: str, span: Span, marks: Iterable[tuple[int, tuple[int, ...]]], opens: bool
) -> Drafted:
    start, end = span
    if bullet := _BULLET.match(text, start, end):
        start = bullet.end()
    places = tuple((min(max(p - start, 0), end - start), numbers) for p, numbers in marks)
    return Drafted(text[start:end], places, opens)
