"""Checks an untrusted network in LiteRT's format before it takes memory.

LiteRT runs no code from such a file and verifies its offsets. This module refuses what remains: loops, stateful
operators and those that read files, shared lists that are copied, tensors larger than memory, shapes that differ from
the operators' results.
"""

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, Final

from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.schema_py_generated import BuiltinOperator, Model, Operator, SubGraph, Tensor

from img_super.errors import BadModel

_MOST_ENTRIES: Final = 10_000
"""Tensors, operators or names: fifty times those of the networks that ship."""

_MOST_NUMBERS: Final = 1 << 27
"""In all tensors together; the networks that ship have 13 million."""

_SIZED: Final = frozenset(
    (
        *("RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "PAD", "PADV2", "STRIDED_SLICE", "TRANSPOSE"),
        *("MEAN", "SUM", "REDUCE_MAX"),
    )
)
"""What they make has a shape that their other operands say."""

_OPERATORS: Final = _SIZED | frozenset(
    (
        *("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL", "CONCATENATION"),
        *("MAX_POOL_2D", "AVERAGE_POOL_2D"),
        *("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "RSQRT", "NEG", "QUANTIZE", "DEQUANTIZE"),
        *("RELU", "RELU6", "LEAKY_RELU", "PRELU", "ELU", "GELU", "HARD_SWISH", "LOGISTIC", "TANH", "SOFTMAX"),
    )
)
"""They calculate: what the layers of `saved_network` are exported as."""

_NAMES: Final = {number: name for name, number in vars(BuiltinOperator).items() if isinstance(number, int)}


def check_file(weights: bytes) -> None:
    """Raises `BadModel`: not a network in LiteRT's format, or a malicious one."""
    try:
        model = Model.GetRootAs(weights, 0)
        graph = _only_graph(model)
        _refuse_shared_lists(graph, len(weights))
        _refuse_other_operators(model, graph)
        _refuse_large_tensors(weights)
    except BadModel:
        raise
    except Exception as error:  # whatever an untrusted file does to its reader
        raise BadModel("The network is not a LiteRT model that can be run here.") from error


def _only_graph(model: Model) -> SubGraph:
    if model.SubgraphsLength() != 1:
        raise BadModel("The LiteRT file has more than one graph, or none: loops and choices have.")
    graph = model.Subgraphs(0)
    counts = (graph.TensorsLength(), graph.OperatorsLength(), model.OperatorCodesLength(), model.BuffersLength())
    signatures = [model.SignatureDefs(number) for number in range(min(2, model.SignatureDefsLength()))]
    names = [count for signature in signatures for count in (signature.InputsLength(), signature.OutputsLength())]
    if max(*counts, *names, 0) > _MOST_ENTRIES or model.SignatureDefsLength() > 1:
        raise BadModel("The LiteRT file has more tensors, operators or names than a network here can have.")
    return graph


def _refuse_shared_lists(graph: SubGraph, left_bytes: int) -> None:
    for list_bytes in _list_bytes(graph):
        left_bytes -= list_bytes
        if left_bytes < 0:
            raise BadModel("The LiteRT file has tensors or operators that share what each has of its own.")


def _list_bytes(graph: SubGraph) -> Iterator[int]:
    """The sizes of the lists copied on opening; a sum larger than the file means that some are shared."""
    yield 4 * (graph.InputsLength() + graph.OutputsLength())
    for operator in _operators(graph):
        yield 4 * (operator.InputsLength() + operator.OutputsLength() + operator.IntermediatesLength())
    for tensor in map(graph.Tensors, range(graph.TensorsLength())):
        yield 4 * (tensor.ShapeLength() + tensor.ShapeSignatureLength()) + _bytes_beside(tensor)


def _operators(graph: SubGraph) -> Iterator[Operator]:
    return map(graph.Operators, range(graph.OperatorsLength()))


def _bytes_beside(tensor: Tensor) -> int:
    if tensor.Sparsity() is not None:
        raise BadModel("The LiteRT file has packed tensors, which networks here do not have.")
    steps = tensor.Quantization()
    return len(tensor.Name() or b"") + (4 * steps.ScaleLength() + 8 * steps.ZeroPointLength() if steps else 0)


def _refuse_other_operators(model: Model, graph: SubGraph) -> None:
    computed = {index for operator in _operators(graph) for index in operator.OutputsAsNumpy().tolist()}
    computed.update(graph.InputsAsNumpy().tolist())
    for operator in _operators(graph):
        code = model.OperatorCodes(operator.OpcodeIndex())
        name = _NAMES.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "?")
        if name not in _OPERATORS:
            raise BadModel(f"The LiteRT file has the operator {name!r}, which networks here do not have.")
        if name in _SIZED and computed.intersection(operator.InputsAsNumpy().tolist()[1:]):
            raise BadModel("The LiteRT file calculates sizes, which networks here have written down.")


def _refuse_large_tensors(weights: bytes) -> None:
    """Without delegates the operators declare their outputs before writing: memory is reserved, not used."""
    kind = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=weights, num_threads=1, experimental_op_resolver_type=kind)
    declared = _shapes(interpreter)
    refuse_large(declared.values())
    interpreter.allocate_tensors()
    computed = _shapes(interpreter)
    if any(computed[index] != shape for index, shape in declared.items()):
        raise BadModel("The LiteRT file tells other shapes of its tensors than its operators make.")
    refuse_large(computed.values())


def _shapes(interpreter: Any) -> dict[int, tuple[int, ...]]:
    return {tensor["index"]: tuple(map(int, tensor["shape"])) for tensor in interpreter.get_tensor_details()}


def refuse_large(shapes: Iterable[tuple[int, ...]]) -> None:
    """Raises `BadModel` for arrays with more numbers in all than one crop may take."""
    if sum(prod(map(abs, shape)) for shape in shapes) > _MOST_NUMBERS:
        raise BadModel("The network makes more of a crop than memory can hold.")
