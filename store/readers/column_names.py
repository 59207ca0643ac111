"""What somebody says of the columns of a table, or the keys of records, whose names tell nothing.

told = ColumnNames.parse(["title=Titel", "abstract=Zusammenfassung"])
told.guess(["Nr", "Titel", "Zusammenfassung", "Year"])
# {"title": "Titel", "abstract": "Zusammenfassung", "year": "Year"}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from unicodedata import normalize

from store.readers.base import ReaderError, UnknownFormat
from store.readers.columns import NAMES, guess, of_papers, plain_name

_SHOWN = 20  # names of columns in a sentence
_WIDTH = 40  # characters of each


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """The names that the column of a field may have, the first that is there counts.

    Fields of which nothing is said are guessed, the others never: in place of a column that is
    missing, one that looks like it would bring texts nobody asked for. As in guessing, case, spaces
    and punctuation don't matter, unless several columns differ in nothing else.
    """

    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Iterable[str]) -> ColumnNames:
        """From texts as "title=Titel"; raises ReaderError for others and for unknown fields."""
        told: dict[str, tuple[str, ...]] = {}
        for one in given:
            said, _, name = (part.strip() for part in one.partition("="))
            if not said or not name:
                raise ReaderError(f"'{one}' names no column: write it as title=Titel.")
            # An author column is told as `author=` by many; guessing knows what they mean.
            known = said if said in NAMES else next(iter(guess([said])), None)
            if known is None:
                fields = ", ".join(NAMES)
                raise ReaderError(f"A paper has no field '{said}': name one of {fields}.")
            told[known] = (*told.get(known, ()), name)
        return cls(told)

    def __bool__(self) -> bool:
        return bool(self.told)

    def found(self, columns: Iterable[str]) -> dict[str, str]:
        """The columns of fields of which something was said, as far as they are there."""
        if not self.told:
            return {}
        exactly, roughly = dict[str, str](), dict[str, str]()
        for column in columns:
            exactly.setdefault(_composed(column), column)
            roughly.setdefault(_rough(column), column)
        found: dict[str, str] = {}
        for wanted, names in self.told.items():
            there = (exactly.get(_composed(name)) or roughly.get(_rough(name)) for name in names)
            if first := next(filter(None, there), None):
                found[wanted] = first
        return found

    def all_in(self, columns: Iterable[str]) -> bool:
        """Whether something was said, and every column of it is there."""
        return bool(self.told) and len(self.found(columns)) == len(self.told)

    def guess(self, columns: Iterable[str]) -> dict[str, str]:
        """The column of each field, as `columns.guess` has it, what was said going first."""
        if not self.told:
            return guess(columns)
        columns = list(columns)
        found = self.found(columns)
        taken = set(found.values())
        others = guess((one for one in columns if one not in taken), without=self.told)
        return found | others

    def of(self, columns: Iterable[str], file: str, what: str = "column") -> dict[str, str]:
        """As `guess`, where that gives all that was said, a title and an abstract.

        Raises UnknownFormat where nothing speaks for papers, else ReaderError: a table in a folder
        that has nothing to do with any of this is passed over, but not one that was meant.
        """
        columns = list(columns)
        guessed, found = self.guess(columns), self.found(columns)
        kind = ReaderError if found or of_papers(guess(columns)) else UnknownFormat
        name, has = PurePath(file).name, f"it has {_listed(columns)}"
        for wanted, names in self.told.items():
            if wanted not in found:
                called = " or ".join(f"'{_cut(one)}'" for one in names)
                raise kind(f"{name} has no {what} {called}: {has}.")
        for wanted in ("title", "abstract"):
            if wanted not in guessed:
                raise kind(
                    f"{name} has no {what} known as that of {wanted}s: name it, as 'assistant add "
                    f"--column {wanted}=NAME' does; {has}."
                )
        return guessed


GUESSED = ColumnNames()


def _composed(name: str) -> str:
    """A name with each accented letter as one character, as files have it either way."""
    return normalize("NFC", str(name)).strip()


def _rough(name: str) -> str:
    return plain_name(normalize("NFKC", str(name))) or _composed(name)


def _listed(columns: list[str]) -> str:
    names = [f"'{shown}'" for one in columns if (shown := _cut(one))]
    if len(names) > _SHOWN:
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or "none with a name"


def _cut(name: str) -> str:
    name = " ".join(str(name).split())
    return name if len(name) <= _WIDTH else f"{name[: _WIDTH - 2]} …"
