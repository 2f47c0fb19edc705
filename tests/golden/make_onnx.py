#!/usr/bin/env python3
"""Records ONNX models and what others compute with them: tests/golden/onnx.

    python3 -m venv venv
    venv/bin/pip install torch onnx onnxscript onnxruntime
    venv/bin/python tests/golden/make_onnx.py [PATTERN]

PyTorch 2.15, onnx 1.23 and ONNX Runtime 1.31 made the committed files. PATTERN
is a regular expression: only cases whose whole name it fits are made again.
onnx_book.py says what lies in a case's folder.

    node_*          ONNX's own operator tests, with their own outputs
    torchscript_*   PyTorch's older exporter
    dynamo_*        PyTorch's newer exporter
    graph_*         graphs in the manner of other exporters
    attribute_*     single operators, every attribute
    refused_cases   refused.json and refused/: what must be refused
"""
import sys

from onnx_attributes import attribute_cases
from onnx_book import Book
from onnx_graphs import graph_cases
from onnx_half import half_cases
from onnx_keras import keras_made_cases
from onnx_nodes import node_cases
from onnx_quantized import quantized_cases
from onnx_refused import refused_cases
from onnx_runtime_made import made_cases
from onnx_torch import torch_cases

book = Book(sys.argv[1] if len(sys.argv) > 1 else None)
node_cases(book)
torch_cases(book)
attribute_cases(book)
graph_cases(book)
made_cases(book)
half_cases(book)
quantized_cases(book)
keras_made_cases(book)
refused_cases(book)
print(f"{len(book.seen)} cases, {book.bytes} bytes")
