"""Times ONNX Runtime's recurrent operators for `elman bench --peers`: a
sequence, and one step a call with the state fed back; it does not train.
Models are made here, as ONNX files are: operator set 14, a node a level."""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import turns

STEPS = 100  # of a stream in a run
OPERATORS = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN",
             "rnn_relu": "RNN"}
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def weights(name, shape, H):
    values = np.random.default_rng(1).uniform(-1, 1, shape) / np.sqrt(H)
    return numpy_helper.from_array(values.astype(np.float32), name)


def attributes(turn, D):
    found = {"hidden_size": turn.H,
             "direction": "bidirectional" if D == 2 else "forward"}
    if turn.cell == "gru":
        found["linear_before_reset"] = 1  # as PyTorch means it
    if turn.cell.startswith("rnn"):
        found["activations"] = [turn.cell[4:].capitalize()] * D
    return found


def states(turn):
    return ["h", "c"] if turn.cell == "lstm" else ["h"]


def model(turn):
    operator, D = OPERATORS[turn.cell], 1 + turn.bidir
    G, streams = GATES[operator], turn.mode == "stream"
    nodes, constants, x = [], [], "x"
    for level in range(turn.layers):
        inputs = turn.H * D if level else turn.I
        names = [f"{letter}{level}" for letter in "WRB"]
        shapes = [(D, G * turn.H, inputs), (D, G * turn.H, turn.H),
                  (D, 2 * G * turn.H)]
        constants += [weights(name, shape, turn.H)
                      for name, shape in zip(names, shapes)]
        before = ["", *states(turn)] if streams else []
        after = ["", *(s + "_n" for s in states(turn))] if streams else [
            f"y{level}"]
        nodes.append(helper.make_node(operator, [x, *names, *before], after,
                                      **attributes(turn, D)))
        if level + 1 < turn.layers:  # (T,1,B,H) to (T,B,H)
            x = f"x{level + 1}"
            nodes.append(helper.make_node("Squeeze", [f"y{level}", "axis"],
                                          [x]))
    if turn.layers > 1:
        constants.append(numpy_helper.from_array(
            np.array([1], np.int64), "axis"))

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    given = [value("x", turn.T, turn.B, turn.I)]
    wanted = [value(f"y{turn.layers - 1}", turn.T, D, turn.B, turn.H)]
    if streams:
        given += [value(s, D, turn.B, turn.H) for s in states(turn)]
        wanted = [value(s + "_n", D, turn.B, turn.H) for s in states(turn)]
    graph = helper.make_graph(nodes, "net", given, wanted, constants)
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 14)])
    made.ir_version = 8
    return made.SerializeToString()


def prepare(turn):
    if turn.mode not in ("inf", "stream"):
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = turn.threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model(turn), options, providers=["CPUExecutionProvider"])

    def array(*shape):
        values = np.random.default_rng(2).uniform(-0.5, 0.5, shape)
        return onnxruntime.OrtValue.ortvalue_from_numpy(
            values.astype(np.float32))

    # everything bound beforehand: nothing is copied or looked up by a run
    x, D = array(turn.T, turn.B, turn.I), 1 + turn.bidir
    if turn.mode == "inf":
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", x)
        binding.bind_ortvalue_output(f"y{turn.layers - 1}",
                                     array(turn.T, D, turn.B, turn.H))
        return lambda: session.run_with_iobinding(binding), 1

    # two sets of states that take turns
    kept = [{s: array(D, turn.B, turn.H) for s in states(turn)}
            for _ in range(2)]
    bindings = [session.io_binding() for _ in range(2)]
    for n, binding in enumerate(bindings):
        binding.bind_ortvalue_input("x", x)
        for s in states(turn):
            binding.bind_ortvalue_input(s, kept[n][s])
            binding.bind_ortvalue_output(s + "_n", kept[1 - n][s])

    def run():
        for _ in range(STEPS // 2):
            session.run_with_iobinding(bindings[0])
            session.run_with_iobinding(bindings[1])
    return run, STEPS


turns.serve(prepare)
