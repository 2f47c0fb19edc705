"""data.py: data for networks with planted faults, and weights changed by hand;
written without a library.
"""
import json
import math
import random
import struct


# ---- Files -------------------------------------------------------------------

def save_array(path, shape, flat, kind="<f4"):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (
        kind, tuple(shape))
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    code = {"<f4": "f", "<i8": "q"}[kind]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head))
                     + head.encode()
                     + struct.pack(f"<{len(flat)}{code}", *flat))


def arrays(folder, name, x, y, values=False):
    """x: sequences of steps of features; y: a class or a value for each, or a
    list of them for each step."""
    n, t, i = len(x), len(x[0]), len(x[0][0])
    save_array(folder / f"{name}.x.npy", (n, t, i),
               [v for s in x for row in s for v in row])
    flat = [v for s in y for v in s] if isinstance(y[0], list) else y
    shape = (n, t) if isinstance(y[0], list) else (n,)
    save_array(folder / f"{name}.y.npy", shape, flat,
               "<f4" if values else "<i8")
    return [f"{name}.x.npy", "--target-file", f"{name}.y.npy"]


def noise(r, n, t, i=1, size=1.0):
    return [[[r.gauss(0, size) for _ in range(i)] for _ in range(t)]
            for _ in range(n)]


def waves(r, n, t=40, classes=2, blur=0.4):
    """Sines whose period tells the class."""
    y = [r.randrange(classes) for _ in range(n)]
    x = []
    for k in y:
        phase, period = r.uniform(0, 6.3), 6 + 5 * k
        x.append([[math.sin(phase + 6.283 * s / period) + r.gauss(0, blur)]
                  for s in range(t)])
    return x, y


def first_step(r, n, t):
    """The class is the sign of the first value; what follows is noise."""
    x = noise(r, n, t)
    for s in x:
        s[0][0] = r.choice([-2.0, 2.0])
    return x, [int(s[0][0] > 0) for s in x]


def table(folder, name, rows, names):
    lines = [",".join(names)] + [",".join(f"{v:.6g}" for v in row)
                                 for row in rows]
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return f"{name}.csv"


def seasons(r, n=900, period=24, blur=0.1, extra=True):
    """A value with a season, and, if extra, a column that only makes noise."""
    rows = []
    for s in range(n):
        value = (math.sin(6.283 * s / period)
                 + 0.5 * math.sin(12.566 * s / period + 1) + r.gauss(0, blur))
        rows.append([r.gauss(0, 1), value] if extra else [value])
    return rows


def some_text():
    """Sentences that agree in number, some with something in brackets."""
    r = random.Random("text")
    nouns = ["river", "mountain", "engine", "window", "letter", "garden",
             "teacher", "harbour", "signal", "question", "number", "kitchen"]
    verbs = ["moves", "answers", "follows", "carries", "reaches", "remembers",
             "repeats", "crosses", "watches", "changes"]
    words = ["slowly", "again", "before noon", "without a sound", "twice",
             "in spring", "as it should"]

    def thing(many):
        noun = r.choice(nouns) + ("s" if many else "")
        return f"{r.choice(['the', 'the old', 'the other'])} {noun}"

    sentences = []
    while sum(map(len, sentences)) < 40000:
        many = r.random() < 0.4
        verb = r.choice(verbs)
        line = f"{thing(many)} {verb[:-1] if many else verb} {thing(r.random() < 0.4)}"
        if r.random() < 0.3:
            line += f" ({r.choice(words)})"
        if r.random() < 0.4:
            line += f" {r.choice(words)}"
        sentences.append(line[0].upper() + line[1:] + r.choice([". ", ".\n"]))
    return "".join(sentences)


def delayed(r, n, t, lag):
    """Each step is tagged with the sign of the value lag steps before."""
    x = noise(r, n, t)
    return x, [[int(s[k - lag][0] > 0) if k >= lag else 0 for k in range(t)]
               for s in x]


# ---- Model files -------------------------------------------------------------

def change_weights(path, change):
    """Passes each tensor of a model file, a list of floats, through change(name,
    shape, values)."""
    blob = path.read_bytes()
    size = struct.unpack("<Q", blob[:8])[0]
    head, body = json.loads(blob[8:8 + size]), bytearray(blob[8 + size:])
    for name, tensor in head.items():
        if name == "__metadata__" or tensor["dtype"] != "F32":
            continue
        begin, end = tensor["data_offsets"]
        values = list(struct.unpack(f"<{(end - begin) // 4}f",
                                    body[begin:end]))
        change(name, tensor["shape"], values)
        body[begin:end] = struct.pack(f"<{len(values)}f", *values)
    path.write_bytes(blob[:8 + size] + bytes(body))


def scale(part, factor):
    def change(name, shape, values):
        if part in name:
            values[:] = [factor * v for v in values]
    return change
