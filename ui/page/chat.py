"""What the chat does: each handler takes what the browser holds and gives what it then shows.

The server keeps nothing of a browser between two events but the conversations themselves, so a
page that was open while the server restarted goes on where it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from assistant.answer import Answer, Done
from assistant.engine import CitedQueryEngine
from assistant.history import Conversations, UnknownConversation
from assistant.history_rows import Conversation, Exchange, turns
from assistant.markdown import answer_markdown
from store.errors import LibraryError
from ui.app import explained
from ui.page.cards import Card
from ui.page.exchanges import Shown, others
from ui.page.live import Live
from ui.page.rendering import part
from ui.page.running import Running, Stopped
from ui.page.scope import Scope
from ui.page.suggestions import Suggestions

Updates = dict[str, Any]  # what changes on the page, by the component's name
_LISTED, _MOST = 100, 5_000  # conversations at the side, at first and at all
MORE = 100  # papers of a list at a time; page.js counts with it

log = logging.getLogger("assistant.page")


class Chat:
    """The chat over one engine, for any number of browsers."""

    def __init__(
        self,
        engine: CitedQueryEngine,
        conversations: Conversations,
        answered: Callable[[Answer, int], None] = lambda answer, began_ns: None,
    ) -> None:
        """`answered` is told of every answer and when its question was asked."""
        self.engine = engine
        self.library = engine.library
        self.conversations = conversations
        self._answered = answered
        self.running = Running()
        self.suggestions = Suggestions(engine)

    # --- conversations --------------------------------------------------------------------

    def open(self, owner: str, conversation_id: str = "") -> Updates:
        """A conversation as it stands, or a new one where there is none of that id."""
        conversation = self.conversations.get(conversation_id) if conversation_id else None
        if conversation is None:
            return {
                "thread": self._welcome(),
                "live": "",
                "next": "",
                "place": place(),
                "side": self.side(owner),
            }
        return {
            "thread": self.thread(conversation, owner),
            "live": "",
            "next": "",
            "place": place(conversation.id),
            "side": self.side(owner, current=conversation.id),
        }

    def side(
        self,
        owner: str,
        text: str = "",
        current: str = "",
        gone: str = "",
        limit: int = 0,
    ) -> Markup:
        """The list of somebody's conversations; `gone` was deleted just now."""
        limit = max(_LISTED, min(limit, _MOST))
        found = self.conversations.list(owner, text=text, limit=limit) if owner else []
        hidden = self.conversations.count(owner, text=text) - limit if len(found) == limit else 0
        more = limit + _LISTED if hidden > 0 and limit < _MOST else 0
        return part("conversations", "side", found, current, text, gone, hidden, more)

    def rename(self, owner: str, conversation_id: str, title: str, current: str) -> Updates:
        if title.strip() and self._owned(owner, conversation_id):
            self.conversations.rename(conversation_id, title)
        return {"side": self.side(owner, current=current)}

    def forget(self, owner: str, conversation_id: str, current: str) -> Updates:
        """Deletes a conversation, which can be brought back."""
        if not self._owned(owner, conversation_id):
            return {"side": self.side(owner, current=current)}
        self.conversations.delete(conversation_id)
        if conversation_id == current:
            return {**self.open(owner), "side": self.side(owner, gone=conversation_id)}
        return {"side": self.side(owner, current=current, gone=conversation_id)}

    def bring_back(self, owner: str, conversation_id: str) -> Updates:
        try:
            self.conversations.restore(conversation_id, owner)
        except UnknownConversation:
            return {}
        return self.open(owner, conversation_id)

    def rate(self, owner: str, exchange_id: str, thumb: int, note: str) -> None:
        exchange = self.conversations.exchange(exchange_id)
        if exchange is not None and self._owned(owner, exchange.conversation_id):
            self.conversations.rate(exchange_id, max(-1, min(1, thumb)), note[:1000])

    def _owned(self, owner: str, conversation_id: str) -> Conversation | None:
        conversation = self.conversations.get(conversation_id)
        return conversation if conversation and owner and conversation.owner == owner else None

    # --- what is shown --------------------------------------------------------------------

    def thread(self, conversation: Conversation, owner: str, *, before: str = "") -> Markup:
        """The exchanges of a conversation, those from `before` on left out."""
        shown = Markup()
        if conversation.owner != owner:
            shown += part("conversations", "shared")
        for exchange in upto(self.conversations.exchanges(conversation.id), before):
            shown += _shown(exchange).html()
        return shown

    def card(self, place: str) -> str:
        """The card of a paper by itself; behind its id may stand which part of the abstract is to
        be marked, as in "arxiv-1706.03762 120-245"."""
        paper_id, _, span = place.partition(" ")
        paper = self.library.get([paper_id]).get(paper_id)
        if paper is None:
            return str(part("conversations", "gone"))
        start, _, end = span.partition("-")
        spans = ((int(start), int(end)),) if start.isdecimal() and end.isdecimal() else ()
        return str(Card(f"paper-{paper.id}", paper, spans=spans).html())

    def more(self, place: str) -> str:
        """The next papers that an answer about the collection means and doesn't list: behind the
        exchange's id stands how many of them are shown."""
        exchange_id, _, at = place.partition(" ")
        exchange = self.conversations.exchange(exchange_id)
        if exchange is None or not at.isdecimal():
            return ""
        ids = exchange.answer.unlisted[int(at) : int(at) + MORE]
        papers = self.library.get(ids)
        return str(others(papers[i] for i in ids if i in papers))

    def chips(self, scope: Scope, notice: str = "") -> Markup:
        """The filters that are set, how many papers pass them, and a notice above."""
        chips, total = scope.chips(self.library), self.library.count()
        try:
            filters = scope.filters()
        except ValueError as error:
            return part("scope", "chips", chips, str(error), 0, total, notice)
        matching = self.library.count(filters) if filters else total
        return part("scope", "chips", chips, "", matching, total, notice)

    def _welcome(self) -> Markup:
        total = self.library.count()
        questions = self.suggestions.first() if total else []
        return part("exchanges", "welcome", total, questions)

    # --- asking ---------------------------------------------------------------------------

    def ask(
        self, question: str, held: Mapping[str, Any], scope: Scope, owner: str, tab: str
    ) -> Iterator[Updates]:
        """Asks, shows the answer as it comes and keeps it.

        What an edited question takes the place of goes only when its answer is there.
        """
        question, editing = question.strip(), text_of(held, "editing")
        conversation = self.conversations.get(text_of(held, "conversation"))
        if not question:
            yield {}
            return
        try:
            filters = scope.filters()
        except ValueError:
            yield {"chips": self.chips(scope)}  # which says what is wrong
            return
        live = Live(question)
        start: Updates = {"question": "", "live": live.html("Searching …"), "next": ""}
        exchanges: list[Exchange] = []
        if conversation is None:
            start["thread"] = ""
        else:
            exchanges = upto(self.conversations.exchanges(conversation.id), editing)
            if editing:
                start["thread"] = self.thread(conversation, owner, before=editing)
        yield start
        stream = partial(self.engine.stream, question, filters=filters, turns=turns(exchanges))
        run, began = self.running.begin(tab), time.time_ns()
        try:
            for event in run.events(stream):
                if isinstance(event, Done):
                    live.answer = event.answer
                    self._answered(event.answer, began)
                elif live.heard(event):
                    yield {"live": live.html("Writing …")}
        except Stopped:
            live.answer = live.broken_off()
        except Exception as error:
            yield self._failed(error, live)
            return
        finally:
            self.running.end(tab, run)
        if live.answer is None:
            yield {} if run.left else {"live": live.html("", "Stopped."), "question": question}
            return
        try:
            conversation = self._keep(live.answer, conversation, owner, editing)
        except Exception as error:
            yield self._failed(error, live)
            return
        if run.left:  # another conversation is open by now
            yield {"side": self.side(owner)}
            return
        yield {
            "live": "",
            "thread": self.thread(conversation, owner),
            "place": {**place(conversation.id), "papers": list(scope.papers)},
            "side": self.side(owner, current=conversation.id),
        }

    def suggest_next(self, held: Mapping[str, Any], scope: Scope) -> Updates:
        """What could be asked next in a conversation; it comes when it comes, so it says of
        which it is."""
        conversation = self.conversations.get(text_of(held, "conversation"))
        exchanges = self.conversations.exchanges(conversation.id) if conversation else []
        if conversation is None or not exchanges:
            return {}
        suggested = self.suggestions.next(exchanges, scope)
        if suggested is None:
            return {}
        return {"next": part("exchanges", "next", conversation.id, suggested)}

    def _failed(self, error: Exception, live: Live) -> Updates:
        """What went wrong as a sentence above what there is; the question is back in the box."""
        if not isinstance(error, LibraryError | OSError):
            log.error("An answer failed", exc_info=error)
        return {"live": live.html("", explained(error)[0]), "question": live.question}

    def ask_again(
        self,
        exchange_id: str,
        held: Mapping[str, Any],
        scope: Scope,
        owner: str,
        tab: str,
    ) -> Iterator[Updates]:
        """Asks a question of the conversation once more; what came after it goes."""
        exchange = self.conversations.exchange(exchange_id)
        if exchange is None or exchange.conversation_id != text_of(held, "conversation"):
            yield {}
            return
        again = {**held, "editing": exchange_id}
        yield from self.ask(exchange.answer.question, again, scope, owner, tab)

    def edit(self, exchange_id: str, held: Mapping[str, Any]) -> Updates:
        """Puts a question back into the box; the next one asked takes its place."""
        exchange = self.conversations.exchange(exchange_id)
        if exchange is None or exchange.conversation_id != text_of(held, "conversation"):
            return {}
        return {"question": exchange.answer.question, "place": {**held, "editing": exchange_id}}

    def _keep(
        self, answer: Answer, conversation: Conversation | None, owner: str, editing: str
    ) -> Conversation:
        """Records an answer, in a copy where the conversation is somebody else's."""
        if conversation is None:
            conversation = self.conversations.create(owner)
        elif conversation.owner != owner:
            number = len(upto(self.conversations.exchanges(conversation.id), editing))
            conversation = self.conversations.copy(conversation.id, owner)
            copied = self.conversations.exchanges(conversation.id)
            editing = copied[number].id if number < len(copied) else ""
        self.conversations.record(conversation.id, answer, instead_of=editing)
        return self.conversations.get(conversation.id) or conversation


def place(conversation: str = "") -> dict[str, Any]:
    """What a browser holds of where it is, sent with every event."""
    return {"conversation": conversation, "editing": "", "papers": []}


def text_of(held: Mapping[str, Any] | None, name: str) -> str:
    """A text among what a browser sent, which may be anything."""
    value = (held or {}).get(name)
    return value if isinstance(value, str) else ""


def upto(exchanges: Sequence[Exchange], before: str) -> list[Exchange]:
    """The exchanges before the one of that id, or all."""
    ids = [exchange.id for exchange in exchanges]
    return list(exchanges[: ids.index(before)] if before in ids else exchanges)


def _shown(exchange: Exchange) -> Shown:
    return Shown(
        exchange.id,
        exchange.answer.question,
        answer=exchange.answer,
        thumb=exchange.thumb,
        note=exchange.note,
        markdown=answer_markdown(exchange.answer),
    )
