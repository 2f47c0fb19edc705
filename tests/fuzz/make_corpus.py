#!/usr/bin/env python3
"""make_corpus.py BUILD: writes the seeds of the fuzz targets, corpus/NAME/*.

Small valid files, and hostile ones by the lists of what went wrong in other
readers. BUILD is a build folder with the targets' replay programs, which write
valid models, states and checkpoints themselves. Files that a fuzzer found are
named found-* and are left alone.
"""
import io
import json
import pathlib
import struct
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
DEEP = 3000  # levels: over every bound, yet a small file
LONG = 2000  # bytes of a name or number


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes)
                                else data.encode())


def cut(target, name, data, pieces=6):
    """The file, and beginnings of it."""
    put(target, name, data)
    for i in range(1, pieces):
        put(target, f"{name}-cut-{i}", data[:len(data) * i // pieces])


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
        piece = bytes(range(1, 2 * width + 1))
        header[f"t.{dtype}"] = entry(dtype, [2, 1], len(data),
                                     len(data) + len(piece))
        data += piece
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


# ---- Text -------------------------------------------------------------------

def tables():
    rows = "".join(f"{i},{i * i % 7}\n" for i in range(12))
    both = {
        "empty": "", "header": "a,b\n", "numbers": rows,
        "named": "a,b\n" + rows,
        "tags": "x,y,tag\n" + "1,2,up\n2,1,down\n" * 4,
        "semicolons": "a;b\r\n1,5;2\r\n" * 4, "tabs": "1\t2\n2\t3\n" * 5,
        "mark": b"\xef\xbb\xbfa,b\n1,2\n3,4\n5,6\n7,8\n9,1\n",
        "ragged": "a,b\n1,2\n3\n", "empty-field": "a,b\n1,\n2,3\n" * 3,
        "text-in-number": "a,b\n1,0.2x\n", "open-quote": 'a,b\n"1,2\n',
        "quotes": '"a ""b""","c,d"\n"1","2"\n' * 3, "zero": b"a,b\n1,\0\n",
        "utf16": "a,b\n1,2\n".encode("utf-16"), "binary": bytes(range(256)),
        "overflow": "a,b\n1e400,1\n", "nan": "a,b\nnan,1\n?,2\n" * 4,
        "label-huge": "a,b\n1,100000000000000000000\n" * 4,
        "one-line": "1," * 3000, "one-cell": "1" * 4000,
        "lines": "\n" * 2000 + "1,2\n", "returns": "1,2\r" * 8,
        "one-row": "1,2", "quoted-lines": '"a\nb"\n1\n2\n3\n4\n5\n'}
    for name, data in both.items():
        put("csv", name, data)
        put("table", name, data)


def series():
    head = "@problemName p\n@univariate true\n@classLabel true a b\n@data\n"
    cut("series", "ts", (head + "1,2,3:a\n2,3,4:b\n3,2,1:a\n0,1,0:b\n").encode())
    put("series", "ts-dimensions", "#c\n@classLabel true a b\n@data\n" +
        "1,2:3,4:a\n2,?:4,5:b\n" * 3)
    put("series", "ts-target", "@targetLabel true\n@data\n" +
        "1,2,3:0.5\n1,2:1.5\n" * 3)
    put("series", "ts-stamps", "@timestamps true\n@data\n(0,1),(1,2):a\n")
    put("series", "ts-no-data", "@classLabel true a\n")
    put("series", "ts-unequal", "@data\n1,2:3:a\n")
    put("series", "ts-label-new", head + "1,2:c\n")
    put("series", "ts-missing", head + "?,NaN,:a\n:b\n")
    put("series", "tsv", "1\t0.1\t0.2\n2\t0.3\t0.1\n" * 4)
    put("series", "tsv-names", "up\t1\t2\ndown\t3\tNaN\n" * 4)
    put("series", "tsv-one-class", "1\t1\t2\n" * 4)
    put("series", "tsv-one-row", "1\t1\t2")
    for label in ["-1", "1.5", "2147483647", "1e20", "1e400", "nan", ""]:
        put("series", f"tsv-label-{label or 'none'}", f"{label}\t1\t2\n" * 4)
    put("series", "tsv-wide", "1" + "\t1" * 2000 + "\n")
    put("series", "tsv-many-labels", "".join(f"{i}\t1\n" for i in range(400)))
    put("series", "empty", "")
    put("series", "zero", b"1\t1\t\0\n")


def texts():
    put("text", "words", "the cat sat, the cat ate; the dog \u00e4t\n" * 2)
    put("text", "bytes", bytes(range(256)))
    put("text", "utf8-broken", b"ab\xc3(\xe2\x82\xed\xa0\x80\xf8\x88\xc0\x80")
    put("text", "mark", b"\xef\xbb\xbfabc abc abc")
    put("text", "empty", "")
    put("text", "one", "a")
    put("text", "two", "ab")
    put("text", "spaces", " \n \t " * 9)
    put("text", "longest-points", "\U0010ffff\u07ff\uffff\u0080" * 3)


def encodings():
    def numbers(task, **more):
        return json.dumps({"version": 1, "task": task, "mean": [0.1],
                           "scale": [2.0], **more})

    def language(unit, tokens):
        return json.dumps({"version": 1, "task": "language", "unit": unit,
                           "tokens": tokens})
    target = {"target_mean": [0], "target_scale": [1], "target_names": ["a"]}
    put("encoding", "bytes", language("bytes", [0, 10, 34, 58, 123, 255]))
    put("encoding", "characters", language("characters", [
        "\0", "\n", "\"", ":", "a", "e", "\u00e4"]))
    put("encoding", "words", language("words", [" ", "\"", ":", "a", "task"]))
    put("encoding", "classify", numbers("classify", labels=["-1", "x"]))
    put("encoding", "forecast", numbers("forecast", columns=["a"], window=32,
                                        horizon=7, **target))
    put("encoding", "regress", numbers("regress", **target))
    put("encoding", "tag", numbers("tag", labels=["a", "b"]))
    put("encoding", "scale-0", numbers("classify", labels=["a"], scale=[0]))
    put("encoding", "horizon-huge", numbers(
        "forecast", window=1, horizon=(1 << 63) - 1, **target))
    put("encoding", "tokens-unsorted", language("words", ["b", "a"]))
    put("encoding", "tokens-many", language("words", sorted(
        f"w{i}" for i in range(300))))
    put("encoding", "empty", "")


# ---- Zip, pickle, torch.save --------------------------------------------------

def archive(entries, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            z.writestr(info, data)
    return file.getvalue()


def archives():
    deflated = zipfile.ZIP_DEFLATED
    two = [("a.npy", npy(array("<f4", (2,)), bytes(8))),
           ("b/c.npy", npy(array("<i8", (1,)), bytes(8)))]
    valid = archive(two)
    for target in ["archive", "npz"]:
        put(target, "empty", b"")
        cut(target, "stored", valid, 4)
        put(target, "deflated", archive(two, deflated))
        put(target, "no-entries", archive([]))
        put(target, "name-up", archive([("../up.npy", two[0][1])]))
        put(target, "name-absolute", archive([("/etc/a.npy", two[0][1])]))
        put(target, "name-backslash", archive([("..\\up.npy", two[0][1])]))
        put(target, "name-twice", valid.replace(b"b/c.npy", b"./a.npy")
            .replace(b"./a.npy", b"a.npy\0\0"))
        put(target, "same-name", archive([two[0], ("b.npy", two[0][1])])
            .replace(b"b.npy", b"a.npy"))
        put(target, "name-no-utf8", valid.replace(b"a.npy", b"\xff.npy"))
        put(target, "encrypted", valid.replace(b"\x14\0\0\0", b"\x14\0\1\0"))
        put(target, "method", valid.replace(b"\x14\0\0\0\0\0",
                                            b"\x14\0\0\0\x63\0"))
        put(target, "data-changed", valid.replace(b"fortran", b"fortram"))
        put(target, "bomb", archive([("a.npy", bytes(3 << 20))], deflated))
        end = valid.rfind(b"PK\5\6")
        for name, at, value in [("entries", 10, b"\xff\xff"),
                                ("directory-size", 12, b"\xff\xff\xff\x7f"),
                                ("directory-at", 16, b"\xff\xff\xff\xff")]:
            put(target, f"bogus-{name}", valid[:end + at] + value +
                valid[end + at + len(value):])


def named(module, name):
    return f"c{module}\n{name}\n".encode()


def text(t):
    return b"X" + struct.pack("<I", len(t)) + t.encode()


def whole(n):
    return b"J" + struct.pack("<i", n) if abs(n) < 1 << 31 else (
        b"\x8a\x09" + n.to_bytes(9, "little", signed=True))


def tensor(storage="FloatStorage", key="0", count=16, offset=0, size=(2, 2),
           stride=(2, 1)):
    def many(numbers):
        return b"(" + b"".join(map(whole, numbers)) + b"t"
    return (named("torch._utils", "_rebuild_tensor_v2") + b"((" +
            text("storage") + named("torch", storage) + text(key) +
            text("cpu") + whole(count) + b"tQ" + whole(offset) + many(size) +
            many(stride) + b"\x89" + named("collections", "OrderedDict") +
            b")RtR")


def state(**tensors):
    return (b"\x80\2" + named("collections", "OrderedDict") + b")R(" +
            b"".join(text(n.replace("__", ".")) + t
                     for n, t in tensors.items()) + b"u.")


def pickles():
    bad = {
        "empty": b"", "system": b"cos\nsystem\n(S'echo'\ntR.",
        "posix": b"cposix\nsystem\n(S'echo'\ntR.",
        "eval": b"\x80\4\x8c\x08builtins\x8c\x04eval\x93\x8c\1" b"1\x85R.",
        "inst": b"(S'echo'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'echo'\no.",
        "system-and-rest": b"cos\nsystem\n(S'echo'\ntR.\xff\xff",
        "load": named("torch.serialization", "load") + b"(S'x'\ntR.",
        "underflow": b"\x80\2R.", "no-memo": b"\x80\2h\7.",
        "no-mark": b"\x80\2t.", "no-stop": b"\x80\2N",
        "text-2^32": b"\x80\2X\xff\xff\xff\xffab.",
        "text-2^63": b"\x80\4\x8d" + b"\xff" * 7 + b"\x7fab.",
        "long4-negative": b"\x80\2\x8b\xff\xff\xff\xff.",
        "frame-2^64": b"\x80\4\x95" + b"\xff" * 8 + b"N.",
        "memo-2^32": b"\x80\2Nr\xff\xff\xff\xff.",
        "nested-lists": b"\x80\2" + b"]" * DEEP + b"a" * (DEEP - 1) + b".",
        "nested-tuples": b"\x80\2N" + b"\x85" * DEEP + b".",
        "self": b"\x80\2]q\0h\0a.",
        "shared": b"\x80\2]" + b"".join(
            b"q" + bytes([i]) + b"]" + (b"h" + bytes([i])) * 8 for i in
            range(30)) + b".",
        "scalars": b"\x80\2(NI01\nI00\nI7\nL8L\nF1.5\nK\1M\1\0"
                   b"G?\xf8\0\0\0\0\0\0U\1aX\1\0\0\0b\x88\x89l.",
        "protocol-9": b"\x80\x09N.",
    }
    good = {
        "state": state(rnn__weight_ih_l0=tensor(),
                       rnn__weight_hh_l0=tensor(key="0", offset=4)),
        "module": state(weight=tensor("HalfStorage", "1", 16)),
        "in-a-dict": b"\x80\2}(" + text("model") + state(
            weight_ih_l0=tensor())[2:-1] + text("epoch") + whole(3) + b"u.",
        "scalar": state(weight=tensor(size=(), stride=())),
        "spread": state(weight=tensor(size=(2, 8), stride=(0, 1))),
        "none": state(weight=tensor(key="2", count=0, size=(0, 3),
                                    stride=(3, 1))),
    }
    wrong = {
        "over-storage": state(weight=tensor(size=(5, 4), stride=(4, 1))),
        "storage-lies": state(weight=tensor(count=1 << 40, size=(1 << 20,),
                                            stride=(1,))),
        "offset-huge": state(weight=tensor(offset=(1 << 63) - 1)),
        "offset-negative": state(weight=tensor(offset=-1)),
        "stride-negative": state(weight=tensor(stride=(-2, 1))),
        "stride-huge": state(weight=tensor(stride=((1 << 63) - 1, 1))),
        "size-huge": state(weight=tensor(size=(1 << 62, 1 << 62),
                                         stride=(0, 0))),
        "size-negative": state(weight=tensor(size=(-2, -2))),
        "rank-differs": state(weight=tensor(size=(2, 2), stride=(1,))),
        "rank-many": state(weight=tensor(size=(1,) * 99, stride=(1,) * 99)),
        "key-up": state(weight=tensor(key="../data.pkl")),
        "shared-much": state(**{f"t{i}": tensor() for i in range(60)}),
        "spread-huge": state(weight=tensor(size=(1 << 40,), stride=(0,))),
    }
    for name, data in {**bad, **good, **wrong}.items():
        put("torch_object", name, data)
        put("pickle", name, data)
    for name, data in {**good, **wrong}.items():
        put("torch", name, archive([("a/data.pkl", data),
                                    ("a/data/0", bytes(64)),
                                    ("a/data/1", bytes(32)),
                                    ("a/data/2", b"")]))
    put("torch", "system", archive([("a/data.pkl", bad["system"])]))
    put("torch", "tar", b"sys_info" + bytes(200))
    for old in sorted((HERE.parent / "golden" / "torch").glob("*.pt")):
        if not zipfile.is_zipfile(old):
            continue
        with zipfile.ZipFile(old) as z:
            data = [n for n in z.namelist() if n.endswith("/data.pkl")]
            size = sum(z.getinfo(n).file_size for n in data)
            if len(data) == 1 and size < 1500:
                put("pickle", f"golden-{old.stem}", z.read(data[0]))
                put("torch_object", f"golden-{old.stem}", z.read(data[0]))


# ---- ONNX ---------------------------------------------------------------------

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


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    for old in CORPUS.glob("*/*"):
        if not old.name.startswith("found-"):
            old.unlink()
    jsons()
    safetensors()
    configs()
    models(build)
    npys()
    tables()
    series()
    texts()
    encodings()
    archives()
    pickles()
    onnxes()
    size = sum(p.stat().st_size for p in CORPUS.glob("*/*"))
    print(f"{len(list(CORPUS.glob('*/*')))} files, {size} bytes")


main()
