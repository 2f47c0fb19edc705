"""A folder of ONNX models with inputs and what came out of them."""

import collections
import copy
import json
import pathlib
import re
import shutil

import numpy
import onnx
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent


def clear(part):
    for field in ("doc_string", "metadata_props"):
        if field in part.DESCRIPTOR.fields_by_name:  # not in every onnx
            part.ClearField(field)


def strip(model):
    """Takes out texts that describe the machine that wrote the model."""
    clear(model)
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        values = [*graph.input, *graph.output, *graph.value_info]
        for part in [graph, *graph.node, *graph.initializer, *values]:
            clear(part)
        for node in graph.node:
            for attribute in node.attribute:
                attribute.ClearField("doc_string")
                if attribute.type == onnx.AttributeProto.GRAPH:
                    graphs.append(attribute.g)
    assert not model.functions
    return model


def patterns(model):
    """The operators in the order of the nodes, constants left out."""
    return [(node.domain + "." if node.domain else "") + node.op_type
            for node in model.graph.node if node.op_type != "Constant"]


def counts_back(body):
    """Whether a loop takes steps from the last one on: x[T - 1 - t]."""
    made = {name: node.op_type for node in body.node for name in node.output}
    return any(node.op_type == "Gather" and made.get(node.input[1]) == "Sub"
               for node in body.node)


def looks_ahead(model):
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "direction":
                if attribute.s in (b"bidirectional", b"reverse"):
                    return True
            if attribute.name == "scan_input_directions":
                if any(attribute.ints):
                    return True
            if attribute.name == "body" and counts_back(attribute.g):
                return True
        if node.op_type == "ReverseSequence":
            return True
    return False


def runtime(model, inputs):
    """What ONNX Runtime gives for the inputs by name."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options,
        providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


class Book:
    """tests/golden/onnx/NAME/{case.json, model.onnx, *.npy}.

    case.json: {"source": who gave the outputs, "type": "float32",
    "streams": whether no layer looks ahead, "operators": [...],
    "sets": [{"inputs": {name: file}, "outputs": {name: file}}, ...],
    "converts": false if convert refuses it,
    "longer": sets that a model made of the graph can do, but not the graph}
    """

    def __init__(self, only=None):
        self.root = HERE / "onnx"
        self.only = only
        self.seen = collections.OrderedDict()
        self.bytes = 0

    def wants(self, name):
        return not self.only or re.fullmatch(self.only, name)

    def add(self, name, model, sets, expected=None, source=None, external=False,
            longer=(), **more):
        """sets: a list of {input: array}; expected: outputs of each, or a
        function of the inputs, else ONNX Runtime is asked; longer: inputs and
        outputs."""
        assert name not in self.seen, name
        strip(model)
        operators = patterns(model)
        ask = expected or runtime
        folder = self.root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        apart = {"save_as_external_data": True, "location": "weights.bin",
                 "size_threshold": 0} if external else {}
        onnx.save(copy.deepcopy(model), folder / "model.onnx", **apart)
        entries = []
        for k, inputs in enumerate(sets):
            if callable(ask):
                outputs = (ask(model, inputs) if ask is runtime
                           else ask(inputs))
            else:
                outputs = ask[k]
            entries.append({"inputs": self.files(folder, k, "input", inputs),
                            "outputs": self.files(folder, k, "output",
                                                  outputs)})
        types = {str(a.dtype) for a in outputs.values()
                 if a.dtype.kind == "f"}
        case = {"source": source or ("ONNX Runtime " +
                                     onnxruntime.__version__),
                "type": types.pop() if types else "float32",
                "streams": not looks_ahead(model), **more,
                "operators": sorted(set(operators)), "sets": entries}
        if longer:
            case["longer"] = [
                {"inputs": self.files(folder, k, "input", inputs),
                 "outputs": self.files(folder, k, "output", outputs)}
                for k, (inputs, outputs) in enumerate(longer, len(sets))]
        lines = [f"{json.dumps(key)}: {json.dumps(value)}"
                 for key, value in case.items()]
        text = "{\n " + ",\n ".join(lines) + "\n}\n"
        (folder / "case.json").write_text(text)
        self.seen[name] = operators
        self.bytes += sum(f.stat().st_size for f in folder.iterdir())
        print(f"{name}: {' '.join(operators)}", flush=True)

    def files(self, folder, k, kind, arrays):
        names = {}
        for name, array in arrays.items():
            plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
            names[name] = f"{kind}{k}_{plain}.npy"
            assert list(names.values()).count(names[name]) == 1
            array = numpy.asarray(array)
            if array.dtype.kind == "f":
                assert numpy.isfinite(array).all(), (folder, name)
            numpy.save(folder / names[name], array)
        return names
