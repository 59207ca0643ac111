"""The program `assistant`: all its commands, and how errors end."""

from __future__ import annotations

import os
import sys

import typer

from ui import asking, keeping, looking  # noqa: F401 - they register their commands
from ui.app import Failure, app


def main() -> None:
    """Runs a command; every error ends in one sentence on standard error, never a traceback."""
    try:
        # standalone_mode=False lets our own errors through, so that they end in one place.
        result = app(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("Interrupted; what was done is kept.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if (show := getattr(error, "show", None)) is not None:  # Typer's errors of usage
            show()
            sys.exit(2)
        sys.exit(_explain(error))


def _explain(error: Exception) -> int:
    from store.errors import LibraryError, LibraryInUse

    if os.environ.get("ASSISTANT_DEBUG"):
        raise error
    if isinstance(error, Failure):
        message, code = str(error), error.code
    elif isinstance(error, LibraryInUse):
        message, code = str(error), 4
    elif isinstance(error, LibraryError | ValueError | OSError):
        message, code = str(error), 1
    else:
        message = f"Something went wrong ({type(error).__name__}: {error}). "
        message += "Set ASSISTANT_DEBUG=1 to see where, and run the same command again."
        code = 1
    sys.stderr.write(message.rstrip() + "\n")
    return code
