"""all-MiniLM-L6-v2 as an ONNX graph, in fp32 and in int8; `eval.make_model` makes the files.

The graph is written node by node and not exported: it is for one text at a time, so there is
no padding and no mask; mean pooling and normalising are inside; and it holds what onnxruntime's
CPU kernels do fastest.

Its matrix products are int8: weights with one scale for each output column, activations with
one scale for each tensor, found as the text runs. Such a scale is only as fine as the tensor's
largest value allows, and this model, like every BERT, has a few channels ten times larger than
the rest, most of all at [CLS]. They are treated apart (`Plan`), with two known ideas: divisors
moved from activations to weights (SmoothQuant, Xiao et al. 2022) and outlier channels kept in
floating point (LLM.int8(), Dettmers et al. 2022). That brings the mean cosine to the fp32
model from 0.994 to 0.997, and the lowest of 400 real abstracts from 0.987 to 0.995.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[np.float32]
Weights = Mapping[str, Array]

MODEL = "all-MiniLM-L6-v2-abstracts"  # tuned by eval/tune_model.py
LAYERS, HEADS, WIDTH = 6, 12, 384
STATES = f"encoder.layer.{LAYERS - 1}.output.LayerNorm"
WINDOW = 256  # word pieces of one text, [CLS] and [SEP] among them, as its authors set it

# Without VNNI instructions an x86 CPU adds two uint8 x int8 products in 16 bits, and clamps:
# 2 x 255 x 64 still fits, 2 x 255 x 127 doesn't. Measured (this CPU, and an emulated Haswell):
# with 127 the vectors of the two CPUs have cosines down to 0.993, with 64 down to 0.9997.
_WEIGHT_MAX = 64
_TABLE_MAX = 127  # the word table is looked up, never multiplied

# onnxruntime's own operators; the others are standard ONNX.
_ORT_OPS = {"MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MultiHeadAttention"}


@dataclass(frozen=True)
class Plan:
    """How int8 gets around the outlier channels; each tuple has one entry a layer.

    `attention` and `feed_forward` hold divisors (powers of two, shape (384,)) for the layer
    norms that feed these blocks: the norm gives x / divisor, the weights that read it are
    multiplied by the divisor, and the skip connection multiplies it back.
    `apart` names the hidden channels of the feed-forward block that stay fp32, in a small
    path of their own; their weights are 30 times larger than the rest, too.
    """

    attention: tuple[Array, ...]
    feed_forward: tuple[Array, ...]
    apart: tuple[NDArray[np.intp], ...]


class _Graph:
    """Collects nodes and constants, each named by what it gives."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def add(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        domain = "com.microsoft" if op in _ORT_OPS else ""
        self.nodes.append(
            helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes)
        )
        return output

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            MODEL,
            [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "pieces"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, WIDTH])],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        model.producer_name = __name__
        return model


class _Network(_Graph):
    """BERT as this model has it. Without a plan it stays fp32, the reference."""

    def __init__(self, weights: Weights, plan: Plan | None) -> None:
        super().__init__()
        self.weights = weights
        self.plan = plan

    def build(self) -> onnx.ModelProto:
        """From `ids` (int64, (1, n), n in 1..256) to `vector` (float, (1, 384), length 1)."""
        read, skip = self.embed("ids")
        for layer in range(LAYERS):
            read, skip = self.attend(layer, read, skip)
            read, skip = self.feed_forward(layer, read, skip)
        axis = self.constant("pieces_axis", np.array([1]))
        mean = self.add("ReduceMean", [skip, axis], "mean", keepdims=0)
        self.add("LpNormalization", [mean], "vector", axis=-1, p=2)
        return self.model()

    def embed(self, ids: str) -> tuple[str, str]:
        w = self.weights
        table = w["embeddings.word_embeddings.weight"]
        if self.plan is None:
            words = self.add("Gather", [self.constant("words", table), ids], "word_vectors")
        else:
            rounded, scale = _rounded(table, axis=1, largest=_TABLE_MAX)
            rows = self.add("Gather", [self.constant("words", rounded), ids], "rows")
            scales = self.add("Gather", [self.constant("words_scale", scale), ids], "row_scales")
            floats = self.add("Cast", [rows], "rows_float", to=TensorProto.FLOAT)
            words = self.add("Mul", [floats, scales], "word_vectors")
        # A text is always the first of a pair, so its token type is one more constant row.
        positions = w["embeddings.position_embeddings.weight"][:WINDOW]
        positions = positions + w["embeddings.token_type_embeddings.weight"][0]
        length = self.add("Shape", [ids], "length", start=1, end=2)
        start = self.constant("zero", np.array([0]))
        table_name = self.constant("positions", positions)
        places = self.add("Slice", [table_name, start, length], "places")
        divisor = self.plan.attention[0] if self.plan else None
        return self.norm(words, places, "embeddings.LayerNorm", divisor)

    def attend(self, layer: int, read: str, skip: str) -> tuple[str, str]:
        w, at = self.weights, f"encoder.layer.{layer}.attention."
        times = self.plan.attention[layer] if self.plan else 1
        if self.plan:  # once, for all three products
            quantised = (f"{at}uint8", f"{at}uint8_scale", f"{at}uint8_zero")
            node = helper.make_node("DynamicQuantizeLinear", [read], quantised, name=f"{at}uint8")
            self.nodes.append(node)
        parts = []
        for part in ("query", "key", "value"):
            name = f"{at}self.{part}"
            weight, bias = w[f"{name}.weight"] * times, w[f"{name}.bias"]
            parts.append(
                self.shared_linear(quantised, name, weight, bias)
                if self.plan
                else self.linear(read, name, weight, bias)
            )
        mixed = self.add("MultiHeadAttention", parts, f"{at}mixed", num_heads=HEADS)
        name = f"{at}output.dense"
        out = self.linear(mixed, name, w[f"{name}.weight"], w[f"{name}.bias"])
        divisor = self.plan.feed_forward[layer] if self.plan else None
        return self.norm(out, skip, f"{at}output.LayerNorm", divisor)

    def feed_forward(self, layer: int, read: str, skip: str) -> tuple[str, str]:
        w, at = self.weights, f"encoder.layer.{layer}."
        up, up_bias = w[f"{at}intermediate.dense.weight"], w[f"{at}intermediate.dense.bias"]
        down, down_bias = w[f"{at}output.dense.weight"], w[f"{at}output.dense.bias"]
        aside = None
        if self.plan:
            if (apart := self.plan.apart[layer]).size:
                aside = self.fp32_path(
                    f"{at}apart", skip, up[apart], up_bias[apart], down[:, apart]
                )
                up, up_bias, down = up.copy(), up_bias.copy(), down.copy()
                up[apart], up_bias[apart], down[:, apart] = 0, 0, 0
            up = up * self.plan.feed_forward[layer]
        hidden = self.linear(read, f"{at}intermediate.dense", up, up_bias)
        hidden = self.add("Gelu", [hidden], f"{at}gelu")
        out = self.linear(hidden, f"{at}output.dense", down, down_bias)
        if aside is not None:
            out = self.add("Add", [out, aside], f"{at}output.with_apart")
        last = layer == LAYERS - 1
        divisor = self.plan.attention[layer + 1] if self.plan and not last else None
        return self.norm(out, skip, f"{at}output.LayerNorm", divisor)

    def fp32_path(self, name: str, read: str, up: Array, bias: Array, down: Array) -> str:
        hidden = self.matmul(read, f"{name}.up", up, bias)
        hidden = self.add("Gelu", [hidden], f"{name}.gelu")
        return self.matmul(hidden, f"{name}.down", down, None)

    def norm(self, out: str, skip: str, name: str, divisor: Array | None) -> tuple[str, str]:
        """The layer norm of a sum: for the next product, and for the skip connection.

        Not SkipLayerNormalization, whose CPU kernel takes 7 times as long as these two nodes.
        """
        gain, shift = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        total = self.add("Add", [out, skip], f"{name}.sum")
        by = np.float32(1) if divisor is None else divisor
        gain_name = self.constant(f"{name}.weight", gain / by)
        shift_name = self.constant(f"{name}.bias", shift / by)
        normed = self.add(
            "LayerNormalization", [total, gain_name, shift_name], name, axis=-1, epsilon=1e-12
        )
        if divisor is None:
            return normed, normed
        back = self.constant(f"{name}.divisor", divisor)
        return normed, self.add("Mul", [normed, back], f"{name}.skip")

    def linear(self, read: str, name: str, weight: Array, bias: Array) -> str:
        """A product that quantises its own input."""
        if self.plan is None:
            return self.matmul(read, name, weight, bias)
        rounded, scale = _rounded(weight.T, axis=0, largest=_WEIGHT_MAX)
        inputs = [read, *self.quantised_constants(name, rounded, scale), ""]
        inputs.append(self.constant(f"{name}.bias", bias))
        return self.add("DynamicQuantizeMatMul", inputs, name)

    def shared_linear(
        self, read: tuple[str, str, str], name: str, weight: Array, bias: Array
    ) -> str:
        """A product whose input (values, scale, zero point) is quantised already."""
        rounded, scale = _rounded(weight.T, axis=0, largest=_WEIGHT_MAX)
        values, values_scale, zero = read
        weight_name, weight_scale = self.quantised_constants(name, rounded, scale)
        inputs = [values, weight_name, values_scale, weight_scale, zero, ""]
        inputs.append(self.constant(f"{name}.bias", bias))
        return self.add("MatMulIntegerToFloat", inputs, name)

    def matmul(self, read: str, name: str, weight: Array, bias: Array | None) -> str:
        inputs = [read, self.constant(f"{name}.weight", weight.T)]
        if bias is None:
            return self.add("MatMul", inputs, name)
        product = self.add("MatMul", inputs, f"{name}.product")
        return self.add("Add", [product, self.constant(f"{name}.bias", bias)], name)

    def quantised_constants(self, name: str, rounded: NDArray[np.int8], scale: Array) -> list[str]:
        return [
            self.constant(f"{name}.weight", rounded),
            self.constant(f"{name}.weight_scale", scale.ravel()),
        ]


def _rounded(values: Array, axis: int, largest: int) -> tuple[NDArray[np.int8], Array]:
    """Symmetric int8 values and their scales, one for each slice along `axis`."""
    scale = np.abs(values).max(axis=axis, keepdims=True) / np.float32(largest)
    scale[scale == 0] = 1
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)


def with_states(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph that also gives STATES, (1, n, 384): each word piece as the last layer
    leaves it, before the mean over all of them that becomes the vector."""
    told = onnx.ModelProto()
    told.CopyFrom(model)
    shape: list[str | int | None] = [1, "pieces", WIDTH]
    told.graph.output.append(helper.make_tensor_value_info(STATES, TensorProto.FLOAT, shape))
    return told


def float_model(weights: Weights) -> onnx.ModelProto:
    """The fp32 graph, 87 MB: what sentence-transformers computes, without rounding."""
    return _Network(weights, None).build()


def int8_model(weights: Weights, plan: Plan) -> onnx.ModelProto:
    """The graph to ship, 23 MB."""
    return _Network(weights, plan).build()
