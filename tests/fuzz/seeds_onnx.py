"""seeds_onnx.py: seeds of ONNX files, written field by field."""
from seeds import DEEP, cut, put


# ---- ONNX -------------------------------------------------------------------

def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    """A length-delimited field, or a whole number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def attribute(name, value):
    if isinstance(value, int):
        return field(5, field(1, name) + field(3, value) + field(20, 2))
    return field(5, field(1, name) + field(4, value) + field(20, 3))


def node(op, inputs, outputs, *attributes, domain=""):
    return field(1, b"".join(field(1, i) for i in inputs) + b"".join(
        field(2, o) for o in outputs) + field(3, "n") + field(4, op) +
        b"".join(attributes) + (field(7, domain) if domain else b""))


def tensor_of(name, dims, data, kind=1):
    return field(5, b"".join(field(1, d) for d in dims) + field(2, kind) +
                 field(8, name) + field(9, data))


def external(location, offset=0, length=4):
    def pair(key, value):
        return field(13, field(1, key) + field(2, str(value)))
    return field(5, field(1, 1) + field(2, 1) + field(8, "W") + field(14, 1) +
                 pair("location", location) + pair("offset", offset) +
                 pair("length", length))


def port(number, name, *dims):
    shape = b"".join(field(1, field(1, d) if isinstance(d, int) else
                           field(2, d)) for d in dims)
    return field(number, field(1, name) + field(2, field(1, field(1, 1) +
                                                         field(2, shape))))


def model_of(*graph, opset=17, ir=8):
    return (field(1, ir) + field(2, "elman") + field(7, b"".join(graph)) +
            field(8, field(1, "") + field(2, opset)))


def onnxes():
    x, y = port(11, "X", "T", "B", 1), port(12, "Y", "T", 1, "B", 1)
    w = tensor_of("W", [1, 3, 1], bytes(12))
    r = tensor_of("R", [1, 3, 1], bytes(12))
    size = attribute("hidden_size", 1)

    def gru(*attributes):
        return node("GRU", ["X", "W", "R"], ["Y"], *attributes)
    valid = model_of(gru(size), w, r, x, y)
    cut("onnx", "gru", valid, 4)
    identity = node("Identity", ["X"], ["Y"])
    files = {
        "empty": b"", "no-nodes": model_of(x, y),
        "endless-varint": b"\x08" + b"\xff" * 100,
        "length-past-end": b"\x3a\xff\xff\xff\xff\x0fab",
        "length-negative": b"\x3a" + varint(-1) + b"ab",
        "wire-6": b"\x0e\1", "wire-7": b"\x0f\1", "field-0": b"\2\0",
        "groups": b"\x7b" * DEEP,
        "deep-if": None, "deep-type": None,
        "cycle": model_of(node("Add", ["X", "B"], ["A"]),
                          node("Tanh", ["A"], ["B"]),
                          node("Tanh", ["B"], ["Y"]), x, y),
        "itself": model_of(node("Tanh", ["Y"], ["Y"]), x, y),
        "dangling": model_of(node("Tanh", ["Z"], ["Y"]), x, y),
        "output-twice": model_of(identity, identity, x, y),
        "order": model_of(node("Tanh", ["A"], ["Y"]),
                          node("Tanh", ["X"], ["A"]), x, y),
        "attribute-twice": model_of(gru(size, size), w, r, x, y),
        "activation": model_of(gru(size, field(5, field(1, "activations") +
            field(9, "Cos") * 2 + field(20, 8))), w, r, x, y),
        "direction": model_of(gru(size, attribute("direction", "up")), w, r,
                              x, y),
        "layout": model_of(gru(size, attribute("layout", 7)), w, r, x, y),
        "operator": model_of(node("Conv", ["X", "W"], ["Y"]), w, x, y),
        "domain": model_of(node("GRU", ["X", "W", "R"], ["Y"], size,
                                domain="com.a"), w, r, x, y),
        "opset": model_of(gru(size), w, r, x, y, opset=99),
        "opset-negative": model_of(gru(size), w, r, x, y, opset=-1),
        "ir": model_of(gru(size), w, r, x, y, ir=1 << 40),
        "dims-huge": model_of(gru(size), tensor_of("W", [1 << 62, 1 << 62],
                                                   bytes(4)), r, x, y),
        "dims-negative": model_of(gru(size), tensor_of("W", [-1, -1],
                                                       bytes(4)), r, x, y),
        "dims-short": model_of(gru(size), tensor_of("W", [9, 9], bytes(4)), r,
                               x, y),
        "dims-0": model_of(gru(size), tensor_of("W", [0, 1 << 63], b""), r, x,
                           y),
        "type-unknown": model_of(gru(size), tensor_of("W", [1], bytes(4), 77),
                                 r, x, y),
        "name-no-utf8": model_of(node("Tanh", ["X"], [b"\xff\xfe"]), x, y),
        "name-zero": model_of(node("Tanh", ["X"], [b"a\0b"]), x, y),
        "name-escape": model_of(node("\33[2J", ["X"], ["Y"]), x, y),
    }
    for hidden in [0, -1, 1 << 31, (1 << 63) - 1]:
        files[f"hidden-{hidden}"] = model_of(
            gru(attribute("hidden_size", hidden)), w, r, x, y)
    files["hidden-text"] = model_of(gru(attribute("hidden_size", "1")), w, r,
                                    x, y)
    for name, arguments in {
            "up": ("../../etc/passwd",), "absolute": ("/etc/passwd",),
            "device": ("/dev/zero",), "negative": ("w", -8),
            "huge": ("w", 0, 1 << 40), "sum": ("w", (1 << 63) - 1, 1 << 62)
            }.items():
        files[f"external-{name}"] = model_of(gru(size), external(*arguments),
                                             r, x, y)
    deep = identity
    for _ in range(150):
        deep = field(1, field(4, "If") + field(5, field(1, "then_branch") +
                     field(6, deep) + field(20, 5)))
    files["deep-if"] = model_of(deep, x, y)
    kind = field(1, field(1, 1))
    for _ in range(300):
        kind = field(4, field(1, kind))
    files["deep-type"] = model_of(identity, field(11, field(1, "X") +
                                                  field(2, kind)), y)
    for name, data in files.items():
        put("onnx", name, data)
