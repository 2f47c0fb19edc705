#!/usr/bin/env python3
"""make_corpus.py BUILD: writes the seeds of the fuzz targets, corpus/NAME/*.

Small valid files, and hostile ones by the lists of what went wrong in other
readers. BUILD is a build folder with the targets' replay programs, which write
valid models, states and checkpoints themselves. Files that a fuzzer found are
named found-* and are left alone.
"""
import pathlib
import sys

import seeds_keras
import seeds_models
import seeds_onnx
import seeds_text
import seeds_torch
from seeds import CORPUS


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    for old in CORPUS.glob("*/*"):
        if not old.name.startswith("found-"):
            old.unlink()
    seeds_models.write(build)
    seeds_keras.write()
    seeds_text.write()
    seeds_torch.write()
    seeds_onnx.onnxes()
    files = list(CORPUS.glob("*/*"))
    print(f"{len(files)} files, {sum(p.stat().st_size for p in files)} bytes")


main()
