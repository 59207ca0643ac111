"""The program `assistant`: all its commands, and how errors end.

Hardly anything is imported at the top, so that an interrupt at any moment finds `main` there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; every error ends in one sentence on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what a terminal can't show is no reason to stop
            stream.reconfigure(errors="replace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _interrupted()
    except BrokenPipeError:
        # The reader has enough; Python would complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        from ui import asking, keeping, listing, looking, talking  # noqa: F401 - their commands
        from ui.app import app

        # standalone_mode=False lets our own errors through, so that they end in one place.
        result = app(arguments, prog_name="assistant", standalone_mode=False)
        code = result if isinstance(result, int) else 0  # of a typer.Exit
        return _interrupted() if code == INTERRUPTED else code
    except BrokenPipeError:
        raise
    except Exception as error:
        return _explain(error)


def _explain(error: Exception) -> int:
    import typer

    from store.errors import LibraryError, LibraryInUse
    from ui.app import Failure
    from ui.settings import BadSettings

    if isinstance(error, typer.Abort) or _hides_interrupt(error):
        return _interrupted()
    if os.environ.get("ASSISTANT_DEBUG"):
        raise error
    message, code = str(error), 1
    if isinstance(error, Failure):
        code = error.code
    elif isinstance(error, BadSettings):
        code = 2
    elif isinstance(error, LibraryInUse):
        code = 4
    elif (usage := getattr(error, "format_message", None)) is not None:  # Typer's own errors
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "assistant"
        message, code = f"{usage().rstrip('.')}: see '{command} --help'.", 2
    elif not isinstance(error, LibraryError | ValueError | OSError):
        message = f"Something went wrong ({type(error).__name__}: {error}). "
        message += "Set ASSISTANT_DEBUG=1 to see where, and run the same command again."
    _complain(message)
    return code


def _hides_interrupt(error: BaseException | None) -> bool:
    """Whether an interrupt is the cause: an extension that is being loaded wraps it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _interrupted() -> int:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # once more ends it at once, and quietly
    _complain("Interrupted.")
    return INTERRUPTED


def _complain(message: str) -> None:
    """The sentence on standard error, wrapped at words where somebody looks at it."""
    message = " ".join(message.split())
    if sys.stderr.isatty():
        import shutil
        import textwrap

        width = shutil.get_terminal_size().columns
        message = textwrap.fill(message, width, break_long_words=False, break_on_hyphens=False)
    sys.stderr.write(message + "\n")
