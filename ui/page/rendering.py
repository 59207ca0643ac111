"""Templates filled in. Whatever comes from papers, people or models is escaped on the way."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def render(template: str, /, **values: Any) -> str:
    """`templates/<template>.html` with these values, each escaped unless it is `Markup`."""
    return _environment().get_template(f"{template}.html").render(**values)


def part(template: str, macro: str, /, *values: Any, **named: Any) -> Markup:
    """One macro of a template, called."""
    module: Any = _environment().get_template(f"{template}.html").module
    return Markup(getattr(module, macro)(*values, **named))


def clean(text: str) -> str:
    """A text without control characters, those that turn the reading direction included."""
    return _CONTROL.sub("", text)


def file_name(path: str) -> str:
    """The last part of a source's path, which is all a reader needs to know it by."""
    return clean(Path(path).name or path)


def count(number: int, what: str, many: str | None = None) -> str:
    """`1 paper`, `2,000 papers`."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ui.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters |= {"count": count, "file_name": file_name, "thousands": "{:,}".format}
    return environment
