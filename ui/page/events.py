"""What happens on the page: which handler each event calls, and with what."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from ui.access import visitor_of
from ui.app import explained
from ui.page.atlas import Atlas
from ui.page.chat import Chat, Updates, place, text_of
from ui.page.rendering import file_name
from ui.page.scope import Scope, cut
from ui.page.shelf import Shelf
from ui.page.surveys import Surveys

_CHOICES = 300  # organisations and sources offered; any other can be typed
_AT_ONCE = 16  # events of a kind at work at the same time, from all browsers

log = logging.getLogger("assistant.page")


@dataclass(frozen=True, slots=True)
class Visit:
    """One event: whose browser, which tab of it, what it holds and what was pressed."""

    owner: str
    tab: str
    query: dict[str, str]
    held: dict[str, Any]
    data: dict[str, Any]

    @property
    def place(self) -> dict[str, Any]:
        held = self.held.get("place")
        return {**place(), **held} if isinstance(held, dict) else place()

    @property
    def scope(self) -> Scope:
        held = self.held
        return Scope.of(
            held.get("since"),
            held.get("until"),
            held.get("sources"),
            held.get("organisations"),
            self.place["papers"],
        )

    def text(self, name: str) -> str:
        """A text of what was pressed."""
        return text_of(self.data, name)


Handler = Callable[[Visit], Updates | Iterator[Updates]]


class Events:
    """Connects the page's parts to the handlers of chat, shelf and atlas."""

    def __init__(
        self,
        parts: dict[str, Any],
        blocks: gr.Blocks,
        chat: Chat,
        shelf: Shelf,
        atlas: Atlas,
        surveys: Surveys,
    ) -> None:
        self._parts = parts
        self._blocks = blocks
        self._chat = chat
        self._shelf = shelf
        self._atlas = atlas
        self._surveys = surveys

    def connect(self) -> None:
        parts, bridge, on = self._parts, self._parts["place"], self._on
        fields = ["since", "until", "sources", "organisations"]
        held = ["place", *fields]
        talk = ["question", "thread", "live", "next", "place", "side", "chips"]
        room = ["thread", "live", "next", "place", "side", "chips"]
        facets = ["sources", "organisations"]
        on(self._blocks.load, self._load, [], [*talk, *facets])
        asking: list[tuple[Any, Handler, list[str]]] = [
            (parts["question"].submit, self._ask, ["question", *held]),
            (bridge.ask, self._ask, held),
            (bridge.retry, self._retry, held),
        ]
        for event, handler, given in asking:
            # An event of its own, as the next question need not wait for it.
            on(on(event, handler, given, talk).then, self._suggest, held, ["next"])
        on(bridge.edit, self._edit, ["place"], ["question", "place"])
        on(bridge.stop, self._stop, [], [], queue=False)
        on(bridge.new, self._open, held, room)
        on(bridge.open, self._open, held, room)
        on(bridge.rename, self._rename, ["place"], ["side"])
        on(bridge.forget, self._forget, ["place"], room)
        on(bridge.bring_back, self._bring_back, [], room)
        on(bridge.find, self._find, ["place"], ["side"])
        on(bridge.rate, self._rate, [], [])
        on(bridge.about, self._about, held, ["place", "tabs", "chips"])
        on(bridge.unscope, self._unscope, held, [*held, "chips"])
        for name in fields:
            on(parts[name].change, self._rescope, held, ["chips"])
        # Multiple: what is typed while a table is on its way would be dropped. ("always_last" sends
        # the first of two events once more, not the last.)
        on(bridge.browse, self._browse, held, ["shelf"], trigger_mode="multiple")
        self._list(parts["library_tab"].select)
        filled = ["added", "thread", *facets]
        changes: list[tuple[Any, Handler, list[str], list[str]]] = [
            (parts["files"].upload, self._add_files, ["files", *held], [*filled, "files"]),
            (parts["add_pasted"].click, self._add_pasted, ["pasted", *held], [*filled, "pasted"]),
            (bridge.starter, self._add_starter, held, filled),
            (bridge.remove, self._remove, held, filled),
            (bridge.remove_starter, self._remove_starter, held, filled),
            (bridge.undo, self._undo, held, filled),
        ]
        for event, handler, given, shown in changes:
            self._list(on(event, handler, given, shown).then)
        on(parts["map_tab"].select, self._map, [], ["atlas"])
        wanted = ["survey_kind", "survey_asked", "survey_columns", *held]
        for event in (parts["survey"].click, parts["survey_asked"].submit):
            on(event, self._survey, wanted, ["surveyed"])

    # --- the chat -------------------------------------------------------------------------

    def _load(self, visit: Visit) -> Updates:
        shown = self._chat.open(visit.owner, visit.query.get("c", ""))
        question = gr.Textbox(interactive=True)
        return {**shown, **self._facets(), "chips": "", "question": question}

    def _ask(self, visit: Visit) -> Iterator[Updates]:
        """What stands in the box, or a suggestion that was pressed."""
        question = visit.text("question") or str(visit.held.get("question") or "")
        return self._chat.ask(question, visit.place, visit.scope, visit.owner, visit.tab)

    def _retry(self, visit: Visit) -> Iterator[Updates]:
        id_ = visit.text("id")
        return self._chat.ask_again(id_, visit.place, visit.scope, visit.owner, visit.tab)

    def _suggest(self, visit: Visit) -> Updates:
        return self._chat.suggest_next(visit.place, visit.scope)

    def _edit(self, visit: Visit) -> Updates:
        return self._chat.edit(visit.text("id"), visit.place)

    def _stop(self, visit: Visit) -> Updates:
        self._chat.running.stop(visit.tab)
        return {}

    def _open(self, visit: Visit) -> Updates:
        self._chat.running.leave(visit.tab)
        return {**self._chat.open(visit.owner, visit.text("id")), "chips": self._without(visit)}

    def _rename(self, visit: Visit) -> Updates:
        now = text_of(visit.place, "conversation")
        return self._chat.rename(visit.owner, visit.text("id"), visit.text("title"), now)

    def _forget(self, visit: Visit) -> Updates:
        now = text_of(visit.place, "conversation")
        return self._chat.forget(visit.owner, visit.text("id"), now)

    def _bring_back(self, visit: Visit) -> Updates:
        return self._chat.bring_back(visit.owner, visit.text("id"))

    def _find(self, visit: Visit) -> Updates:
        now = text_of(visit.place, "conversation")
        limit = visit.data.get("limit")
        limit = limit if isinstance(limit, int) else 0
        return {"side": self._chat.side(visit.owner, visit.text("text"), now, limit=limit)}

    def _rate(self, visit: Visit) -> Updates:
        thumb = visit.data.get("thumb")
        self._chat.rate(
            visit.owner,
            visit.text("id"),
            thumb if isinstance(thumb, int) else 0,
            visit.text("note"),
        )
        return {}

    # --- the scope ------------------------------------------------------------------------

    def _about(self, visit: Visit) -> Updates:
        """Asks on about papers that were picked by hand."""
        papers = visit.data.get("papers")
        papers = papers if isinstance(papers, list) else []
        scope = Scope.of(None, None, None, None, papers)
        held = {**visit.place, "papers": list(scope.papers)}
        whole = Scope(**{**_fields(visit.scope), "papers": scope.papers})
        chips = self._chat.chips(whole, cut(papers))
        return {"place": held, "tabs": gr.Tabs(selected="chat"), "chips": chips}

    def _unscope(self, visit: Visit) -> Updates:
        left = visit.scope.without(visit.text("kind"), visit.text("value"))
        fields = {name: tuple(v) if isinstance(v, list) else v for name, v in left.items()}
        whole = Scope(**{**_fields(visit.scope), **fields})
        updates: Updates = {"chips": self._chat.chips(whole)}
        if "papers" in left:
            return {**updates, "place": {**visit.place, "papers": left["papers"]}}
        return {**updates, **left}

    def _rescope(self, visit: Visit) -> Updates:
        return {"chips": self._chat.chips(visit.scope)}

    def _without(self, visit: Visit) -> str:
        """The scope's chips in a conversation that was opened: no papers picked by hand."""
        return self._chat.chips(Scope(**{**_fields(visit.scope), "papers": ()}))

    # --- the library ----------------------------------------------------------------------

    def _browse(self, visit: Visit) -> Updates:
        return {"shelf": self._shelf.browse(visit.data, visit.scope)}

    def _add_files(self, visit: Visit) -> Iterator[Updates]:
        files = [str(file) for file in visit.held.get("files") or []]
        return self._adding(visit, self._shelf.add_files(files), files=None)

    def _add_pasted(self, visit: Visit) -> Iterator[Updates]:
        return self._adding(
            visit, self._shelf.add_text(str(visit.held.get("pasted") or "")), pasted=""
        )

    def _add_starter(self, visit: Visit) -> Iterator[Updates]:
        return self._adding(visit, self._shelf.add_starter())

    def _adding(self, visit: Visit, shown: Iterator[str], **emptied: Any) -> Iterator[Updates]:
        empty = not self._chat.library.count()
        for html in shown:
            # A first visitor sees from the chat that something is on its way.
            yield {"added": html, **({"thread": html} if empty else {})}
        yield {**emptied, **self._changed(visit)}

    def _remove(self, visit: Visit) -> Updates:
        papers = visit.data.get("papers")
        ids = [one for one in papers if isinstance(one, str)] if isinstance(papers, list) else []
        if not ids:
            return {}
        return {"added": self._shelf.remove(ids), **self._changed(visit)}

    def _remove_starter(self, visit: Visit) -> Updates:
        return {"added": self._shelf.remove_starter(), **self._changed(visit)}

    def _undo(self, visit: Visit) -> Updates:
        return {"added": self._shelf.undo(visit.text("token")), **self._changed(visit)}

    def _changed(self, visit: Visit) -> Updates:
        """What shows the library, after it changed; a new conversation's first questions too.

        The table is asked for by the browser, which alone knows what is sought and how sorted.
        """
        updates = self._facets()
        if not visit.place["conversation"]:
            updates["thread"] = self._chat.open(visit.owner)["thread"]
        return updates

    def _facets(self) -> Updates:
        catalog = self._chat.library.catalog
        sources = [(f"{file_name(name)} ({n:,})", name) for name, n in catalog.sources().items()]
        organisations = [
            (f"{name} ({n:,})", name) for name, n in catalog.organisations(limit=_CHOICES).items()
        ]
        return {
            "sources": gr.Dropdown(choices=sources[:_CHOICES]),
            "organisations": gr.Dropdown(choices=organisations),
        }

    # --- the map --------------------------------------------------------------------------

    def _map(self, _: Visit) -> Iterator[Updates]:
        for html in self._atlas.show():
            yield {"atlas": html}

    # --- surveys --------------------------------------------------------------------------

    def _survey(self, visit: Visit) -> Iterator[Updates]:
        kind, asked, columns = (
            str(visit.held.get(name) or "")
            for name in ("survey_kind", "survey_asked", "survey_columns")
        )
        for html in self._surveys.show(kind, asked, columns, visit.scope):
            yield {"surveyed": html}

    # --- how events reach the handlers ----------------------------------------------------

    def _on(
        self,
        event: Callable[..., Any],
        handler: Handler,
        inputs: list[str],
        outputs: list[str],
        **settings: Any,
    ) -> Any:
        """Connects an event to a handler that gives updates by the parts' names."""
        return event(
            self._wrapped(handler, inputs, outputs),
            [self._parts[name] for name in inputs],
            [self._parts[name] for name in outputs],
            show_progress="hidden",
            concurrency_limit=_AT_ONCE,
            api_visibility="private",
            **settings,
        )

    def _list(self, event: Callable[..., Any]) -> None:
        """Has the browser ask for the table, as its controls stand, at an event."""
        js = "() => { window.assistant.list(); return []; }"
        event(None, js=js, show_progress="hidden", api_visibility="private", queue=False)

    def _wrapped(
        self, handler: Handler, inputs: list[str], outputs: list[str]
    ) -> Callable[..., Any]:
        def updated(updates: Updates) -> list[Any]:
            return [_plain(updates.get(name, _SAME)) for name in outputs]

        def visit(
            request: gr.Request, event: gr.EventData | None, values: tuple[Any, ...]
        ) -> Visit:
            data = getattr(event, "_data", None)
            return Visit(
                owner=visitor_of(dict(request.cookies)),
                tab=str(request.session_hash),
                query={name: str(value) for name, value in dict(request.query_params).items()},
                held=dict(zip(inputs, values, strict=True)),
                data=data if isinstance(data, dict) else {},
            )

        def once(request: gr.Request, event: gr.EventData, *values: Any) -> Any:
            try:
                updates = handler(visit(request, event, values))
                assert isinstance(updates, dict)
                return updated(updates) or None
            except Exception as error:
                raise _told(error) from error

        def streaming(request: gr.Request, event: gr.EventData, *values: Any) -> Iterator[Any]:
            try:
                for updates in handler(visit(request, event, values)):
                    assert isinstance(updates, dict)
                    yield updated(updates)
            except Exception as error:
                raise _told(error) from error

        streams = str(inspect.signature(handler).return_annotation).startswith("Iterator")
        return streaming if streams else once


_SAME = object()


def _plain(value: Any) -> Any:
    """What Gradio takes: no update where nothing changes, and a `str` where markup is."""
    if value is _SAME:
        return gr.skip()
    return str(value) if isinstance(value, str) else value


def _fields(scope: Scope) -> dict[str, Any]:
    return {name: getattr(scope, name) for name in Scope.__slots__}


def _told(error: Exception) -> gr.Error:
    """An error as the sentence that the page shows."""
    log.exception("An event failed")
    # Gradio shows it as markup, and an error may quote what a user, a file or a model wrote.
    text = escape(explained(error)[0], quote=False)
    return gr.Error(text, duration=None, print_exception=False)
