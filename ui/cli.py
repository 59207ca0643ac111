"""The program `assistant`: all its commands, and how errors end.

Hardly anything is imported at the top, so that an interrupt at any moment finds `main` there.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; every error ends in one sentence on standard error, never a traceback."""
    # Imports make a million objects that stay: looking through them for rubbish is a sixth of
    # the time to a first answer, at the end as well as on the way.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    # Before numpy is loaded: our products are small, and the threads that BLAS wakes for each get
    # in the way of those that embed and answer (up to twenty times as long when all are busy).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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
        from ui import (  # noqa: F401 - their commands
            asking,
            exporting,
            fetching,
            keeping,
            keying,
            listing,
            looking,
            serving,
            surveying,
            talking,
        )
        from ui.agents import command  # noqa: F401 - its command
        from ui.app import app

        # standalone_mode=False lets our own errors through, so that they end in one place.
        result = app(arguments, prog_name="assistant", standalone_mode=False)
        code = result if isinstance(result, int) else 0  # of a typer.Exit
        return _interrupted() if code == INTERRUPTED else code
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Typer would call this a failure
            raise end.__context__ from None
        raise
    except BrokenPipeError:
        raise
    except Exception as error:
        return _explain(error)


def _explain(error: Exception) -> int:
    import typer

    from ui.app import explained

    if isinstance(error, typer.Abort) or _hides_interrupt(error):
        return _interrupted()
    if os.environ.get("ASSISTANT_DEBUG"):
        raise error
    message, code = explained(error)
    _complain(message)
    return code


def _hides_interrupt(error: BaseException | None) -> bool:
    """Whether an interrupt is the cause: an extension that is being loaded wraps it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
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
