"""One step of a stream of an LSTM of 32 units from Python, beside what else is
installed: nanoseconds, the least of many rounds in which all take turns.

    PYTHONPATH=python python bench/python/stream_step.py [--instructions]

--instructions counts those of a call of elman's instead, by valgrind, which a
busy machine does not disturb.
"""

import io
import os
import re
import subprocess
import sys
import time

import numpy as np

import elman

INPUTS, UNITS, CALLS, ROUNDS = 8, 32, 500, 400
COUNTED = 40000  # calls, so that what else a process does is no part of it


def elman_rows():
    """A step that makes its answer, and one that writes to a given array."""
    stream = elman.Model([elman.LSTM(UNITS)], inputs=INPUTS).stream()
    x, y = np.zeros(INPUTS, np.float32), np.empty(UNITS, np.float32)
    return {"elman stream(x)": lambda: stream(x), "elman stream(x, y)": lambda: stream(x, y)}


def torch_rows():
    """torch's cell without gradients."""
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    cell, x = torch.nn.LSTMCell(INPUTS, UNITS), torch.zeros(1, INPUTS)
    memory = (torch.zeros(1, UNITS), torch.zeros(1, UNITS))

    def step():
        with torch.inference_mode():
            cell(x, memory)

    return {"torch.nn.LSTMCell": step}


def onnx_rows():
    """A session of one step of the same LSTM, memory in and out."""
    try:
        import onnx
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        return {}
    zeros = {"W": (1, 4 * UNITS, INPUTS), "R": (1, 4 * UNITS, UNITS), "B": (1, 8 * UNITS)}
    memory = [1, 1, UNITS]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("LSTM", ["x", "W", "R", "B", "", "h", "c"], ["", "h_n", "c_n"],
                          hidden_size=UNITS)],
        "step",
        [value("x", TensorProto.FLOAT, [1, 1, INPUTS])]
        + [value(name, TensorProto.FLOAT, memory) for name in ("h", "c")],
        [value(name, TensorProto.FLOAT, memory) for name in ("h_n", "c_n")],
        [numpy_helper.from_array(np.zeros(s, np.float32), n) for n, s in zeros.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file = io.BytesIO()
    onnx.save(model, file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        file.getvalue(), options, providers=["CPUExecutionProvider"]
    )
    feeds = {"x": np.zeros((1, 1, INPUTS), np.float32)}
    feeds.update({name: np.zeros(memory, np.float32) for name in ("h", "c")})
    return {"onnxruntime run": lambda: session.run(None, feeds)}


def once(call):
    """Seconds of a call, of many in a row."""
    begin = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - begin) / CALLS


def instructions(row, calls):
    """Instructions of a process that makes so many calls of a row."""
    found = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         sys.executable, __file__, "--calls", row, str(calls)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    return int(re.search(r"Collected : (\d+)", found.stderr)[1])


def count():
    """The difference that more calls make; an empty call is Python's own part."""
    for row in ("nothing", *elman_rows()):
        least, most = (instructions(row, calls) for calls in (0, COUNTED))
        print(f"{row:20} {(most - least) / COUNTED:8.0f} instructions")


def main():
    if sys.argv[1:] == ["--instructions"]:
        return count()
    if sys.argv[1:2] == ["--calls"]:
        call = {"nothing": lambda: None, **elman_rows()}[sys.argv[2]]
        for _ in range(int(sys.argv[3])):
            call()
        return None
    rows = {**elman_rows(), **torch_rows(), **onnx_rows()}
    least = dict.fromkeys(rows, float("inf"))
    for _ in range(ROUNDS):
        for name, call in rows.items():
            least[name] = min(least[name], once(call))
    for name, seconds in least.items():
        print(f"{name:20} {seconds * 1e9:8.0f} ns")
    return None


if __name__ == "__main__":
    main()
