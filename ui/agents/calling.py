"""How tools are called: strict about arguments, in threads, every error in one sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import ValidationError

from assistant.answer import Answer, Done, WriterName
from prompts import load
from store.errors import LibraryError
from store.filters import Filters
from ui.app import Failure, explained
from ui.desk import Desk
from ui.documents import Document

if TYPE_CHECKING:
    from ui.observing import Observer

_T = TypeVar("_T")
_MANY = 32  # calls under way; a language model is what most of their time goes to
_SHOWN = 3  # wrong arguments that are named

Lent = Callable[[], AbstractContextManager[Desk]]  # the desk, for as long as the block takes


class AgentServer(MCPServer[Any]):
    """A server whose errors are sentences that an agent can act on, and never a trace."""

    def __init__(self, *given: Any, observer: Observer | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._observer = observer

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            self._notice(error, context)
            # The cause goes along: the SDK tells by it what to log, and logs only that.
            raise _told(error) from error.__cause__

    def _notice(self, error: ToolError, context: Context[Any, Any] | None) -> None:
        """Counts what is no mistake of the caller's."""
        cause = error.__cause__
        if self._observer is None or context is None or cause is None:
            return
        if isinstance(error, UnexpectedToolError) and not isinstance(cause, Failure):
            self._observer.failed(cause, state_of(context))


def make_tool(function: Callable[..., Any], title: str, annotations: ToolAnnotations) -> Tool:
    """A tool of a function's name, told of in the prompt of that name.

    An argument that isn't known is an error, so that no typing mistake goes unseen.
    """
    tool = Tool.from_function(
        function,
        title=title,
        description=load(f"mcp_{function.__name__}"),
        annotations=annotations,
    )
    model = tool.fn_metadata.arg_model
    model.model_config["extra"] = "forbid"
    model.model_rebuild(force=True)
    tool.parameters = model.model_json_schema(by_alias=True)
    return tool


class AtDesk:
    """Work at a desk, each in a thread; what is beyond their number waits its turn."""

    def __init__(self, desk: Lent) -> None:
        self._desk = desk
        self._threads = CapacityLimiter(_MANY)
        self._adding = CapacityLimiter(1)

    async def do(self, work: Callable[[Desk], _T], *, adds: bool = False) -> _T:
        """The result of some work. What adds comes one after the other and, when it is
        cancelled, goes on to its end."""

        def whole() -> _T:
            with self._desk() as desk:
                return work(desk)

        limiter = self._adding if adds else self._threads
        return await to_thread.run_sync(whole, abandon_on_cancel=True, limiter=limiter)

    async def ask(
        self, question: str, *, filters: Filters, top_k: int | None, writer: WriterName
    ) -> Answer:
        """The whole answer; once it is cancelled, the work ends at its next step."""
        stopping = threading.Event()

        def work(desk: Desk) -> Answer:
            if writer == "model" and not desk.has_model:
                raise ToolError("No language model is configured here: leave the writer out.")
            events = desk.stream(question, filters=filters, top_k=top_k, writer=writer)
            try:
                for event in events:
                    if isinstance(event, Done):
                        return event.answer
                    if stopping.is_set():
                        raise ToolError("The question was withdrawn.")  # nobody hears it
            finally:
                events.close()  # type: ignore[attr-defined]  # a generator, which tells its writer
            raise AssertionError("a stream of events ends with Done")

        try:
            return await self.do(work)
        finally:
            stopping.set()


def state_of(context: Context[Any, Any]) -> dict[str, Any] | None:
    """The `scope["state"]` of the request that called; None on standard input and output."""
    request = context.request_context.request
    return None if request is None else request.scope.get("state")


def result(text: str, document: Document) -> CallToolResult:
    """What a tool gives: text for the model, and the same as a document for programs."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=document
    )


def _told(error: ToolError) -> ToolError:
    """The error with what is of use to an agent; the SDK's own text names the tool again."""
    cause = error.__cause__
    if isinstance(cause, LibraryError | Failure | OSError):
        return ToolError(" ".join(explained(cause)[0].split()))
    if isinstance(error, UnexpectedToolError):
        return UnexpectedToolError("Something went wrong here: the log of the server has it.")
    if isinstance(cause, ValidationError):
        return ToolError(_arguments(cause))
    return ToolError(str(cause)) if isinstance(cause, ToolError) else error


def _arguments(error: ValidationError) -> str:
    """Which arguments can't be used and why; their values are not sent back."""
    told = []
    for one in error.errors(include_url=False, include_input=False)[:_SHOWN]:
        where = ".".join(str(part) for part in one["loc"])[:100]
        why = one["msg"][:1].lower() + one["msg"][1:]
        if one["type"] == "extra_forbidden":
            why = "there is no such argument"
        told.append(f"'{where}' can't be used: {why}")
    return "; ".join(told).encode("utf-8", "replace").decode() + "."
