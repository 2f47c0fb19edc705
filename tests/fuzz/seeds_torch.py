"""seeds_torch.py: seeds of zip files, pickles, torch.save."""
import io
import json
import struct
import tarfile
import zipfile

from seeds import DEEP, HERE, cut, put
from seeds_models import array, npy


# ---- Zip, pickle, torch.save ------------------------------------------------

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


def call(what, *arguments, opcode=b"R"):
    return what + b"(" + b"".join(arguments) + b"t" + opcode


def objects():
    """Beside a tensor, objects of classes that nobody knows, by each opcode."""
    class_, empty = named("argparse", "Namespace"), b"}"
    made = call(class_, opcode=b"\x81")
    packed = call(named("torch", "ScriptObject"), opcode=b"\x81")
    weight = call(named("torch._utils", "_rebuild_qtensor"),
                  b"((" + text("storage") + named("torch", "QInt8Storage") +
                  text("0") + text("cpu") + whole(64) + b"tQ", whole(0),
                  b"(" + whole(2) + whole(2) + b"t", b"(" + whole(2) +
                  whole(1) + b"t", b"(" + named("torch", "per_tensor_affine") +
                  b"G?\xf8\0\0\0\0\0\0" + whole(3) + b"t", b"\x89",
                  named("collections", "OrderedDict") + b")R")
    linear = packed + b"(" + weight + b"N\x86" + text("Linear") + b"tb"
    cell = (packed + b"((" + text("quantized_dynamic") + b"]]](" + linear +
            linear + b"lt" + text("Cell") + b"tb")
    dtype = (call(named("numpy", "dtype"), text("f4"), b"\x89\x88") + b"(" +
             whole(3) + text("<") + b"NNNtb")
    array = (call(named("numpy._core.multiarray", "_reconstruct"),
                  named("numpy", "ndarray"), b"(" + whole(0) + b"t",
                  text("b")) + b"(" + whole(1) + b"(" + whole(2) + b"t" +
             dtype + b"\x89" + call(named("_codecs", "encode"),
                                    text("\0\0\0\0\0\0\0\0"),
                                    text("latin1")) + b"tb")
    return {
        "object-class": state(weight=tensor(), other=class_),
        "object-made": state(weight=tensor(), other=made + empty + b"b"),
        "object-named": state(weight=tensor(), other=class_ + b")}\x92"),
        "object-inst": state(weight=tensor(),
                             other=b"(" + whole(1) + b"iargparse\nNamespace\n"),
        "object-items": state(weight=tensor(), other=made + b"(" + whole(1) +
                              whole(2) + b"u"),
        "object-inside": state(weight=tensor(), other=made + tensor() + b"b"),
        "object-self": state(weight=tensor(), other=made + b"q\1h\1b"),
        "default-dict": state(weight=tensor(), other=call(
            named("collections", "defaultdict"),
            named("__builtin__", "list"))),
        "person-line": state(weight=tensor(), other=b"Pid\n"),
        "quantized": state(weight=weight),
        "quantized-linear": state(fc___packed_params___packed_params=b"(" +
                                  weight + b"Nt"),
        "quantized-cell": state(c___packed_weight_ih=linear),
        "quantized-levels": state(**{"l___all_weight_values__0__param": cell,
                                     "l___all_weight_values__1__param": cell}),
        "array": state(weight=array),
        "loaded": state(weight=call(
            named("torch._utils", "_rebuild_tensor_v2"), call(
                named("torch.storage", "_load_from_bytes"),
                b"C\4abcd"), whole(0), b"))", b"\x89",
            named("collections", "OrderedDict") + b")R")),
    }


def programs(plain, checkpoint):
    """Archives that torch.save did not write."""
    inner = archive([("a/data.pkl", checkpoint), ("a/data/0", bytes(64))])
    put("torch", "inside", archive([("p.pth", inner), ("o.pth", b"N."),
                                    ("data", b"{}")]))
    put("torch", "inside-alone", archive([("x/p.pth", inner)]))
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as f:
        entry = tarfile.TarInfo("./p.pth")
        entry.size = len(inner)
        f.addfile(entry, io.BytesIO(inner))
    put("torch", "tar", tar.getvalue()[:512 * (3 + len(inner) // 512)])
    module = (named("__torch__", "Net") + b")\x81}(" + text("rnn") +
              named("__torch__.nn", "GRU") + b")\x81}(" + text("weight_ih_l0") +
              tensor() + b"ubub.")
    put("torch", "program", archive([
        ("a/data.pkl", module), ("a/data/0", bytes(64)),
        ("a/constants.pkl", b")."), ("a/code/x.py", b"")]))
    put("torch", "program-frozen", archive([
        ("a/data.pkl", named("__torch__", "Net") + b")\x81}b."),
        ("a/constants/0", bytes(64)), ("a/code/x.py", b""),
        ("a/constants.pkl", b"\x80\2(" + tensor() + b"t.")]))
    sizes = [{"as_int": 2}, {"as_int": 2}]
    meta = {"dtype": 7, "sizes": sizes, "strides": sizes,
            "storage_offset": {"as_int": 1}}
    config = {"config": {"rnn.weight_ih_l0": {
        "path_name": "weight_0", "use_pickle": False, "tensor_meta": meta}}}
    put("torch", "exported", archive([
        ("a/data/weights/model_weights_config.json",
         json.dumps(config).encode()),
        ("a/data/weights/weight_0", bytes(64))]))
    put("torch", "pickle", plain)


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
    good.update(objects())
    for name, data in {**bad, **good, **wrong}.items():
        put("torch_object", name, data)
        put("pickle", name, data)
    for name, data in {**good, **wrong}.items():
        put("torch", name, archive([("a/data.pkl", data),
                                    ("a/data/0", bytes(64)),
                                    ("a/data/1", bytes(32)),
                                    ("a/data/2", b"")]))
    put("torch", "system", archive([("a/data.pkl", bad["system"])]))
    programs(state(rnn__weight_ih_l0=tensor()), good["in-a-dict"])
    for old in sorted((HERE.parent / "golden" / "torch").glob("*.pt")):
        if not zipfile.is_zipfile(old):
            continue
        with zipfile.ZipFile(old) as z:
            data = [n for n in z.namelist() if n.endswith("/data.pkl")]
            size = sum(z.getinfo(n).file_size for n in data)
            if len(data) == 1 and size < 1500:
                put("torch_object", f"golden-{old.stem}", z.read(data[0]))


def shards():
    def index(**files):
        return json.dumps({"metadata": {"total_size": 24}, "weight_map": {
            n: f"{f}.safetensors" for n, f in files.items()}})
    put("shards", "both", index(weight_ih_l0="a", weight_hh_l0="b"))
    put("shards", "one", index(weight_ih_l0="a"))
    put("shards", "lacks", index(weight_ih_l0="a", weight_hh_l0="a"))
    put("shards", "up", index(weight_ih_l0="../a", weight_hh_l0="b"))
    put("shards", "itself", index(weight_ih_l0="a").replace(
        "a.safetensors", "index.json"))
    put("shards", "none", index())
    put("shards", "many", index(**{f"t{i}": f"f{i}" for i in range(300)}))


def parts():
    """Weights in parts and batch norms, each with all that makes it one."""
    folder = HERE.parent / "golden" / "parts"
    for name in ["weight_norm_old_none", "weight_norm_new_1",
                 "spectral_norm_old", "spectral_norm_new", "pruned",
                 "raw_module", "norm_not_affine", "norm_behind"]:
        put("import", f"parts-{name}",
            (folder / f"{name}.safetensors").read_bytes())


def write():
    shards()
    parts()
    archives()
    pickles()
