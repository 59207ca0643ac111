"""The built-in embedder, all-MiniLM-L6-v2 in int8, and the choice between it and an endpoint.

    vectors = MiniLM().embed(["A paper about wind.", "Another about rain."])  # (2, 384), float32

Each text runs alone through the model, so its vector is the same to the last bit whatever it
is embedded together with; several cores are used by running several texts at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr

from store.minilm import DATA, DIMENSIONS, MODEL, Cut, Model, Reading, Vectors, usable_cores

Step = Callable[[], AbstractContextManager[None]]
T = TypeVar("T")


class EmbedderUnclear(ValueError):
    """The settings name neither the built-in embedder nor a whole endpoint."""


class MiniLM(BaseEmbedding):
    """The built-in embedder as LlamaIndex knows embedders; `embed` is the same for numpy.

    Texts are cut after 256 word pieces. Any text has a vector, the empty one too. Safe to use
    from several threads. The files are opened at the first text.

    Args:
        folder: where model.onnx, tokenizer.json and model.json lie.
        threads: texts embedded at a time; all usable cores where None.

    Raises:
        ModelMissing: at first use, when a file is not there.
    """

    # A stored pipeline names no folder of the machine that made it.
    folder: Path = Field(default=DATA, exclude=True, description="Folder of the model's files.")
    threads: int = Field(default=1, exclude=True, ge=1, description="Texts at a time.")
    _model: Model = PrivateAttr()

    def __init__(
        self, folder: Path | str = DATA, threads: int | None = None, **kwargs: Any
    ) -> None:
        # The threads of one batch wait for its slowest text, so batches are long.
        defaults: dict[str, Any] = {"model_name": MODEL, "embed_batch_size": 256}
        if threads is None:
            threads = usable_cores()
        super().__init__(**defaults | kwargs, folder=Path(folder), threads=threads)
        self._model = Model(self.folder)

    @classmethod
    def class_name(cls) -> str:
        return "MiniLM"

    @property
    def fingerprint(self) -> str:
        """Names model and files: vectors under two fingerprints can't be compared."""
        return f"{MODEL}:{self._model.digest[:16]}"

    def embed(self, texts: Sequence[str], step: Step = nullcontext) -> Vectors:
        """The vectors of texts, shape (len(texts), 384), float32, each of length 1.

        Each text is embedded within a `step()`, by which long work can let shorter work pass.
        """
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        for i, vector in self._each(
            lambda i: self._model.vector(self._model.cut(texts[i])), texts, step
        ):
            vectors[i] = vector
        return vectors

    def read(
        self,
        texts: Sequence[str],
        then: Callable[[int, Reading], T],
        step: Step = nullcontext,
        cuts: Sequence[Cut | None] | None = None,
    ) -> list[T]:
        """The same with the word pieces that a vector is made of: `then(place, reading)` of every
        text, called in the thread that read it, as readings of many texts take much room.
        `cuts` are their pieces where these are known: see `whole`."""

        def work(place: int) -> T:
            cut = cuts[place] if cuts else None
            return then(place, self._model.read(cut or self._model.cut(texts[place])))

        done = dict(self._each(work, texts, step))
        return [done[i] for i in range(len(texts))]

    def _each(
        self, work: Callable[[int], T], texts: Sequence[str], step: Step
    ) -> Iterator[tuple[int, T]]:
        """`work` on every text's place, several at a time, and the place with what came of it."""

        def place(i: int) -> tuple[int, T]:
            with step():
                return i, work(i)

        threads = min(self.threads, len(texts))
        if threads <= 1:
            yield from map(place, range(len(texts)))
            return
        # Longest first, so that no thread is left with a long text at the end. The pool is this
        # call's own: a question asked meanwhile doesn't queue behind a large import.
        longest_first = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        with ThreadPoolExecutor(threads, thread_name_prefix="embed") as pool:
            yield from pool.map(place, longest_first)

    def count_tokens(self, text: str) -> int:
        """Word pieces of the whole text, uncut, without [CLS] and [SEP] (254 fit beside them)."""
        return len(self._model.pieces(text))

    def piece_offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each of those pieces starts and ends in the text, in characters."""
        return list(self._model.pieces(text).offsets)

    def cut(self, text: str) -> Cut:
        """The word pieces that the model reads of a text, and where in it each begins."""
        return self._model.cut(text)

    def whole(self, text: str) -> Cut:
        """The word pieces of the whole text, uncut, and where in it each begins."""
        return self._model.whole(text)

    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = self._model.vector(self._model.cut(text)).tolist()
        return vector

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self.embed(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, query)


def make_embedder(
    model: str | None = None, base_url: str | None = None, api_key: str | None = None
) -> BaseEmbedding:
    """The built-in embedder, or with an address an OpenAI-compatible endpoint's.

    Args:
        model: the model's name at the endpoint.
        base_url: the endpoint's address up to and with its version, as in `.../v1`.
        api_key: its key; many local servers want none.

    Raises:
        EmbedderUnclear: an address without a model, or a model other than the built-in one
            without an address.
    """
    if not base_url:
        if model and model != MODEL:
            raise EmbedderUnclear(
                f"The embedding model {model} needs the address of an endpoint that serves it: "
                f"set embed_base_url, or leave embed_model out for the built-in {MODEL}."
            )
        return MiniLM()
    if not model:
        raise EmbedderUnclear(
            f"The embeddings endpoint {base_url} needs a model's name: set embed_model."
        )
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding

    return OpenAILikeEmbedding(
        model_name=model,
        api_base=base_url,
        api_key=api_key or "none",  # the client insists on some key
        embed_batch_size=64,
        max_retries=3,
    )


def fingerprint_of(embedder: BaseEmbedding) -> str:
    """A name for the vector space of an embedder, for the library to remember.

    An endpoint is known by its model's name alone: servers move, and vectors stay good.
    """
    if isinstance(embedder, MiniLM):
        return embedder.fingerprint
    return f"{embedder.class_name()}:{embedder.model_name}"


def token_counter(embedder: BaseEmbedding) -> Callable[[str], int]:
    """Counts an embedder's tokens, without marks at the ends; see `MiniLM.count_tokens`.

    An endpoint doesn't tell how it cuts text, so MiniLM's word pieces stand in for its tokens.
    """
    return (embedder if isinstance(embedder, MiniLM) else MiniLM()).count_tokens
