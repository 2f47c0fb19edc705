"""No call crashes the interpreter, whatever it is given.

The calls run in a process of their own, so that a crash is a failed test with
the calls that led to it.
"""

import os
import subprocess
import sys
import textwrap

import pytest

COUNT = int(os.environ.get("ELMAN_FUZZ_CALLS", "2000"))

FUZZ = """
    import faulthandler, gc, random, sys, tempfile, threading, warnings
    import numpy as np
    import elman
    from elman import _core

    faulthandler.enable()
    warnings.simplefilter("ignore")
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    R = random.Random(seed)
    folder = tempfile.mkdtemp()

    class Again:
        "Calls back into what it is given to while it is read."

        def __init__(self, what):
            self.what = what

        def _again(self):
            for name in R.sample(dir(self.what), 3):
                try:
                    value = getattr(self.what, name)
                    if callable(value) and not name.startswith("__"):
                        value()
                except Exception:
                    pass

        def __array__(self, dtype=None, copy=None):
            self._again()
            return np.zeros((2, 3, 4), np.float64)

        def __index__(self):
            self._again()
            return R.choice([0, 1, 2, 7])

        def __float__(self):
            self._again()
            return 0.5

        def __bool__(self):
            self._again()
            return True

        def __fspath__(self):
            self._again()
            return folder + "/again"

        def __len__(self):
            self._again()
            return 3

        def __getitem__(self, key):
            self._again()
            return 1

    def model():
        layers = R.choice([
            [elman.LSTM(4), elman.Linear(3)],
            [elman.GRU(5, num_layers=2, bidirectional=True), elman.Last(), elman.Linear(2)],
            [elman.RNN(3, bidirectional=True, merge="none")],
            [elman.Embedding(7, 4), elman.LSTM(4, proj_size=2), elman.Linear(7)],
            [elman.MinGRU(4), elman.Pool("attention")],
        ])
        inputs = 0 if layers[0].kind == "embedding" else 4
        return elman.Model(layers, inputs=inputs, batch_first=R.random() < 0.7)

    def array():
        shape = R.choice([(), (0,), (4,), (3,), (2, 4), (2, 3, 4), (3, 2, 4), (1, 1, 4),
                          (2, 3), (0, 3, 4), (2, 0, 4), (1, 2, 3, 4), (300, 4)])
        kind = R.choice(["f4", "f8", "i4", "i8", "?", "c8", "U3", "O", ">f4", "f2", "u8"])
        a = np.zeros(shape, kind) if R.random() < 0.5 else np.ones(shape, kind)
        way = R.random()
        if way < 0.2 and a.ndim:
            a = a[::-1]
        elif way < 0.3:
            a = a.T
        elif way < 0.4:
            a.setflags(write=False)
        elif way < 0.5:
            return memoryview(a) if kind not in ("U3", "O") else a
        return a

    def value():
        kind = R.random()
        if kind < 0.35:
            return array()
        if kind < 0.45:
            return Again(R.choice(objects))
        if kind < 0.55:
            return R.choice(objects)
        if kind < 0.65:
            return R.choice(list(words))
        if kind < 0.7:
            return {R.choice(list(words)): value() for _ in range(R.randint(0, 2))}
        if kind < 0.75:
            return [value() for _ in range(R.randint(0, 3))]
        return R.choice([None, 0, 1, 2, 5, -1, 2**31, 2**63, -(2**70), 1.5, float("nan"),
                         float("inf"), "", "x\\0y", b"", b"abc", folder + "/file", True,
                         object(), int, lambda: 0, 10**30])

    words = {"h", "c", "y", "dy", "fc.y", "layer0.gate", "layer0.h", "rnn.weight_ih_l0",
             "rnn.weight_ih_l0.grad", "train", "test", "torch", "onnx", "kind", "loss",
             "mse", "encoding", "sequence", "source", "output", "learning_rate", "T", "B"}
    objects = [model() for _ in range(3)]
    for m in list(objects):
        objects.append(m.stream(2))
        objects.append(m.state(T=3, B=2, training=True))
        objects.append(_core.Optimizer(m))
    X = np.zeros((6, 3, 4), np.float32)
    objects.append(elman.Dataset.of(X, [0, 1, 2, 0, 1, 2], validation=0.4))
    objects.append(elman.Encoding(objects[-1].note))
    objects.append(elman.Trainer(elman.Model([elman.GRU(3), elman.Last(), elman.Linear(3)],
                                             inputs=4), objects[-2], epochs=3))
    objects[0].export("onnx", folder + "/m.onnx") if objects[0].config["layers"] else None
    try:
        objects.append(elman.Graph(folder + "/m.onnx"))
    except elman.Error:
        pass
    functions = [f for n, f in vars(_core).items() if callable(f)]

    def call():
        thing = R.choice(objects + [_core])
        names = [n for n in dir(thing) if not n.startswith("__") or n in
                 ("__call__", "__getitem__", "__setitem__", "__copy__", "__reduce__")]
        name = R.choice(names)
        f = getattr(thing, name) if thing is not _core else R.choice(functions)
        if not callable(f):
            return
        args = [value() for _ in range(R.choice([0, 1, 1, 1, 2, 2, 3, 4]))]
        kwargs = {R.choice(["lengths", "y", "x", "draw", "config", "T", "B", "threads",
                            "training", "dx", "dy", "classes", "values", "ids"]): value()
                  for _ in range(R.choice([0, 0, 1, 2]))}
        if name in ("threads_limit",) or f is _core.machine:
            return
        made = f(*args, **kwargs)
        if R.random() < 0.2 and isinstance(made, (_core.Model, _core.State, np.ndarray)):
            kept.append(made)
        del kept[20:]

    kept = []

    def run(n):
        for _ in range(n):
            try:
                call()
            except Exception:
                pass
            except BaseException as e:
                if not isinstance(e, StopIteration):
                    raise

    run(count)
    threads = [threading.Thread(target=run, args=(count // 8,)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    del objects
    gc.collect()
    for a in kept:
        if isinstance(a, np.ndarray):
            a.copy()
    print("lived")
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_no_call_crashes_the_interpreter(seed, tmp_path):
    script = textwrap.dedent(FUZZ)
    found = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script, str(seed), str(COUNT)],
        capture_output=True, text=True, timeout=900, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )  # fmt: skip
    assert found.returncode == 0 and found.stdout.endswith("lived\n"), found.stderr[-3000:]


ODD = """
    import faulthandler, gc, os, signal, sys, tempfile
    import numpy as np
    import elman
    from elman import _core

    faulthandler.enable()
    X = np.zeros((6, 3, 4), np.float32)
    model = elman.Model([elman.LSTM(8), elman.Last(), elman.Linear(3)], inputs=4)
    data = elman.Dataset.of(X, [0, 1, 2, 0, 1, 2], validation=0.4)

    def refused(error, call, *args, **kwargs):
        try:
            call(*args, **kwargs)
        except error:
            return
        raise SystemExit(f"{call} took {args} {kwargs}")

    # what only says that it is one, as mocks do
    def impostor(cls):
        return type("Impostor", (), {"__class__": property(lambda self: cls)})()

    false_model, false_data = impostor(elman.Model), impostor(elman.Dataset)
    assert isinstance(false_model, _core.Model)
    for call in (_core.State, _core.Optimizer, _core.spectrum, _core.Inspection):
        refused(TypeError, call, false_model)
    refused(TypeError, _core.Trainer, model, false_data)
    refused(TypeError, model.stream().copy_from, impostor(elman.Stream))

    # texts of a dict that goes while it is read
    class Thief:
        def __init__(self, of, made=None):
            self.of, self.made = of, made

        def __index__(self):
            self.of.clear()
            gc.collect()
            self.junk = [("q%d" % i) * 40 for i in range(2000)]
            return 1

        def __array__(self, dtype=None, copy=None):
            self.__index__()
            return self.made

    config = {}
    config.update(encoding="x" * 10**6, seed=Thief(config))
    refused(elman.Error, _core.Dataset.arrays, x=X, classes=np.zeros(6, int), config=config)
    names = {}
    names.update({"a" * 10: X[..., 0].copy(), "b": Thief(names, np.ones((6, 3)))})
    found = _core.units(elman.Model([elman.LSTM(4)], inputs=4), X, None, 0, names)
    assert {m["name"] for m in found["matches"]} <= {"a" * 10, "b"}, found["matches"]

    # rows that are not there
    refused(elman.Error, _core.Dataset.arrays, x=np.zeros((5, 0, 4), np.float32),
            lengths=[2, 3], classes=[0, 1])

    # numbers that were wrapped
    m = elman.Model([elman.LSTM(4)], inputs=4)
    for bad in (-1, 2**64, 10**30):
        refused(OverflowError, m.state(T=3, B=6).forward, X, draw=bad)
        refused(OverflowError, m.flops, bad)
    refused(elman.Error, m.state(T=3, B=6).reset, -2)

    # what is raised on the way is not mistaken for a bad value
    class Stop:
        def __index__(self):
            raise KeyboardInterrupt

    refused(KeyboardInterrupt, m.state, T=Stop())

    # nothing is found before it is whole, by a signal or a thread
    seen = []

    def look(*_):
        for o in gc.get_objects():
            if isinstance(o, _core.Inspection):
                seen.append(o.results)
        signal.setitimer(signal.ITIMER_REAL, 0.002)  # once this is done

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    _core.Inspection(elman.Model([elman.LSTM(16)], inputs=4), None, steps=20)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)  # also one that is on its way
    signal.setitimer(signal.ITIMER_REAL, 0)

    # inputs of a graph: their names may have code, their numbers no alignment
    path = os.path.join(tempfile.mkdtemp(), "m.onnx")
    m.export("onnx", path)
    graph = elman.Graph(path)
    name = next(p["name"] for p in graph.ports if p["input"] and not p["optional"])

    class Name(str):
        def __hash__(self):
            graph.write(name, np.full((3, 6, 4), 2, np.float32))
            return super().__hash__()

    graph.write(Name(name), np.full((3, 6, 4), 1, np.float32))
    gc.collect()
    graph.forward()
    odd = np.frombuffer(bytes(4 * 72 + 1), np.float32, 72, 1).reshape(3, 6, 4)
    refused(elman.Error, graph.write, name, odd)
    graph({name: odd})
    print("lived")
"""


def test_odd_objects_are_refused_or_read_once():
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ODD)], capture_output=True, text=True, timeout=300
    )
    assert found.returncode == 0 and found.stdout.endswith("lived\n"), (
        found.stdout + found.stderr[-3000:]
    )


LEAKS = """
    import gc, resource
    import numpy as np
    import elman

    def once(i):
        m = elman.Model([elman.LSTM(32), elman.Last(), elman.Linear(3)], inputs=8)
        s = m.state(T=20, B=4, training=True)
        s.forward(np.zeros((4, 20, 8)))
        s.loss(np.zeros(4, int)), s.backward(dx=True)
        view = s["rnn.weight_hh_l0.grad"]
        m(np.zeros((2, 5, 8))), m.copy(), m["fc.bias"], m.dumps(), repr(m)
        t = elman.Trainer(m.copy(), np.zeros((8, 5, 8)), [0, 1, 2, 0, 1, 2, 0, 1], epochs=1)
        list(t)
        try:
            m(np.zeros((2, 5, 7)))
        except elman.Error:
            pass
        m.inspect(np.zeros((1, 6, 8))).gates()

    def resident():
        gc.collect()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    for i in range(300):  # until the allocator has all that it keeps
        once(i)
    before = resident()
    for i in range(300):
        once(i)
    lost = (resident() - before) / 300

    # circles are found
    for i in range(20):
        m = elman.Model([elman.LSTM(4)], inputs=2)
        m.circle = [m, m.stream(), elman.Trainer(m.copy(), np.zeros((4, 3, 2)), np.zeros((4, 3, 4)), epochs=1)]
    del m
    gc.collect()
    alive = sum(isinstance(o, (elman.Model, elman.Stream)) for o in gc.get_objects())
    print(lost, alive)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no /proc")
def test_nothing_leaks():
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LEAKS)], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr[-2000:]
    lost, alive = map(float, found.stdout.split())
    assert lost < 3000 and alive == 0  # bytes a turn; a lost model is 30,000
