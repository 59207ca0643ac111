"""What the server writes to standard error: lines for people, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.settings import ServerSettings

OURS = "assistant"  # the logger above all of ours
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
_HANDLER = "assistant-stderr"
_USUAL_LEVEL = {"text": "warning", "json": "info"}


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: `time` (ISO 8601, UTC), `level`, `logger`, `message`,
    `request_id` within a request, `traceback` with an error, and the members of `fields`.

        log.info("Added", extra={"fields": {"papers": 12}})
    """

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        # Only what was meant as a field: others' extras may hold what is nobody's business.
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """`WARNING assistant.page: message [request id]`, with the trace of an error below."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s%(of_request)s")

    def format(self, record: logging.LogRecord) -> str:
        request_id = REQUEST_ID.get()
        record.of_request = f" [{request_id}]" if request_id else ""
        return super().format(record)


def configure_logs(settings: ServerSettings) -> None:
    """Sends every logger's lines to standard error in the form that the settings name.

    The level is that of our own lines. Libraries speak from warnings on: below that some of
    them write down whole requests, questions and all.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    root = logging.getLogger()
    for old in [h for h in root.handlers if h.get_name() == _HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    level = settings.log_level or _USUAL_LEVEL[settings.log_format]
    logging.getLogger(OURS).setLevel(level.upper())
    logging.captureWarnings(settings.log_format == "json")
