"""keras_hdf5.py: files that h5py writes, and what h5py reads in them.

For each NAME.h5 that elman reads there is NAME.txt, a line for each array and
each text of an object, with tabs between:

    array OBJECT TYPE SHAPE HASH     text OBJECT ATTRIBUTE COUNT HASH

HASH is FNV-1a in 64 bits of the numbers as they lie in little-endian order, or
of the texts with a newline behind each. refused/NAME.h5 has something that is
not read.
"""
import io

import h5py
import numpy as np


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def describe(file):
    lines = []

    def visit(name, item):
        for key, value in item.attrs.items():
            texts = np.atleast_1d(np.asarray(value, dtype=object)).ravel()
            if not all(isinstance(t, (str, bytes)) for t in texts):
                continue
            if not len(texts) and h5py.check_string_dtype(
                    item.attrs.get_id(key).dtype) is None:
                continue
            data = b"".join((t.encode() if isinstance(t, str) else t) + b"\n"
                            for t in texts)
            lines.append(f"text\t{name}\t{key}\t{len(texts)}\t{fnv(data)}")
        if isinstance(item, h5py.Dataset):
            a = np.asarray(item[()])
            kind = "int8" if a.dtype == bool else a.dtype.name
            shape = "(" + ",".join(map(str, a.shape)) + ")"
            data = a.astype(a.dtype.newbyteorder("<")).tobytes()
            lines.append(f"array\t{name}\t{kind}\t{shape}\t{fnv(data)}")

    visit("", file)
    file.visititems(visit)
    return "\n".join(sorted(lines)) + "\n"


def types(f):
    rng = np.random.default_rng(1)
    for name in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 >f4 >f8 >i4 >u2".split():
        values = rng.integers(0, 99, (2, 3)).astype(name)
        f.create_dataset(name.replace(">", "big_"), data=values)
    f["flag"] = np.array([True, False, True])
    f["one"] = np.float32(1.5)
    f["empty"] = np.zeros((0, 3), np.float32)
    f["axes"] = np.arange(16, dtype=np.float32).reshape((1, 2, 1, 2, 1, 4))


def texts(f):
    f.attrs["variable"] = "ein Text: \u00e4"
    f.attrs["fixed"] = np.bytes_(b"bytes")
    f.attrs["none"] = ""
    f.attrs["list"] = ["a", "bc", "", "def"]
    f.attrs["fixed_list"] = np.array([b"x", b"yz", b"long one"])
    f.attrs["empty_list"] = np.zeros(0, "S3")
    f.attrs["number"] = 3.5
    f.attrs["numbers"] = np.arange(4)
    f.attrs["large"] = "x" * 200000
    g = f.create_group("g/h/i")
    g.attrs["here"] = "i"
    g.create_dataset("d", data=np.ones(2, np.float32)).attrs["unit"] = "V"


def many(f):
    """So many members that their tree has a level more."""
    for i in range(600):
        f.create_dataset(f"n{i}", data=np.full(1, i, np.float32))


def compact(f):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((5,))
    d = h5py.h5d.create(f.id, b"small", h5py.h5t.IEEE_F32LE, space, plist)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5, dtype=np.float32))


def links(f):
    """Groups of the newer kind, whose members are messages."""
    g = f.create_group("a/b")
    g.attrs["name"] = "b"
    for i in range(3):
        g.create_dataset(str(i), data=np.arange(i + 1, dtype=np.float32))


def chunks(f):
    """In chunks, of which those at the edges stand over, and filtered."""
    rng = np.random.default_rng(2)
    filters = {"plain": {}, "deflate": {"compression": "gzip"},
               "shuffle": {"compression": 9, "shuffle": True},
               "sum": {"fletcher32": True},
               "all": {"compression": 1, "shuffle": True, "fletcher32": True}}
    for name, how in filters.items():
        for shape, size in [((7,), (3,)), ((5, 6), (5, 6)), ((4, 7), (2, 3)),
                            ((3, 4, 5), (2, 3, 2))]:
            f.create_dataset(f"{name}/{len(shape)}_{size[0]}", chunks=size,
                             data=rng.integers(0, 9, shape).astype("f4"),
                             **how)
    f.create_dataset("more/half", data=rng.random((3, 4)).astype("f2"),
                     chunks=(2, 2), **filters["all"])
    f.create_dataset("more/big", data=rng.random((3, 4)).astype(">f8"),
                     chunks=(2, 3), **filters["shuffle"])
    f.create_dataset("more/zeros", data=np.zeros(5000, "f4"), **filters["all"])
    f.create_dataset("more/none", (0, 3), "f4", chunks=(2, 2), maxshape=(None, 3))


def small_chunks(f):
    """A few of them, for files that are damaged anywhere."""
    f.create_dataset("a", data=np.arange(12, dtype="f4").reshape((3, 4)),
                     chunks=(2, 3), compression=9, shuffle=True,
                     fletcher32=True)
    f.create_dataset("b", data=np.arange(5, dtype="f4"), chunks=(2,))

    # room for all chunks from the beginning, so that they are in a row
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 2))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    d = h5py.h5d.create(f.id, b"c", h5py.h5t.IEEE_F32LE,
                        h5py.h5s.create_simple((3, 4)), plist)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL,
            np.arange(12, dtype=np.float32).reshape((3, 4)))


def many_chunks(f):
    """So many that their tree has levels, and their list has pages."""
    f.create_dataset("a", data=np.arange(3000, dtype="u2"), chunks=(2,))
    f.create_dataset("b", data=np.arange(1100, dtype="u2"), chunks=(1,),
                     fletcher32=True)


READ = {"types": (types, None), "texts": (texts, None), "many": (many, None),
        "compact": (compact, None), "links": (links, ("v110", "v110")),
        "links_v108": (links, ("v108", "v108")),
        "small_chunks": (small_chunks, None),
        "small_chunks_v110": (small_chunks, ("v110", "v110")),
        "chunks": (chunks, None), "many_chunks": (many_chunks, None),
        "chunks_v110": (chunks, ("v110", "v110")),
        "chunks_v200": (chunks, ("v200", "v200")),
        "many_chunks_v200": (many_chunks, ("v200", "v200")),
        "many_chunks_v110": (many_chunks, ("v110", "v110"))}

REFUSED = {
    "lzf": lambda f: f.create_dataset(
        "a", data=np.arange(64.), compression="lzf"),
    "rounded": lambda f: f.create_dataset(
        "a", data=np.arange(64.), scaleoffset=2),
    "part": lambda f: f.create_dataset(
        "a", (64,), "f4", chunks=(8,)).write_direct(np.ones(8, "f4"),
                                                    dest_sel=np.s_[8:16]),
    "bomb": lambda f: f.create_dataset(
        "a", data=np.zeros(3 << 20, "u1"), chunks=(3 << 20,),
        compression="gzip"),
    "soft": lambda f: f.__setitem__("a", h5py.SoftLink("/b")),
    "external": lambda f: f.__setitem__("a", h5py.ExternalLink("b.h5", "/c")),
    "compound": lambda f: f.create_dataset(
        "a", data=np.zeros(2, [("x", "f4"), ("y", "f4")])),
    "unwritten": lambda f: f.create_dataset("a", (3,), "f4"),
    "twice": lambda f: (f.create_group("a"), f.__setitem__("b", f["a"])),
    "other_file": lambda f: f.create_dataset(
        "a", (4,), "f4", external=[("other.bin", 0, 16)]),
}


def written(fill, libver):
    out = io.BytesIO()
    with h5py.File(out, "w", libver=libver) as f:
        fill(f)
    return out.getvalue()


def record(archive):
    for name, (fill, libver) in READ.items():
        data = written(fill, libver)
        archive.add(f"{name}.h5", data)
        with h5py.File(io.BytesIO(data), "r") as f:
            archive.add(f"{name}.txt", describe(f))
    for name, fill in REFUSED.items():
        archive.add(f"refused/{name}.h5", written(fill, None))
    newer = ("v110", "v110")
    archive.add("refused/part_v110.h5", written(REFUSED["part"], newer))
    archive.add("refused/growing.h5", written(lambda f: f.create_dataset(
        "a", data=np.arange(9.), chunks=(2,), maxshape=(None,)), newer))
    summed = written(lambda f: f.create_dataset(
        "a", data=np.arange(64.), chunks=(64,), fletcher32=True), None)
    at = summed.index(np.float64(17).tobytes())
    archive.add("refused/sum.h5", summed[:at] + b"x" + summed[at + 1:])
    archive.add("refused/dense.h5", written(
        lambda f: [f.create_group(str(i)) for i in range(20)],
        ("v110", "v110")))
    archive.zip.close()
