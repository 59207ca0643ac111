"""The page as an app that can be mounted: the handlers, the layout and the looks together."""

from __future__ import annotations

import os
import threading
from importlib.resources import files
from typing import TYPE_CHECKING

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import: nothing leaves the machine

import gradio as gr
from fastapi import FastAPI

from assistant.history import Conversations
from ui.page import downloads
from ui.page.atlas import Atlas
from ui.page.chat import Chat
from ui.page.events import Events
from ui.page.layout import Page
from ui.page.shelf import Shelf
from ui.page.surveys import Surveys
from ui.settings import Settings

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from ui.observing import Observer

_KEPT = 3600  # seconds for which an uploaded file is kept after it was read


def page_app(
    engine: CitedQueryEngine, conversations: Conversations, settings: Settings, observer: Observer
) -> FastAPI:
    """The page over an engine, as an app of its own to be mounted at the root."""
    library = engine.library
    chat = Chat(engine, conversations, observer.answered)
    threading.Thread(target=chat.suggestions.choose, name="suggest", daemon=True).start()

    def card(paper_id: str) -> str:  # Gradio marks it, which a method can't be
        return chat.card(str(paper_id))

    def more(place: str) -> str:
        return chat.more(str(place))

    with gr.Blocks(
        title="Paper assistant",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_KEPT, _KEPT),
    ) as blocks:
        page = Page(card, more)
        shelf, atlas, surveys = Shelf(library), Atlas(library), Surveys(engine)
        Events(page.parts, blocks, chat, shelf, atlas, surveys).connect()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(downloads.router(library, conversations))
    gr.mount_gradio_app(
        app,
        blocks,
        "/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        max_file_size=f"{settings.upload_limit}mb",
        theme=_theme(),
        # In the head: what Gradio is given as `css` it rewrites, and not every rule survives that.
        head=f"<style>{_text('page.css')}</style><script>{_text('page.js')}</script>",
        favicon_path=str(files("ui.page").joinpath("icon.svg")),
    )
    return app


def _theme() -> gr.themes.Base:
    """Fonts that every system has, and one accent; page.css does the rest."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=sans,
        font_mono=["ui-monospace", "Menlo", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
    )


def _text(name: str) -> str:
    return files("ui.page").joinpath(name).read_text("utf-8")
