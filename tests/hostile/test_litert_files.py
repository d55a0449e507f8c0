"""Malicious networks in LiteRT's format, each refused with a sentence before it costs anything."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from resource import RUSAGE_SELF, getrusage
from typing import Any, Final

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from img_super.errors import BadModel
from img_super.model_card import read_card, read_weights
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.validator.litert import LiteRtNetwork

SIDE: Final = 8
CROP, LOGIT, MAP = 0, 1, 2
"""The first tensors of a small network: what it takes, and what it answers."""

FLOAT, INT = schema.TensorType.FLOAT32, schema.TensorType.INT32
Network = Any
"""A model as the schema's own classes hold it."""


def small() -> Network:
    """The largest value of a crop, and of each of its pixels."""
    network = schema.ModelT()
    network.version, network.operatorCodes, network.buffers = 3, [], [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = [], []
    network.subgraphs = [graph]
    for shape in ((1, SIDE, SIDE, 3), (1, 1, 1, 1), (1, SIDE, SIDE, 1)):
        tensor(network, shape)
    graph.inputs, graph.outputs = np.array([CROP], np.int32), np.array([LOGIT, MAP], np.int32)
    for answer, axes in ((LOGIT, (1, 2, 3)), (MAP, (3,))):
        reduced(network, CROP, answer, axes)
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs, signature.outputs = [named("crop", CROP)], [named("logit", LOGIT), named("heat_map", MAP)]
    network.signatureDefs = [signature]
    return network


def named(name: str, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, index
    return entry


def tensor(network: Network, shape: Sequence[int], kind: int = FLOAT, values: Any = None) -> int:
    """Its number; with values, a constant."""
    made = schema.TensorT()
    made.shape, made.type, made.name, made.hasRank = np.array(shape, np.int32), kind, "t", True
    made.buffer = 0
    if values is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.asarray(values).tobytes(), np.uint8)
        network.buffers.append(buffer)
        made.buffer = len(network.buffers) - 1
    network.subgraphs[0].tensors.append(made)
    return len(network.subgraphs[0].tensors) - 1


def operate(network: Network, name: str, taken: Sequence[int], made: int, options: Any = None) -> None:
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    network.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(network.operatorCodes) - 1
    operator.inputs, operator.outputs = np.array(taken, np.int32), np.array([made], np.int32)
    if options is not None:
        operator.builtinOptions = options
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
    network.subgraphs[0].operators.append(operator)


def reduced(network: Network, taken: int, made: int, axes: Sequence[int]) -> None:
    options = schema.ReducerOptionsT()
    options.keepDims = True
    axes_tensor = tensor(network, (len(axes),), INT, np.array(axes, np.int32))
    operate(network, "REDUCE_MAX", (taken, axes_tensor), made, options)


def packed(network: Network) -> bytes:
    """The file's bytes."""
    builder = flatbuffers.Builder()
    builder.Finish(network.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def resized(network: Network, told: Sequence[int], size: int | None = None) -> None:
    """The logit is the maximum of a crop resized to 9,000 pixels; the shape is what the file declares."""
    operators = network.subgraphs[0].operators
    if size is None:
        size = tensor(network, (2,), INT, np.array([9000, 9000], np.int32))
    made = tensor(network, told)
    operate(network, "RESIZE_BILINEAR", (CROP, size), made, schema.ResizeBilinearOptionsT())
    reduced(network, made, LOGIT, (1, 2, 3))
    del operators[0]


def large(network: Network) -> None:
    resized(network, (1, 9000, 9000, 3))


def lies(network: Network) -> None:
    resized(network, (1, SIDE, SIDE, 3))


def calculated(network: Network) -> None:
    """A shape that LiteRT only computes at run time; until then it trusts the declared one."""
    sizes, size = tensor(network, (1, 2), INT, np.array([9000, 9000], np.int32)), tensor(network, (2,), INT)
    rows = tensor(network, (1,), INT, np.array([0], np.int32))
    options = schema.ReducerOptionsT()
    operate(network, "SUM", (sizes, rows), size, options)
    resized(network, (1, SIDE, SIDE, 3), size)


def many(network: Network) -> None:
    network.subgraphs[0].tensors += [network.subgraphs[0].tensors[LOGIT]] * 20_000


def input_of(*shape: int) -> Callable[[Network], None]:
    def change(network: Network) -> None:
        network.subgraphs[0].tensors[CROP].shape = np.array(shape, np.int32)

    return change


def loop(network: Network) -> None:
    operate(network, "WHILE", (LOGIT,), tensor(network, (1, 1, 1, 1)), schema.WhileOptionsT())
    network.subgraphs *= 3


def foreign(network: Network) -> None:
    operate(network, "CUSTOM", (CROP,), tensor(network, (1,)))
    network.operatorCodes[-1].customCode = "FlexReadFile"


def file_reading(network: Network) -> None:
    operate(network, "READ_VARIABLE", (CROP,), tensor(network, (1,)))


def graphs(network: Network) -> None:
    network.subgraphs *= 2


def sparse(network: Network) -> None:
    rows = schema.DimensionMetadataT()
    rows.denseSize = 1 << 30
    packing = schema.SparsityParametersT()
    packing.traversalOrder, packing.dimMetadata = np.zeros(1, np.int32), [rows]
    network.subgraphs[0].tensors[-1].sparsity = packing


def beyond_the_file(network: Network) -> None:
    network.buffers[1].offset, network.buffers[1].size, network.buffers[1].data = 1 << 40, 12, None


def too_short(network: Network) -> None:
    network.buffers[1].data = network.buffers[1].data[:4]


def map_of(*shape: int) -> Callable[[Network], None]:
    def change(network: Network) -> None:
        network.signatureDefs[0].outputs[1].tensorIndex = tensor(network, shape, FLOAT, np.zeros(shape, np.float32))

    return change


REFUSED = {
    "large": (large, "memory can hold"),
    "lies": (lies, "other shapes"),
    "calculated": (calculated, "calculates sizes"),
    "many": (many, "more tensors"),
    "input": (input_of(1, 40_000, 40_000, 3), "memory can hold"),
    "overflow": (input_of(1, 2**31 - 1, 2**31 - 1, 3), "not a LiteRT"),
    "below nothing": (input_of(1, -SIDE, -SIDE, 3), "not a LiteRT"),
    "loop": (loop, "more than one graph"),
    "foreign": (foreign, "'CUSTOM', which networks here"),
    "state": (file_reading, "'READ_VARIABLE', which networks here"),
    "graphs": (graphs, "more than one graph"),
    "sparse": (sparse, "packed tensors"),
    "beyond the file": (beyond_the_file, "not a LiteRT"),
    "too short": (too_short, "not a LiteRT"),
    "large map": (map_of(1, 9 * SIDE, 9 * SIDE, 1), "heat map"),
    "other map": (map_of(1, SIDE, SIDE, 2), "heat map"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_malicious_file_is_refused_before_it_takes_memory(name: str) -> None:
    change, told = REFUSED[name]
    network, before_kb = small(), getrusage(RUSAGE_SELF).ru_maxrss
    change(network)
    with pytest.raises(BadModel, match=told):
        LiteRtNetwork(packed(network))
    assert getrusage(RUSAGE_SELF).ru_maxrss - before_kb < 100_000


def test_shared_list_is_refused_before_it_is_copied() -> None:
    network, before_kb = small(), getrusage(RUSAGE_SELF).ru_maxrss
    steps = schema.QuantizationParametersT()
    steps.scale, steps.zeroPoint = np.ones(1_000_000, np.float32), np.zeros(1_000_000, np.int64)
    first, *_ = [tensor(network, (1,)) for _ in range(100)]
    network.subgraphs[0].tensors[first].quantization = steps
    with pytest.raises(BadModel, match="share"):
        LiteRtNetwork(with_one_tensor(packed(network), 100))
    assert getrusage(RUSAGE_SELF).ru_maxrss - before_kb < 200_000


def with_one_tensor(file: bytes, count: int) -> bytes:
    """The last tensors are all the first of them."""
    graph = schema.Model.GetRootAs(file, 0).Subgraphs(0)
    first, changed = graph.TensorsLength() - count, bytearray(file)
    table = graph.Tensors(first)._tab.Pos
    places = graph._tab.Vector(graph._tab.Offset(4))
    for number in range(first, first + count):
        struct.pack_into("<I", changed, places + 4 * number, table - places - 4 * number)
    return bytes(changed)


def test_sound_files_run_and_broken_ones_are_reported() -> None:
    whole = packed(small())
    logit, heat_map = LiteRtNetwork(whole).run(np.full((SIDE, SIDE, 3), 7, np.uint8))
    assert (logit, heat_map.shape) == (7, (SIDE, SIDE))
    for broken in (b"", b"no network", whole[:-200], b"\xff" * len(whole), bytes(len(whole))):
        with pytest.raises(BadModel, match="LiteRT"):
            LiteRtNetwork(broken)


@pytest.mark.parametrize("file", ["litert", "litert_int8"])
def test_shipped_files_open(file: str) -> None:
    card = read_card(SHIPPED_MODEL)
    assert LiteRtNetwork(read_weights(SHIPPED_MODEL, card, file)).side_px == card.input_side_px
