#!/usr/bin/env python3
"""random_graphs.py ELMAN [PATTERN]: every graph that tests/golden can make,
made again with random sizes and weights, gives what ONNX Runtime gives.

Three families:

    made        by the functions NAME_cases(book) of tests/golden/onnx_*.py,
                with other T, B, I, H and C (onnx_sizes.py); those that need a
                package which is not here are left out, and PyTorch's exports,
                which take minutes, without ELMAN_EXPORTS=1
    recorded    each model.onnx of tests/golden/onnx with other weights and,
                where its dimensions are free, other T and B
    refused     those of refused.json: what takes one all the same must give
                what ONNX Runtime gives

`elman run` must give it, whole and 1 and 3 steps at a time where no layer looks
ahead; `elman convert` makes a model that gives it, or refuses what it refuses
at the recorded sizes too. A new function or folder is found by itself. PATTERN
is a regular expression for names. ELMAN_SEED changes the sizes; a failure
prints what makes it again.
"""
import importlib
import inspect
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zlib

import numpy
import onnx
from onnx import numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
ROUNDS = int(os.environ.get("ELMAN_ROUNDS", "2"))
SEED = int(os.environ.get("ELMAN_SEED", "1"))
# of |got - want| / max(1, |want|)
BARS = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-9}

sys.path.insert(0, str(GOLDEN))
if os.environ.get("ELMAN_EXPORTS") != "1":
    sys.modules["torch"] = None  # importing it fails


class Cannot(Exception):
    """There is nothing to compare with."""


class Check:
    """One graph and its inputs, in a folder of its own."""

    def __init__(self, elman, name, how):
        self.elman, self.name, self.how = elman, name, how
        self.bad = []
        self.bar = 0  # a bar of its own, where the graph rounds

    def complain(self, text):
        self.bad.append(f"{self.name} ({self.how}): {text}")

    def call(self, *words):
        """The exit status and the last line."""
        got = subprocess.run([self.elman, *map(str, words)], text=True,
                             capture_output=True, timeout=120)
        if got.returncode < 0:
            self.complain(f"elman {words[0]} died of signal {-got.returncode}")
        self.text = got.stderr + got.stdout
        lines = self.text.strip().splitlines()
        return got.returncode, lines[-1] if lines else ""


def bar(arrays):
    kinds = {str(a.dtype) for a in arrays.values() if a.dtype.kind == "f"}
    return max([BARS[kind] for kind in kinds], default=0)


def far(got, want, allowed):
    """How many times the error that is allowed."""
    if got.shape != want.shape or got.dtype != want.dtype:
        return numpy.inf
    g, w = got.astype(numpy.float64), want.astype(numpy.float64)
    error = numpy.abs(g - w) / numpy.maximum(1, numpy.abs(w))
    worst = float(numpy.max(error, initial=0))
    return 0.0 if worst == 0 else worst / allowed if allowed else numpy.inf


def file_name(output):
    """As `elman run` names the file of an output."""
    text = re.sub(r"[/%\x00-\x1f\x7f]",
                  lambda m: f"%{ord(m.group()):02X}", output)
    return (f"%2E{text[1:]}" if text.startswith(".") else text) + ".npy"


# ---- elman run ---------------------------------------------------------------

def check_run(check, folder, inputs, want, streams, must=True):
    """Whether the graph ran. Without must it may be refused."""
    words = []
    for k, (name, array) in enumerate(inputs.items()):
        numpy.save(folder / f"in{k}.npy", array)
        words += ["--input", f"{name}={folder / f'in{k}.npy'}"]
    for steps in ("all", "1", "3"):
        out = folder / f"out{steps}"
        rc, said = check.call("run", folder / "model.onnx", *words,
                              "--steps", steps, "--output-dir", out)
        if rc:
            if must and (streams or steps == "all"):
                check.complain(f"run --steps {steps}: {said}")
            return False
        for name, array in want.items():
            got = numpy.load(out / file_name(name))
            times = far(got, array,
                        max(check.bar, bar({name: array, **inputs})))
            if not times <= 1:
                check.complain(f"run --steps {steps}: {name} {got.dtype} "
                               f"{got.shape} is {times:.3g} times the error "
                               f"allowed off {array.dtype} {array.shape}")
    return True


# ---- elman convert -----------------------------------------------------------

def views(array):
    """The array as a model may give it: without axes of one direction or
    level, steps first or sequences first."""
    seen = set()
    for view in (array, numpy.squeeze(array)):
        for order in itertools.permutations(range(min(view.ndim, 4))):
            turned = view.transpose(order)
            for shape in {turned.shape,
                          turned.shape[:2] + (-1,) if view.ndim > 2
                          else turned.shape}:
                made = turned.reshape(shape)
                key = (made.shape, made.tobytes())
                if key not in seen:
                    seen.add(key)
                    yield made


def loads_like(want):
    """Outputs that can be the model's y."""
    return {name: array for name, array in want.items()
            if array.dtype.kind == "f" and array.ndim >= 2}


def check_convert(check, folder, inputs, want, may_refuse):
    model = folder / "model.safetensors"
    rc, said = check.call("convert", folder / "model.onnx", model)
    if rc:
        if not may_refuse:
            check.complain(f"convert: {said}")
        return
    if "not rounded: " in check.text:
        return  # it is said that the model gives other numbers
    # a reference has one input, begins without memory, and is held to more
    # than half precision
    if (len(inputs) != 1 or not loads_like(want)
            or any(a.dtype == numpy.float16 for a in want.values())):
        return
    x = next(iter(inputs.values()))
    if x.dtype.kind in "iu" and x.min() < 0:
        return  # a graph counts tokens from the end, a model refuses them
    if x.dtype.kind == "f" and x.dtype != numpy.float32:
        x = x.astype(numpy.float32)
    numpy.save(folder / "x.npy", x)
    last = ""
    for array in loads_like(want).values():
        for view in views(array.astype(numpy.float32)):
            numpy.save(folder / "y.npy", view)
            rc, said = check.call("verify", model, "--reference",
                                  folder / "x.npy", folder / "y.npy")
            if rc == 0:
                return
            if "expected" in said and "step" in said:
                last = said
    check.complain("convert: the model gives none of the outputs: "
                   + (last or said))


def check_all(check, folder, sets, expected, streams, may_refuse, must=True):
    ran = [check_run(check, folder, inputs, want, streams, must)
           for inputs, want in zip(sets, expected)]
    if must or all(ran) or not may_refuse:
        check_convert(check, folder, sets[0], expected[0], may_refuse)


# ---- What is recorded --------------------------------------------------------

def refuses(elman, folder):
    """Whether convert refuses the recorded graph."""
    with tempfile.TemporaryDirectory() as temporary:
        check = Check(elman, folder.name, "as recorded")
        rc, _ = check.call("convert", folder / "model.onnx",
                           pathlib.Path(temporary) / "m.safetensors")
        return rc != 0


def case_of(name):
    path = GOLDEN / "onnx" / name / "case.json"
    return json.loads(path.read_text()) if path.exists() else None


# ---- Graphs that are made ----------------------------------------------------

class RandomBook:
    """In place of the Book that records."""

    def __init__(self, elman, pattern, how, root):
        from onnx_book import looks_ahead, runtime, strip
        self.elman, self.only, self.how = elman, pattern, how
        self.looks_ahead, self.runtime = looks_ahead, runtime
        self.strip = strip
        self.root = root  # what a function writes by itself goes there
        self.seen, self.bytes = {}, 0
        self.bad, self.cannot, self.done = [], [], 0

    def wants(self, name):
        return not self.only or re.fullmatch(self.only, name)

    def outputs(self, model, sets, expected):
        if expected is None or expected is self.runtime:
            try:
                return [self.runtime(model, inputs) for inputs in sets]
            except Exception as error:  # of ONNX Runtime, of any kind
                raise Cannot(str(error).splitlines()[0]) from error
        return ([expected(inputs) for inputs in sets] if callable(expected)
                else expected)

    def add(self, name, model, sets, expected=None, source=None,
            external=False, longer=(), **more):
        assert name not in self.seen, name
        self.seen[name] = True
        check = Check(self.elman, name, self.how)
        check.bar = more.get("bar", 0)
        case = case_of(name)
        streams = more.get("streams", not self.looks_ahead(model))
        if case:
            streams = case.get("streams", streams)
        try:
            expected = self.outputs(model, sets, expected)
        except Cannot as error:
            self.cannot.append(f"{name}: {error}")
            return
        apart = {"save_as_external_data": True, "location": "weights.bin",
                 "size_threshold": 0} if external else {}
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            onnx.save(self.strip(model), folder / "model.onnx", **apart)
            may_refuse = not case or refuses(self.elman,
                                             GOLDEN / "onnx" / name)
            check_all(check, folder, sets, expected, streams, may_refuse)
        self.done += 1
        self.bad += check.bad


def makers():
    """Every function NAME_cases(book) of tests/golden/onnx_*.py, and the files
    that need what is not here."""
    for name in [name for name in sys.modules if name.startswith("onnx_")]:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if pathlib.Path(path).parent == GOLDEN and name != "onnx_sizes":
            del sys.modules[name]  # it copied the sizes of the last round
    found, missing = [], []
    for path in sorted(GOLDEN.glob("onnx_*.py")):
        try:
            module = importlib.import_module(path.stem)
        except ImportError as error:
            missing.append(f"{path.name}: {error}")
            continue
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if (name.endswith("_cases") and name != "refused_cases"
                    and function.__module__ == path.stem
                    and list(inspect.signature(function).parameters)
                    == ["book"]):
                found.append(function)
    return found, missing


def draw_sizes(number):
    """Sizes of a round, none of them equal, so that no axis passes for
    another."""
    sizes = importlib.import_module("onnx_sizes")
    draw = random.Random(zlib.crc32(f"{SEED} {number}".encode()))
    sizes.T, sizes.B, sizes.I, sizes.H, sizes.C = draw.sample(
        range(3, 12), 5)
    sizes.SEED = SEED * 1000 + number
    sizes.LENGTHS = [(sizes.T, sizes.B),
                     (draw.randint(3, 20), draw.randint(1, 4))]
    return (f"ELMAN_SEED={SEED}, round {number}: T {sizes.T}, B {sizes.B}, "
            f"I {sizes.I}, H {sizes.H}, C {sizes.C}, "
            f"then T and B {sizes.LENGTHS[1]}")


def made(elman, pattern, totals):
    for number in range(ROUNDS):
        how = draw_sizes(number)
        found, missing = makers()
        with tempfile.TemporaryDirectory() as temporary:
            for function in found:
                book = RandomBook(elman, pattern, how,
                                  pathlib.Path(temporary))
                try:
                    function(book)
                except Exception as error:  # a literal that fits one size only
                    book.bad.append(f"{function.__name__} ({how}) makes no "
                                    f"graphs: {error!r}")
                totals.add(book.done, book.bad, book.cannot)
    totals.missing = missing


# ---- Recorded graphs, other weights ------------------------------------------

def renewed(array, draw):
    """Other values, of the same size and kind, where they look like weights:
    not one number, not all alike, not whole."""
    if (array.dtype.kind != "f" or array.size < 2
            or (array == array.flat[0]).all()
            or (array == numpy.round(array)).all()):
        return None
    bound = min(float(numpy.abs(array).max()), 0.8)
    new = draw.uniform(-bound, bound, array.shape)
    if (array >= 0).all():  # such as a variance
        new = numpy.abs(new)
    return new.astype(array.dtype)


def new_weights(model, draw):
    for held in model.graph.initializer:
        array = renewed(numpy_helper.to_array(held), draw)
        if array is not None:
            held.CopyFrom(numpy_helper.from_array(array, held.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                array = renewed(numpy_helper.to_array(attribute.t), draw)
                if array is not None:
                    attribute.t.CopyFrom(numpy_helper.from_array(array))


def new_inputs(model, recorded, draw, free):
    """Inputs of the recorded kinds; free: other sizes where axes are named."""
    sizes, inputs = {}, {}
    for port in model.graph.input:
        if port.name not in recorded:
            continue
        old, shape = recorded[port.name], []
        for axis, dim in enumerate(port.type.tensor_type.shape.dim):
            known = sizes.setdefault(
                dim.dim_param or f"{port.name} {axis}",
                int(draw.integers(3, 9)))
            shape.append(known if free and not dim.HasField("dim_value")
                         else old.shape[axis])
        inputs[port.name] = (old, tuple(shape))
    longest = max((shape[:2] for old, shape in inputs.values()
                   if len(shape) > 1), default=())
    made = {}
    for name, (old, shape) in inputs.items():
        if old.dtype.kind == "f":
            made[name] = draw.uniform(-1, 1, shape).astype(old.dtype)
        elif old.ndim == 1 and len(recorded) > 1:  # lengths
            steps = min(longest) if old.max() > max(longest) else max(
                [n for n in longest if n != shape[0]] or longest)
            new = draw.integers(1, steps + 1, shape)
            new[0] = steps
            made[name] = numpy.sort(new)[::-1].astype(old.dtype)
        elif old.dtype.kind in "iu":
            made[name] = draw.integers(old.min(), old.max() + 1,
                                       shape).astype(old.dtype)
        else:
            made[name] = numpy.resize(old, shape)
    return made


def load_set(folder, entry):
    return {name: numpy.load(folder / file)
            for name, file in entry["inputs"].items()}


def one_recorded(elman, folder, case, totals):
    from onnx_book import runtime
    seed = zlib.crc32(f"{SEED} {folder.name}".encode())
    check = Check(elman, folder.name, f"recorded, ELMAN_SEED={SEED}")
    draw = numpy.random.default_rng(seed)
    model = onnx.load(folder / "model.onnx")
    # of a recurrence that was unrolled, weights of steps belong together
    if {"RNN", "GRU", "LSTM"} & set(case["operators"]):
        new_weights(model, draw)
    sets, expected, why = [], [], ""
    for free in (True, False):
        inputs = new_inputs(model, load_set(folder, case["sets"][0]), draw,
                            free)
        try:
            expected.append(runtime(model, inputs))
            sets.append(inputs)
        except Exception as error:  # of ONNX Runtime, of any kind
            why = str(error).splitlines()[0]
    if not sets or not all(numpy.isfinite(a).all() for want in expected
                           for a in want.values()):
        totals.add(0, [], [f"{folder.name}: {why or 'no finite answers'}"])
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        onnx.save(model, place / "model.onnx")
        check_all(check, place, sets, expected, case["streams"],
                  refuses(elman, folder))
    totals.add(1, check.bad, [])


def recorded(elman, pattern, totals):
    for folder in sorted((GOLDEN / "onnx").iterdir()):
        case = case_of(folder.name)
        if case and "bar" in case:  # 8 bits: it depends on the weights
            continue
        if case and (not pattern or re.fullmatch(pattern, folder.name)):
            one_recorded(elman, folder, case, totals)


# ---- Graphs that are refused -------------------------------------------------

def refused(elman, pattern, totals):
    from onnx_book import runtime
    for entry in json.loads((GOLDEN / "onnx/refused.json").read_text()):
        name = "refused_" + entry["name"]
        path = GOLDEN / "onnx" / entry["model"]
        if pattern and not re.fullmatch(pattern, name):
            continue
        draw = numpy.random.default_rng(zlib.crc32(f"{SEED} {name}".encode()))
        try:
            model = onnx.load(path)
            inputs = {}
            for port in model.graph.input:
                kind = onnx.helper.tensor_dtype_to_np_dtype(
                    port.type.tensor_type.elem_type)
                shape = [dim.dim_value or 4 + axis for axis, dim
                         in enumerate(port.type.tensor_type.shape.dim)]
                inputs[port.name] = (draw.uniform(-1, 1, shape).astype(kind)
                                     if kind.kind == "f" else
                                     draw.integers(1, 4, shape).astype(kind))
            want = runtime(model, inputs)
        except Exception as error:  # it is meant to be broken
            totals.add(0, [], [f"{name}: {str(error).splitlines()[0]}"])
            continue
        check = Check(elman, name, f"ELMAN_SEED={SEED}")
        with tempfile.TemporaryDirectory() as temporary:
            place = pathlib.Path(temporary)
            onnx.save(model, place / "model.onnx")
            check_all(check, place, [inputs], [want], False, True, False)
        totals.add(1, check.bad, [])


class Totals:
    def __init__(self):
        self.done, self.bad, self.cannot, self.missing = 0, [], [], []

    def add(self, done, bad, cannot):
        self.done += done
        self.bad += bad
        self.cannot += cannot


def main():
    elman = str(pathlib.Path(sys.argv[1]).resolve())
    pattern = sys.argv[2] if len(sys.argv) > 2 else None
    totals = Totals()
    made(elman, pattern, totals)
    recorded(elman, pattern, totals)
    refused(elman, pattern, totals)
    for line in totals.missing:
        print("not made:", line)
    if pattern:
        for line in totals.cannot:
            print("nothing to compare with:", line)
    for line in totals.bad:
        print(line)
    print(f"{totals.done} graphs, {len(totals.cannot)} with nothing to "
          f"compare with, {len(totals.bad)} failures")
    return 1 if totals.bad or not totals.done else 0


sys.exit(main())
