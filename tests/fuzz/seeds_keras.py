"""seeds_keras.py: seeds of HDF5 and of Keras's files, from the recorded ones."""
import zipfile

from seeds import HERE, cut, put

GOLDEN = HERE.parent / "golden" / "keras"
SMALL = 6000  # bytes of a seed


def write():
    with zipfile.ZipFile(GOLDEN / "hdf5.zip") as z:
        for entry in z.namelist():
            data = z.read(entry)
            name = entry.removesuffix(".h5").replace("/", "-")
            if entry.endswith(".h5") and len(data) < SMALL:
                put("hdf5", name, data)
        cut("hdf5", "links", z.read("links.h5"), 4)
        cut("hdf5", "small_chunks", z.read("small_chunks.h5"), 4)
    with zipfile.ZipFile(GOLDEN / "keras3.zip") as z:
        for name in ["gru", "cells"]:
            put("import", f"keras-{name}", z.read(f"{name}.keras"))
        put("import", "keras-h5", z.read("lstm_dense.h5"))
    with zipfile.ZipFile(GOLDEN / "keras3_graphs.zip") as z:
        for name in ["mask_value", "item"]:
            put("import", f"keras-{name}", z.read(f"{name}.keras"))
        put("import", "keras-compressed", z.read("compressed.h5"))
