"""The tools for agents: ask, search, read, list and add, over a desk."""

from __future__ import annotations

import time
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

from anyio import from_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, ToolAnnotations

from prompts import load
from store.adding import AddReport
from store.paper import Source
from ui.agents import arguments as given
from ui.agents import results, texts
from ui.agents.calling import AgentServer, AtDesk, Lent, make_tool, result, state_of
from ui.api import models
from ui.desk import Desk
from ui.documents import add_document, answer_document, paper_document

if TYPE_CHECKING:
    from ui.observing import Observer

FROM_AGENTS = "added by an agent"
_LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_ADDS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_NO_PAPER = "There is no paper of this id: 'search' and 'list_papers' tell the ids."

AnyContext = Context[Any, Any]


def make_server(desk: Lent, observer: Observer | None = None) -> AgentServer:
    """The server over a desk, which may still be opening when the first tool is called.

    Args:
        desk: lends the desk, in a thread that waits for it; called for every tool.
        observer: is told of each answer and each failure.
    """
    tools = _Tools(desk, observer)
    server = AgentServer(
        "paper-assistant",
        title="Paper assistant",
        version=version("paper-assistant"),
        instructions=load("mcp_instructions"),
        tools=[
            make_tool(tools.ask, "Ask the papers", _LOOKS),
            make_tool(tools.search, "Search papers", _LOOKS),
            make_tool(tools.read_paper, "Read a paper", _LOOKS),
            make_tool(tools.list_papers, "List papers", _LOOKS),
            make_tool(tools.add_papers, "Add papers", _ADDS),
        ],
        subscriptions=False,
        observer=observer,
    )
    server.resource(
        "paper://{paper_id}",
        name="paper",
        title="Paper",
        description="A paper's abstract and all that is known of it.",
        mime_type="text/plain",
    )(tools.paper)
    return server


class _Tools:
    def __init__(self, desk: Lent, observer: Observer | None) -> None:
        self._at = AtDesk(desk)
        self._observer = observer

    async def ask(
        self,
        question: given.Question,
        ctx: AnyContext,
        since: given.Since = None,
        until: given.Until = None,
        sources: given.Sources = None,
        organisations: given.Organisations = None,
        papers: given.Papers = None,
        top_k: given.TopK = None,
        writer: given.Writer = "auto",
    ) -> Annotated[CallToolResult, models.Answer]:
        filters = given.filters_of(since, until, sources, organisations, papers)
        _need_words(question, "question")
        began = time.time_ns()
        answer = await self._at.ask(question, filters=filters, top_k=top_k, writer=writer)
        if self._observer is not None:
            self._observer.answered(answer, began, state_of(ctx))
        return result(texts.answer_text(answer), answer_document(answer))

    async def search(
        self,
        query: given.Query,
        since: given.Since = None,
        until: given.Until = None,
        sources: given.Sources = None,
        organisations: given.Organisations = None,
        papers: given.Papers = None,
        top_k: given.TopK = None,
    ) -> Annotated[CallToolResult, results.Hits]:
        filters = given.filters_of(since, until, sources, organisations, papers)
        _need_words(query, "query")
        found = await self._at.do(lambda desk: desk.search(query, filters=filters, top_k=top_k))
        return result(texts.hits_text(found), results.hits_document(query, found))

    async def read_paper(self, paper_id: given.PaperId) -> Annotated[CallToolResult, models.Paper]:
        found = await self._at.do(lambda desk: desk.get([paper_id]).get(paper_id))
        if found is None:
            raise ToolError(_NO_PAPER)
        return result(texts.paper_text(found), paper_document(found))

    async def list_papers(
        self,
        text: given.Text = "",
        since: given.Since = None,
        until: given.Until = None,
        sources: given.Sources = None,
        organisations: given.Organisations = None,
        order: given.Sorted = "-added",
        limit: given.Limit = 20,
        offset: given.Offset = 0,
    ) -> Annotated[CallToolResult, results.Page]:
        filters = given.filters_of(since, until, sources, organisations)
        found = await self._at.do(lambda desk: desk.list(text, filters, order, offset, limit))
        reached = offset + len(found.papers)
        following = reached if found.papers and reached < found.total else None
        shown = texts.listing_text(found, offset, following)
        return result(shown, results.page_document(found, following))

    async def add_papers(
        self, papers: given.Records, ctx: AnyContext, source: given.SourceName = FROM_AGENTS
    ) -> Annotated[CallToolResult, models.Added]:
        _need_scope(ctx, "write")

        def tell(done: int, total: int) -> None:
            with suppress(Exception):  # nobody waits any more; what was begun is finished
                from_thread.run(ctx.report_progress, done, total)

        def work(desk: Desk) -> AddReport:
            from store.readers.fields import paper_of
            from ui.api.bodies import label

            name = label(source)
            records = (paper_of(one, Source(name, number)) for number, one in enumerate(papers, 1))
            return desk.add(records, tell)

        report = await self._at.do(work, adds=True)
        return result(texts.report_text(report), add_document(report))

    async def paper(self, paper_id: str) -> str:
        found = await self._at.do(lambda desk: desk.get([paper_id]).get(paper_id))
        if found is None:
            raise ResourceNotFoundError(_NO_PAPER)
        return texts.paper_text(found)


def _need_words(text: str, what: str) -> None:
    if not any(c.isalnum() for c in text):
        raise ToolError(f"There is no {what} here: write one in a sentence or a few words.")


def _need_scope(ctx: AnyContext, scope: str) -> None:
    """Raises ToolError where a request came by a key that doesn't allow this.

    On standard input and output there is no key: whoever started the program may do everything.
    """
    request = ctx.request_context.request
    if request is None:
        return
    from ui.access import caller_of

    caller = caller_of(request)
    if scope not in caller.scopes:
        raise ToolError(
            f"This needs a key with the scope '{scope}', which '{caller.name}' doesn't have."
        )
