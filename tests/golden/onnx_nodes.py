"""ONNX's own operator tests for RNN, GRU and LSTM."""

import warnings

from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def node_cases(book):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        name = "node_" + case.name.removeprefix("test_")
        graph = case.model.graph if case.model else None
        if (not graph or graph.node[0].op_type not in ["RNN", "GRU", "LSTM"]
                or not book.wants(name)):
            continue
        sets = [named(graph.input, given) for given, _ in case.data_sets]
        wanted = [named(graph.output, want) for _, want in case.data_sets]
        book.add(name, case.model, sets, wanted,
                 "ONNX's operator test " + case.name)


def named(values, arrays):
    return {value.name: array if hasattr(array, "dtype")
            else numpy_helper.to_array(array)
            for value, array in zip(values, arrays, strict=True)}
