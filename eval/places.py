"""Where measuring keeps what it makes: in the project's checkout, or beside whoever measures."""

from __future__ import annotations

from pathlib import Path

from eval.questions import HERE


def in_checkout() -> bool:
    """Whether this is the project's own tree and not an installed package."""
    return (HERE.parent / "pyproject.toml").is_file()


def results_folder() -> Path:
    """Kept runs: `eval/results` of a checkout, else `eval-results` where the command is run."""
    return HERE / "results" if in_checkout() else Path("eval-results")


def work_folder() -> Path:
    """Libraries made to be measured: `build` of a checkout, else the user's cache."""
    if in_checkout():
        return HERE.parent / "build"
    from platformdirs import user_cache_path

    return user_cache_path("assistant") / "eval"
