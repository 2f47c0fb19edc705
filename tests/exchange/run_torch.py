#!/usr/bin/env python3
"""run_torch.py FOLDER: the lines next to every FOLDER/NUMBER/model.safetensors
build and fill modules, whose outputs for x.npy are y.npy. What is no module
(the last step, pooling, the length of a step) is done as their comment says.
"""
import pathlib
import sys

import numpy
import torch


def run(model, lines, order, x):
    """Layer by layer; what is no module as the comment among the lines says."""
    between = {}
    for line in lines.splitlines():
        if line.startswith("# between the modules, "):
            for part in line[len("# between the modules, "):].split("; "):
                after, code = part.split(" y = ", 1)
                between.setdefault(after, []).append(code)

    names, before = {"torch": torch, "model": model, "x": x}, "at first"
    y = x
    for line in order[1:]:
        name, kind, _ = line.split()
        alone = not isinstance(model, torch.nn.ModuleDict)
        if kind in ("last", "final", "mean", "max", "attention", "l2_norm",
                    "repeat"):
            y = eval(between[before].pop(0), {**names, "y": y})
        else:
            y = (model if alone else model[name])(y)
        if kind == "recurrent":
            y, _ = y
        before = f'after "{name}"'
    assert not any(between.values()), "said, but not done"
    return y


def check(folder):
    names = {}
    exec((folder / "lines.py").read_text(), names)
    model = names["model"].eval()
    x = torch.from_numpy(numpy.load(folder / "x.npy"))
    order = (folder / "order").read_text().splitlines()
    with torch.no_grad():
        got = run(model, (folder / "lines.py").read_text(), order, x).numpy()
    want = numpy.load(folder / "y.npy")
    assert got.shape == want.shape, f"{got.shape}, expected {want.shape}"
    far = numpy.max(numpy.abs(got - want) / (1 + numpy.abs(want)))
    assert far < 1e-5, f"{far:.3g} off"


def main():
    bad, folders = 0, sorted(pathlib.Path(sys.argv[1]).iterdir(),
                             key=lambda folder: int(folder.name))
    for folder in folders:
        try:
            check(folder)
        except Exception as error:  # of any kind
            print(f"{folder.name}: {error}")
            print((folder / "config").read_text().strip())
            print((folder / "lines.py").read_text().strip())
            bad += 1
    print(f"{len(folders)} models, {bad} failures")
    return 1 if bad or not folders else 0


sys.exit(main())
