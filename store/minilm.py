"""The built-in model all-MiniLM-L6-v2 in int8: texts to word pieces, and pieces to vectors.

No LlamaIndex here, so that the processes that only read texts start quickly: see
`store.embedding` for the model as an embedder.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Vectors = NDArray[np.float32]
# Word pieces of a text, (pieces,) each: their ids, and where in the text each begins.
Cut = tuple[NDArray[np.int64], NDArray[np.int64]]

MODEL = "all-MiniLM-L6-v2-abstracts"
DIMENSIONS = 384
WINDOW = 256  # word pieces of a text that the model sees, its marks [CLS] and [SEP] included
DATA = Path(__file__).parent / "data" / "minilm"
STATES = "encoder.layer.5.output.LayerNorm"  # the graph's second output

_CLS, _SEP = 101, 102
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# The longest head of a text that is cut into pieces for embedding; text without white space
# and punctuation apart, 256 pieces are over long before. A word has at most 100 pieces.
_HEAD = 16_384
_LONGEST_WORD = 100


class ModelMissing(FileNotFoundError):
    """The files of a built-in model are not where they should be."""


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


class Model:
    """The model's files, opened when first used, by one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opening = threading.Lock()
        self._session: InferenceSession | None = None
        self._tokenizer: Tokenizer | None = None

    def __reduce__(self) -> tuple[type[Model], tuple[Path]]:
        return Model, (self.folder,)  # a copy opens the files for itself

    @property
    def session(self) -> InferenceSession:
        with self._opening:
            if self._session is None:
                self._session = self._load()
            return self._session

    @property
    def tokenizer(self) -> Tokenizer:
        with self._opening:
            if self._tokenizer is None:
                file = self.file("tokenizer.json")
                from tokenizers import Tokenizer

                self._tokenizer = Tokenizer.from_file(str(file))
            return self._tokenizer

    @cached_property
    def digest(self) -> str:
        """sha256 of model and tokenizer, as `eval.make_model` noted it when it made them."""
        about = json.loads(self.file("model.json").read_text(encoding="utf-8"))
        return str(about["sha256"])

    def pieces(self, text: str) -> Encoding:
        """The word pieces of the whole text, without the marks at both ends."""
        # One character for one, so that offsets into the text stay right.
        encodable = _LONE_SURROGATE.sub("\ufffd", text)
        return self.tokenizer.encode(encodable, add_special_tokens=False)

    def whole(self, text: str) -> Cut:
        """The pieces of the whole text, and where in it each begins."""
        found = self.pieces(text)
        starts = np.fromiter((start for start, _ in found.offsets), np.int64, len(found))
        return np.array(found.ids, np.int64), starts

    def cut(self, text: str) -> Cut:
        """The pieces that the model reads of a text, its own marks aside."""
        ids, starts = self.whole(text[:_HEAD])
        if len(text) > _HEAD and len(ids) < WINDOW + _LONGEST_WORD:
            ids, starts = self.whole(text)
        return ids[: WINDOW - 2], starts[: WINDOW - 2]

    def vector(self, cut: Cut) -> Vectors:
        """The vector of one text, shape (384,), length 1."""
        result: Vectors = self.session.run(["vector"], {"ids": _marked(cut)})[0][0]
        return result

    def read(self, cut: Cut) -> Reading:
        """The same with every piece as the model leaves it."""
        vector, states = self.session.run(["vector", STATES], {"ids": _marked(cut)})
        return Reading(vector[0], *cut, states[0, 1:-1])

    def _load(self) -> InferenceSession:
        model = self.file("model.onnx")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # Parallel are the texts: their threads never wait for each other inside the model.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # The graph is written as it shall run; another release's rewrites could change vectors.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def file(self, name: str) -> Path:
        """One of the model's files. Raises ModelMissing where it isn't there."""
        path = self.folder / name
        if not path.is_file():
            raise ModelMissing(
                f"The built-in model's file {path} is missing: install the package anew, or "
                "make it with 'make model'."
            )
        return path


def _marked(cut: Cut) -> NDArray[np.int64]:
    """What the graph takes: one row of ids, the model's marks at both ends."""
    return np.concatenate(([_CLS], cut[0], [_SEP]))[None, :]
