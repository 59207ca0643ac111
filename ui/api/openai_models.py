"""What goes in and out of the addresses that speak as OpenAI's API does.

Only what is used here is named; whatever else a client sends is taken and passed over. What is
named is held to its type: the schema says all that is taken and nothing more.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, ValidationError

from assistant.answer import Status
from assistant.tokens import LAST_TOKEN
from ui.api import models

MOST_INPUTS = 2048
_OWN_DIMENSIONS = 384  # of the built-in embedder, which is not imported to say so

_HALF = re.compile("[\ud800-\udfff]")


def _plain(given: Any) -> Any:
    """2.0 as the integer that it is to JSON Schema, half a character as the embedder reads it."""
    if isinstance(given, float) and given.is_integer():
        return int(given)
    return _HALF.sub("\ufffd", given) if isinstance(given, str) else given


def _one(given: Any) -> Any:
    given = _plain(given)
    if isinstance(given, int) and given > 1:
        raise PydanticCustomError("one", "Answers come one at a time, so leave it out")
    return given


def _inputs(given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """One sentence where each of the kinds would have its own complaint."""
    try:
        return handler(_plain_throughout(given))
    except ValidationError:
        raise PydanticCustomError(
            "inputs",
            f"It must be a text, a list of up to {MOST_INPUTS:,} texts, tokens of cl100k_base or "
            "a list of lists of these, and none of them empty",
        ) from None


def _plain_throughout(given: Any) -> Any:
    if not isinstance(given, list):
        return _plain(given)
    return [
        [_plain(part) for part in one] if isinstance(one, list) else _plain(one) for one in given
    ]


class _Named(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class ChatPart(_Named):
    type: Literal["text"]
    text: str


class ChatMessage(_Named):
    """A message; only those of user and assistant are read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ChatPart] | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_text(cls, given: Any) -> Any:
        content = given.get("content") if isinstance(given, dict) else None
        for part in content if isinstance(content, list) else ():
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind != "text":
                raise PydanticCustomError(
                    "only_text", "Only text can be read here, so leave out images, sound and files"
                )
        return given

    @property
    def text(self) -> str:
        """All that it says, without halves of characters."""
        content = self.content or ""
        whole = content if isinstance(content, str) else "\n".join(part.text for part in content)
        return whole.encode("utf-8", "replace").decode()


class ChatStreamOptions(_Named):
    include_usage: bool | None = Field(
        False, description="Send a last chunk with the `usage` and no choices."
    )


class ChatRequest(_Named):
    """A conversation whose last user message is the question.

    OpenAI's other fields (`temperature`, `max_tokens`, `max_completion_tokens`, `tools` …) are
    taken and passed over: answers quote or cite and are as long as that takes.
    """

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": "paper-assistant",
                    "messages": [
                        {
                            "role": "user",
                            "content": "How can attention be made cheaper for long inputs?",
                        }
                    ],
                },
                {
                    "model": "paper-assistant-extractive",
                    "messages": [{"role": "user", "content": "Who studies beehives?"}],
                    "stream": True,
                    "stream_options": {"include_usage": True},
                    "filters": {"since": "2021"},
                    "top_k": 5,
                },
            ]
        },
    )

    model: str = Field(
        description="`paper-assistant` writes with the language model where there is one, "
        "`paper-assistant-extractive` quotes."
    )
    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=10_000,
        description="The last user message is the question, those before it and their answers "
        "are what a follow-up leans on. System messages are passed over.",
    )
    stream: bool | None = False
    stream_options: ChatStreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1), BeforeValidator(_one)] | None = None
    top_k: Annotated[int, Field(ge=1, le=50), BeforeValidator(_plain)] | None = Field(
        None, description="Papers that the answer may rest on."
    )
    filters: models.Within | None = Field(None, description="Which papers to look at.")


class UrlCitation(models.Shown):
    """A mark: `content[start_index:end_index]`, and the paper that it cites."""

    start_index: int
    end_index: int
    url: str
    title: str


class Annotation(models.Shown):
    type: Literal["url_citation"]
    url_citation: UrlCitation


class ChatReply(models.Shown):
    role: Literal["assistant"]
    content: str = Field(
        description="Markdown: the answer with its marks, the papers cited, a notice if there is "
        "one. A follow-up needs it back as it is."
    )
    refusal: None
    annotations: list[Annotation]


class ChatChoice(models.Shown):
    index: Literal[0]
    message: ChatReply
    logprobs: None
    finish_reason: Literal["stop"]


class ChatUsage(models.Shown):
    """The tokens that the language model read, or without one those of the messages, and those
    of the content; all as tiktoken counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatEvidence(models.Shown):
    """What the answer is in this library's own terms, as `/v1/ask` tells it."""

    status: Status
    citations: list[models.Citation]
    nearest: list[models.Paper]
    searched: models.Searched
    confidence: float
    writer: str
    notice: str


class ChatCompletion(models.Shown):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    assistant: ChatEvidence


class OpenAIModel(models.Shown):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class OpenAIModels(models.Shown):
    object: Literal["list"]
    data: list[OpenAIModel]


_Text = Annotated[str, Field(min_length=1)]
_Token = Annotated[int, Field(ge=0, le=LAST_TOKEN)]
_Tokens = Annotated[list[_Token], Field(min_length=1)]


class EmbeddingsRequest(_Named):
    """Texts to embed, with the embedder that the library is searched with."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "examples": [{"model": "all-MiniLM-L6-v2-abstracts", "input": ["A paper about wind."]}]
        },
    )

    model: str = Field(description="The library's own: GET /v1/models names it.")
    input: Annotated[
        _Text
        | Annotated[list[_Text], Field(min_length=1, max_length=MOST_INPUTS)]
        | _Tokens
        | Annotated[list[_Tokens], Field(min_length=1, max_length=MOST_INPUTS)],
        WrapValidator(_inputs),
    ] = Field(description="A text, several, or the same as tokens of cl100k_base.")
    encoding_format: Literal["float", "base64"] | None = Field(
        "float", description="base64 is of float32, little-endian."
    )
    dimensions: Annotated[
        int | None,
        WithJsonSchema(
            {"anyOf": [{"type": "integer", "const": _OWN_DIMENSIONS}, {"type": "null"}]}
        ),
    ] = Field(
        None,
        description="As many as the model's vectors have, as these can't be shortened: "
        f"{_OWN_DIMENSIONS}, or those of the embedder that is configured in its place.",
    )


class Embedding(models.Shown):
    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsUsage(models.Shown):
    """Tokens of cl100k_base, whatever the embedder's own are."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(models.Shown):
    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingsUsage


class OpenAIError(models.Shown):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIProblem(models.ProblemDocument):
    """What went wrong, as a problem and as OpenAI's clients read it."""

    error: OpenAIError
