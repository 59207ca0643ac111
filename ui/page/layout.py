"""How the page is laid out: Gradio's components, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.page.chat import place
from ui.page.rendering import part
from ui.page.surveys import KINDS

# What the page's script may ask for; Gradio finds the names of events in this text.
_ON_LOAD = """
const names = ['ask', 'retry', 'edit', 'stop', 'about', 'unscope', 'new', 'open', 'rename',
  'forget', 'bring_back', 'find', 'rate', 'browse', 'remove', 'undo', 'remove_starter', 'starter'];
window.assistant.connect({ element, names, trigger, props, watch, server });
"""


class Page:
    """The components by name; to be made inside `gr.Blocks`.

    `lent` are what the script may call: `card` gives the card of a paper by its id, `more` the
    next papers of a list.
    """

    def __init__(self, *lent: Callable[[str], str]) -> None:
        self.parts: dict[str, Any] = {}
        self._lent = lent
        self._lay_out()

    def _lay_out(self) -> None:
        # It holds what the browser knows of where it is, and passes on what is pressed.
        self.parts["place"] = gr.HTML(
            place(),
            html_template="",
            js_on_load=_ON_LOAD,
            server_functions=list(self._lent),
            elem_id="bridge",
            visible="hidden",
        )
        with gr.Sidebar(width=280, elem_id="sidebar", label="Conversations"):
            self._html("side_tools", part("page", "beside"))
            self._html("side", "", elem_id="side")
            self._html("side_end", part("page", "below"), elem_id="side-end")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="main"), gr.Tabs(elem_id="tabs") as self.parts["tabs"]:
                with gr.Tab("Chat", id="chat"), gr.Column(elem_id="talk"):
                    self._chat_tab()
                with gr.Tab("Library", id="library") as self.parts["library_tab"]:
                    self._library_tab()
                with gr.Tab("Surveys", id="surveys"), gr.Column():
                    self._surveys_tab()
                with gr.Tab("Map", id="map") as self.parts["map_tab"]:
                    self._html("atlas", "", elem_id="atlas")
            self._html("source", part("page", "source"), elem_id="source-holder")

    def _chat_tab(self) -> None:
        self._html("thread", "", elem_id="thread")
        self._html("live", "", elem_id="live")
        self._html("next", "", elem_id="next")
        with gr.Group(elem_id="asking"):
            self._html("chips", "", elem_id="chips")
            with gr.Accordion("Filters", open=False, elem_id="filters"), gr.Row():
                self.parts["since"] = gr.Textbox(
                    label="Since", placeholder="2023 or 2023-05", max_lines=1, min_width=120
                )
                self.parts["until"] = gr.Textbox(
                    label="Until", placeholder="2024", max_lines=1, min_width=120
                )
                for name, label in (("sources", "Sources"), ("organisations", "Organisations")):
                    self.parts[name] = gr.Dropdown(
                        [],
                        label=label,
                        multiselect=True,
                        allow_custom_value=True,
                        min_width=200,
                    )
            self.parts["question"] = gr.Textbox(
                show_label=False,
                label="Question",
                placeholder="Ask your papers …",
                lines=1,
                max_lines=8,
                max_length=4000,
                interactive=False,  # filling the page would wipe an answer that has begun
                submit_btn="Ask",
                container=False,
                elem_id="question",
            )

    def _surveys_tab(self) -> None:
        with gr.Row():
            self.parts["survey_kind"] = gr.Radio(
                list(KINDS),
                value=KINDS[0],
                show_label=False,
                label="Kind of survey",
                min_width=350,
            )
            self.parts["survey_asked"] = gr.Textbox(
                label="Topic or question; to compare, methods with commas between",
                placeholder="reward hacking",
                max_lines=2,
                max_length=4000,
                min_width=260,
                scale=2,
                elem_id="survey-asked",
            )
            self.parts["survey_columns"] = gr.Textbox(
                label="Columns, with commas between",
                placeholder="problem, method, data, result",
                max_lines=2,
                max_length=4000,
                min_width=260,
            )
        self.parts["survey"] = gr.Button("Survey", size="sm", variant="primary")
        self._html("surveyed", "", elem_id="surveyed")

    def _library_tab(self) -> None:
        with gr.Row(elem_id="adding-row"):
            self.parts["files"] = gr.File(
                label="Drop files here: exports, saved pages, PDFs, archives",
                file_count="multiple",
                height=150,
                elem_id="files",
            )
            with gr.Column():
                self.parts["pasted"] = gr.Textbox(
                    label="Or paste the text of a page",
                    lines=3,
                    max_lines=3,
                    elem_id="paste",
                )
                self.parts["add_pasted"] = gr.Button("Add the pasted text", size="sm")
        self._html("added", "", elem_id="added")
        self._html("shelf_tools", part("shelf", "tools"), elem_id="shelf-tools")
        self._html("shelf", "", elem_id="shelf")

    def _html(self, name: str, value: str, **settings: Any) -> None:
        self.parts[name] = gr.HTML(
            value, apply_default_css=False, js_on_load=None, padding=False, **settings
        )
