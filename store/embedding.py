"""The built-in embedder, all-MiniLM-L6-v2 in int8, and the choice between it and an endpoint.

    vectors = MiniLM().embed(["A paper about wind.", "Another about rain."])  # (2, 384), float32

Each text runs alone through the model, so its vector is the same to the last bit whatever it
is embedded together with; several cores are used by running several texts at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Vectors = NDArray[np.float32]
Step = Callable[[], AbstractContextManager[None]]
T = TypeVar("T")

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
WINDOW = 256  # word pieces of a text that the model sees, its marks [CLS] and [SEP] included

_DATA = Path(__file__).parent / "data" / "minilm"
_CLS, _SEP = 101, 102
_STATES = "encoder.layer.5.output.LayerNorm"  # the graph's second output
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# The longest head of a text that is cut into pieces for embedding; text without white space
# and punctuation apart, 256 pieces are over long before. A word has at most 100 pieces.
_HEAD = 16_384
_LONGEST_WORD = 100


class ModelMissing(FileNotFoundError):
    """The files of the built-in embedder are not where they should be."""


class EmbedderUnclear(ValueError):
    """The settings name neither the built-in embedder nor a whole endpoint."""


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the model read it: its vector, (384,); and of each word piece the id, where in the
    text it starts, and its state, (pieces, 384), all without the model's marks at both ends."""

    vector: Vectors
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    states: Vectors


class _Model:
    """The model's files, opened when first used, by one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opening = threading.Lock()
        self._opened: tuple[InferenceSession, Tokenizer] | None = None

    def __reduce__(self) -> tuple[type[_Model], tuple[Path]]:
        return _Model, (self.folder,)  # a copy opens the files for itself

    @property
    def session(self) -> InferenceSession:
        return self._open()[0]

    @property
    def tokenizer(self) -> Tokenizer:
        return self._open()[1]

    @cached_property
    def digest(self) -> str:
        """sha256 of model and tokenizer, as `eval.make_model` noted it when it made them."""
        about = json.loads(self._file("model.json").read_text(encoding="utf-8"))
        return str(about["sha256"])

    def pieces(self, text: str) -> Encoding:
        """The word pieces of the whole text, without the marks at both ends."""
        # One character for one, so that offsets into the text stay right.
        encodable = _LONE_SURROGATE.sub("\ufffd", text)
        return self.tokenizer.encode(encodable, add_special_tokens=False)

    def cut(self, text: str) -> tuple[list[int], list[int]]:
        """The pieces that the model reads of a text, its own marks aside: their ids, and where in
        the text each begins."""
        head = self.pieces(text[:_HEAD])
        if len(text) > _HEAD and len(head) < WINDOW + _LONGEST_WORD:
            head = self.pieces(text)
        return head.ids[: WINDOW - 2], [start for start, _ in head.offsets[: WINDOW - 2]]

    def vector(self, text: str) -> Vectors:
        """The vector of one text, shape (384,), length 1."""
        ids = np.array([[_CLS, *self.cut(text)[0], _SEP]], np.int64)
        result: Vectors = self.session.run(["vector"], {"ids": ids})[0][0]
        return result

    def read(self, text: str) -> Reading:
        """The same with every piece as the model leaves it."""
        pieces, starts = self.cut(text)
        ids = np.array([[_CLS, *pieces, _SEP]], np.int64)
        vector, states = self.session.run(["vector", _STATES], {"ids": ids})
        return Reading(
            vector[0], np.array(pieces, np.int64), np.array(starts, np.int64), states[0, 1:-1]
        )

    def _open(self) -> tuple[InferenceSession, Tokenizer]:
        if self._opened is None:
            with self._opening:
                if self._opened is None:
                    self._opened = self._load()
        return self._opened

    def _load(self) -> tuple[InferenceSession, Tokenizer]:
        model, pieces = self._file("model.onnx"), self._file("tokenizer.json")
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # Parallel are the texts: their threads never wait for each other inside the model.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # The graph is written as it shall run; another release's rewrites could change vectors.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        return session, Tokenizer.from_file(str(pieces))

    def _file(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise ModelMissing(
                f"The built-in embedder's file {path} is missing: install the package anew, or "
                "make it with 'make model'."
            )
        return path


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
    folder: Path = Field(default=_DATA, exclude=True, description="Folder of the model's files.")
    threads: int = Field(default=1, exclude=True, ge=1, description="Texts at a time.")
    _model: _Model = PrivateAttr()

    def __init__(
        self, folder: Path | str = _DATA, threads: int | None = None, **kwargs: Any
    ) -> None:
        # The threads of one batch wait for its slowest text, so batches are long.
        defaults: dict[str, Any] = {"model_name": MODEL, "embed_batch_size": 256}
        if threads is None:
            threads = usable_cores()
        super().__init__(**defaults | kwargs, folder=Path(folder), threads=threads)
        self._model = _Model(self.folder)

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
        for i, vector in self._each(lambda i: self._model.vector(texts[i]), texts, step):
            vectors[i] = vector
        return vectors

    def read(
        self, texts: Sequence[str], then: Callable[[int, Reading], T], step: Step = nullcontext
    ) -> list[T]:
        """The same with the word pieces that a vector is made of: `then(place, reading)` of every
        text, called in the thread that read it, as readings of many texts take much room."""

        def work(place: int) -> T:
            return then(place, self._model.read(texts[place]))

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

    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = self._model.vector(text).tolist()
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
