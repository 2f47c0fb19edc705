"""seeds_models.py: seeds of JSON, safetensors, models, mappings, arrays."""
import json
import struct
import subprocess

from seeds import CORPUS, DEEP, LONG, cut, put


# ---- JSON -------------------------------------------------------------------

def jsons():
    put("json", "empty", "")
    put("json", "every-kind", '{"a":[null,true,false,-1,2.5e-3,"\\u00e4\\ud83d'
        '\\ude00\\n\\"\\\\\\/\\b\\f\\r\\t"],"b":{},"c":[],"d":""}')
    put("json", "wholes", "[0,-0,9223372036854775807,-9223372036854775808,"
        "9223372036854775808,1e5,1E+2,0.1,1e308,5e-324]")
    put("json", "deep-lists", "[" * DEEP)
    put("json", "deep-objects", '{"a":' * DEEP)
    put("json", "deep-closed", "[" * DEEP + "]" * DEEP)
    put("json", "as-deep-as-allowed", "[" * 64 + "]" * 64)
    put("json", "digits", "1" * LONG)
    put("json", "fraction", "0." + "3" * LONG)
    put("json", "exponent", "[1e400,1e-400,1e99999999999]")
    put("json", "trailing", "{} {}")
    put("json", "mark", b"\xef\xbb\xbf{}")
    put("json", "same-key-twice", '{"a":1,"b":2,"a":3}')
    put("json", "surrogate-alone", '"\\ud800"')
    put("json", "surrogates-turned", '"\\udc00\\ud800"')
    put("json", "zero-in-text", '["\\u0000"]')
    put("json", "zero-in-key", '{"\\u0000":1}')
    put("json", "zero-byte", b'["\0"]')
    put("json", "no-utf8", b'["\xff\xc0\x80\xed\xa0\x80"]')
    put("json", "escape", '["\\u001b[2J"]')
    put("json", "control", b'["\x1b[2J"]')
    put("json", "not-numbers", "[01]")
    put("json", "nan", "[NaN]")


# ---- safetensors ------------------------------------------------------------

def tensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else (
        header if isinstance(header, str) else json.dumps(header)).encode()
    size = len(text) if length is None else length
    return struct.pack("<Q", size) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors():
    def bad(name, *arguments, **more):
        put("safetensors", name, tensors(*arguments, **more))

    put("safetensors", "empty", b"")
    widths = {"F32": 4, "F64": 8, "F16": 2, "BF16": 2, "I64": 8, "I32": 4,
              "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1,
              "BOOL": 1}
    header, data = {"__metadata__": {"format": "pt", "k": "\u00e4"}}, b""
    for dtype, width in widths.items():
        numbers = bytes(range(1, 2 * width + 1))
        header[f"t.{dtype}"] = entry(dtype, [2, 1], len(data),
                                     len(data) + len(numbers))
        data += numbers
    header["none"] = entry("F32", [0, 7], len(data), len(data))
    header["scalar"] = entry("F64", [], len(data), len(data) + 8)
    cut("safetensors", "every-type", tensors(header, data + struct.pack("<d", 1)))
    for name, length in [("2^63", 1 << 63), ("2^64-1", (1 << 64) - 1),
                         ("2^64-8", (1 << 64) - 8), ("0", 0),
                         ("99999999", 99999999)]:
        bad(f"header-of-{name}", {"a": entry("F32", [2], 0, 8)}, bytes(8),
            length=length)
    one = {"a": entry("F32", [2], 0, 8)}
    bad("range-reversed", {"a": entry("F32", [2], 8, 0)}, bytes(8))
    bad("range-negative", {"a": entry("F32", [2], -8, 0)}, bytes(8))
    bad("range-fractional", {"a": entry("F32", [2], 0.5, 8.5)}, bytes(8))
    bad("range-out", {"a": entry("F32", [2], 8, 16)}, bytes(8))
    bad("range-huge", {"a": entry("U8", [2], (1 << 63) - 3, (1 << 63) - 1)},
        bytes(8))
    bad("overlap", {**one, "b": entry("F32", [2], 4, 12)}, bytes(12))
    bad("hole", {**one, "b": entry("F32", [1], 12, 16)}, bytes(16))
    bad("rest", one, bytes(9))
    bad("hundred-on-one", {f"t{i}": entry("F32", [2], 0, 8)
                           for i in range(100)}, bytes(8))
    bad("hundred-empty", {f"t{i}": entry("F32", [0], 0, 0)
                          for i in range(100)})
    bad("same-name", '{"a":%s,"a":%s}' % ((json.dumps(one["a"]),) * 2),
        bytes(8))
    bad("same-key", '{"a":{"dtype":"F32","dtype":"F32","shape":[2],'
        '"data_offsets":[0,8]}}', bytes(8))
    bad("product-over-64", {"a": entry("F32", [1 << 32, 1 << 32], 0, 8)},
        bytes(8))
    bad("bytes-over-64", {"a": entry("F64", [(1 << 61) + 1], 0, 8)}, bytes(8))
    bad("product-0-over-64", {"a": entry("U8", [1 << 62, 1 << 62, 0], 0, 0)})
    bad("negative-twice", {"a": entry("F32", [-1, -2], 0, 8)}, bytes(8))
    bad("rank", {"a": entry("F32", [1] * 1000, 0, 4)}, bytes(4))
    bad("wide", {"a": entry("F64", [2], 0, 8)}, bytes(8))
    bad("type-unknown", {"a": entry("F31", [2], 0, 8)}, bytes(8))
    bad("type-missing", {"a": {"shape": [2], "data_offsets": [0, 8]}}, bytes(8))
    bad("type-number", {"a": entry(32, [2], 0, 8)}, bytes(8))
    bad("deep", '{"a":' * DEEP)
    bad("name-long", {"n" * LONG: entry("F32", [2], 0, 8)}, bytes(8))
    bad("name-empty", {"": entry("F32", [2], 0, 8)}, bytes(8))
    bad("name-escape", '{"\\u001b[2J":%s}' % json.dumps(one["a"]), bytes(8))
    bad("name-zero", '{"a\\u0000b":%s}' % json.dumps(one["a"]), bytes(8))
    bad("name-no-utf8", b'{"\xff":{}}')
    bad("notes-no-texts", {"__metadata__": {"a": 1}})


# ---- Models -----------------------------------------------------------------

def gru(**more):
    return {"input_size": 1, "layers": [{"kind": "gru", "hidden_size": 1,
                                         **more}]}


def configs():
    put("config", "gru", json.dumps(gru()))
    put("config", "all", json.dumps({
        "input_size": 2, "batch_first": True, "seed": 7, "layers": [
            {"kind": "lstm", "name": "a", "hidden_sizes": [2, 3],
             "bidirectional": True, "merge": "sum", "peephole": True,
             "dropout": 0.5, "init_hh": {"kind": "orthogonal", "value": 2}},
            {"kind": "layer_norm", "eps": 1e-3},
            {"kind": "rnn", "hidden_size": 2, "nonlinearity": "relu",
             "no_bias": True, "reverse": True},
            {"kind": "last", "last": "final"}, {"kind": "dropout",
                                                "dropout": 0.1},
            {"kind": "linear", "output_size": 2}, {"kind": "softmax"}]}))
    put("config", "tokens", json.dumps({"layers": [
        {"kind": "embedding", "num_embeddings": 5, "embedding_dim": 2},
        {"kind": "lstm", "hidden_size": 3, "proj_size": 2, "clip": 1},
        {"kind": "linear", "output_size": 5}]}))
    put("config", "hidden-0", json.dumps(gru(hidden_size=0)))
    put("config", "hidden-huge", json.dumps(gru(hidden_size=(1 << 63) - 1)))
    put("config", "hidden-large", json.dumps(gru(hidden_size=1 << 31)))
    put("config", "levels", json.dumps(gru(num_layers=1 << 62)))
    put("config", "rate", json.dumps(gru(dropout=1e300)))
    put("config", "unknown-field", json.dumps(gru(colour=1)))
    put("config", "product-over-64", json.dumps({"input_size": 1 << 60,
        "layers": [{"kind": "layer_norm"}] * 16}))


def models(build):
    for target in ["model", "state", "checkpoint"]:
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "valid"
        subprocess.run([build / "tests" / "fuzz" / f"fuzz_{target}", "--seed",
                        path], check=True)
        valid = path.read_bytes()
        cut(target, "valid", valid, 4)
        length = struct.unpack("<Q", valid[:8])[0]
        header = json.loads(valid[8:8 + length])
        data = valid[8 + length:]
        name = next(n for n in header if n != "__metadata__")
        put(target, "tensor-renamed", tensors(
            {("x" if n == name else n): e for n, e in header.items()}, data))
        put(target, "tensor-turned", tensors(
            {n: ({**e, "shape": e["shape"][::-1] + [1]} if n == name else e)
             for n, e in header.items()}, data))
        put(target, "all-nan", tensors(header, b"\xff" * len(data)))
        put(target, "no-notes", tensors(
            {n: e for n, e in header.items() if n != "__metadata__"}, data))
        put(target, "no-tensors", tensors(
            {"__metadata__": header.get("__metadata__", {})}))

    def model(name, config, shapes):
        header, at = {"__metadata__": {"format": "elman", "elman":
                                       json.dumps(config)}}, 0
        for tensor, shape in shapes.items():
            size = 4
            for n in shape:
                size *= n
            header[tensor] = entry("F32", shape, at, at + size)
            at += size
        put("model", name, tensors(header, bytes(at)))

    shapes = {"gru.weight_ih_l0": [3, 1], "gru.weight_hh_l0": [3, 1],
              "gru.bias_ih_l0": [3], "gru.bias_hh_l0": [3]}
    model("gru", gru(), shapes)
    model("bias-missing", gru(), dict(list(shapes.items())[:3]))
    model("hidden-huge", gru(hidden_size=1 << 31), shapes)
    model("levels", gru(num_layers=64), shapes)


def mappings():
    def lstm(**tensors):
        return json.dumps({
            "config": {"input_size": 1, "layers": [
                {"kind": "lstm", "name": "rnn", "hidden_size": 1}]},
            "tensors": {"rnn.weight_ih_l0": {"from": "kernel", "transpose":
                                             True, "gates": "ifco"},
                        "rnn.weight_hh_l0": {"from": "recurrent",
                                             "transpose": True},
                        "rnn.bias_ih_l0": "bias",
                        "rnn.bias_hh_l0": {"zero": True}, **tensors}})
    put("mapping", "lstm", lstm())
    put("mapping", "sum", lstm(**{"rnn.bias_hh_l0": ["bias", "bias",
                                                     {"zero": True}]}))
    put("mapping", "row", lstm(**{"rnn.bias_ih_l0": {"from": "pair",
                                                     "row": 1}}))
    put("mapping", "row-past", lstm(**{"rnn.bias_ih_l0": {
        "from": "pair", "row": (1 << 63) - 1}}))
    put("mapping", "gates-twice", lstm(**{"rnn.bias_ih_l0": {
        "from": "bias", "gates": "iiii"}}))
    put("mapping", "parameter-unknown", lstm(more="bias"))
    put("mapping", "tensor-unknown", lstm(**{"rnn.bias_hh_l0": "none"}))
    put("mapping", "list-empty", lstm(**{"rnn.bias_hh_l0": []}))
    def input_of(**fields):
        return lstm(**{"rnn.weight_ih_l0": {"from": "kernel", **fields}})
    put("mapping", "range", input_of(range=[0, 4], shape=[2, 2], cols=[0, 1]))
    put("mapping", "range-past", input_of(range=[(1 << 63) - 2, (1 << 63) - 1]))
    put("mapping", "rows", input_of(rows=[0, 1], transpose=True, scale=-2,
                                    gates="ozcf"))
    put("mapping", "steps", input_of(cols=[0, 4, 1 << 62], transpose=True))
    put("mapping", "shape-past", input_of(shape=[1 << 32, 1 << 32]))
    put("mapping", "forget", lstm(**{"rnn.bias_ih_l0": [
        "bias", {"value": 1, "gates": "f"}]}))
    put("mapping", "values", lstm(**{"rnn.bias_hh_l0": {
        "values": [[1], [2], [3], [4]], "transpose": True}}))
    put("mapping", "join", lstm(**{"rnn.weight_ih_l0": {
        "join": [{"from": "kernel", "cols": [k, k + 1]} for k in range(4)],
        "axis": 1, "transpose": True, "gates": "ofig"}}))
    put("mapping", "join-gates", lstm(**{"rnn.bias_ih_l0": [
        {"join": [{"from": "pair", "range": [0, 2]},
                  {"value": 3, "shape": [1]}], "gates": "ogf"},
        {"values": [5], "gates": "i"}]}))
    put("mapping", "deep", '{"config":' * DEEP)
    put("mapping", "empty", "")
    put("mapping", "reference", json.dumps({
        **json.loads(lstm()), "reference": {"x": "pair", "y": "dense"}}))


# ---- Models in JSON ----------------------------------------------------------

def json_models():
    def nam(weights, **config):
        return json.dumps({
            "architecture": "LSTM", "weights": weights, "sample_rate": 48000,
            "config": {"input_size": 1, "hidden_size": 1, "num_layers": 1,
                       **config}})
    put("json_model", "nam", nam([0.5] * 16))
    put("json_model", "nam-short", nam([0.5] * 15))
    put("json_model", "nam-large", nam([1], hidden_size=1 << 24, num_layers=16))
    put("json_model", "nam-nested", nam([[1, 2], [3]]))

    def layer(kind, *weights, **more):
        return {"type": kind, "shape": [None, 1], "weights": weights, **more}
    def chain(*layers):
        return json.dumps({"in_shape": [None, 1], "layers": layers})
    put("json_model", "chain", chain(
        layer("lstm", [[1, 2, 3, 4]], [[1, 2, 3, 4]], [1, 2, 3, 4]),
        layer("batchnorm", [1], [2], [3], [4], epsilon=0.001),
        layer("gru", [[1, 2, 3]], [[1, 2, 3]], [[1, 2, 3], [4, 5, 6]]),
        layer("dense", [[1]], [2], activation="elu"),
        layer("activation", activation="softmax")))
    put("json_model", "chain-conv", chain(layer("conv1d", [[[1]]], [1])))
    put("json_model", "chain-long", chain(
        *[layer("activation", activation="tanh")] * 40))
    put("json_model", "norm-large", json.dumps({
        "in_shape": [1 << 24], "layers": [
            layer("batchnorm", [1], [2], epsilon=1)]}))
    put("json_model", "state", json.dumps({"epoch": 3, "state": {
        "rnn": {"weight_ih_l0": [[1]], "weight_hh_l0": [[2]]},
        "fc.weight": [[1]], "fc.bias": [2]}}))
    put("json_model", "unequal", '{"a":[[1,2],[3,4,5]],"b":[[],[]],"c":[[1],2]}')
    put("json_model", "deep", '{"a":' * DEEP)
    put("json_model", "nine-deep", '{"a":[[[[[[[[[1]]]]]]]]]}')
    put("json_model", "skip", '{"model_data":{"skip":1},"s":{"a":[1]}}')


# ---- NumPy ------------------------------------------------------------------

def npy(header, data=b"", version=1, length=None):
    text = (header if isinstance(header, str) else repr(header)).encode()
    size = len(text) if length is None else length
    return (b"\x93NUMPY" + bytes([version, 0]) +
            struct.pack("<H" if version == 1 else "<I", size) + text + data)


def array(descr, shape, fortran=False):
    return {"descr": descr, "fortran_order": fortran, "shape": shape}


def npys():
    put("npy", "empty", b"")
    for descr in ["<f2", ">f4", "<f8", "|i1", "<i2", ">i4", "<i8", "|u1",
                  "<u2", ">u8", "|b1"]:
        put("npy", f"type-{descr[1:]}",
            npy(array(descr, (3,)), bytes(range(250, 256)) * 4
                if descr[2] == "8" else bytes(range(3 * int(descr[2])))))
    cut("npy", "matrix", npy(array("<f4", (2, 3), True),
                             struct.pack("<6f", *range(6))))
    put("npy", "version-2", npy(array("<f4", (1,)), bytes(4), 2))
    put("npy", "version-3", npy(array("<f4", ()), bytes(4), 3))
    put("npy", "version-9", npy(array("<f4", ()), bytes(4), 9))
    put("npy", "none", npy(array("<f4", (0, 3))))
    put("npy", "none-fortran", npy(array("<f4", (0, 3), True)))
    put("npy", "object", npy(array("|O", (1,)), b"\x80\x04cos\nsystem\n."))
    put("npy", "code", npy("__import__('os').system('echo')"))
    put("npy", "code-in-shape", npy("{'descr': '<f4', 'fortran_order': False, "
                                    "'shape': (exit(),)}"))
    put("npy", "2^48", npy(array("<f4", (1 << 48,)), bytes(8)))
    put("npy", "over-64", npy(array("<f8", (1 << 32, 1 << 30)), bytes(8)))
    put("npy", "over-64-and-0", npy(array("<f8", (1 << 63, 1 << 63, 0))))
    put("npy", "rank", npy(array("<f4", (1,) * 40), bytes(4)))
    put("npy", "negative", npy(array("<f4", (-1, -2)), bytes(8)))
    put("npy", "header-longer", npy(array("<f4", (1,)), length=65535))
    put("npy", "header-2^32", npy(array("<f4", (1,)), version=2,
                                  length=(1 << 32) - 1))
    put("npy", "fields", npy(array([("a", "<f4")], (1,)), bytes(4)))
    put("npy", "twice", npy("{'descr': '<f4', 'descr': '<f8', "
                            "'fortran_order': False, 'shape': (1,)}"))
    put("npy", "digits", npy("{'descr': '<f4', 'fortran_order': False, "
                             "'shape': (" + "9" * 500 + ",)}"))


def write(build):
    jsons()
    safetensors()
    configs()
    models(build)
    mappings()
    json_models()
    npys()
