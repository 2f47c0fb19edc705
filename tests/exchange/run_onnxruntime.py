#!/usr/bin/env python3
"""run_onnxruntime.py FOLDER: every FOLDER/NUMBER/model.onnx passes ONNX's own
checker, and ONNX Runtime gives from each RUN.in.PORT.npy what the RUN.out.PORT
.npy next to them say. Ports that have no file keep their default.
"""
import pathlib
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5


def worst(got, want):
    """How far from the tolerance, 1 is just within it."""
    if got.shape != want.shape or got.dtype != want.dtype:
        return numpy.inf
    bound = TOLERANCE * (1 + numpy.abs(want))
    return float(numpy.max(numpy.abs(got - want) / bound, initial=0))


def arrays(folder, run, direction):
    prefix = f"{run}.{direction}."
    return {path.name[len(prefix):-len(".npy")]: numpy.load(path)
            for path in folder.glob(prefix + "*.npy")}


def check_model(folder):
    path = str(folder / "model.onnx")
    onnx.checker.check_model(path, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # that defaults can be overridden is meant
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"])
    outputs = {port.name for port in session.get_outputs()}
    runs = sorted({p.name.split(".")[0] for p in folder.glob("*.in.*.npy")})
    bad = 0
    for run in runs:
        want = arrays(folder, run, "out")
        if set(want) != outputs:
            print(f"outputs {sorted(outputs)}, recorded {sorted(want)}")
            bad += 1
        names = sorted(want)
        got = session.run(names, arrays(folder, run, "in"))
        for name, array in zip(names, got):
            far = worst(array, want[name])
            if not far <= 1:
                print(f"{folder.name} run {run}: {name} {array.shape} is "
                      f"{far:.3g} tolerances off {want[name].shape}")
                bad += 1
    return bad, len(runs)


def main():
    bad = runs = 0
    folders = sorted(pathlib.Path(sys.argv[1]).iterdir(),
                     key=lambda folder: int(folder.name))
    for folder in folders:
        try:
            failed, ran = check_model(folder)
        except Exception as error:  # of either library, of any kind
            print(f"{folder.name}: {error}")
            failed, ran = 1, 0
        if failed:
            print(f"{folder.name}: {(folder / 'config').read_text().strip()}")
        bad += failed
        runs += ran
    print(f"{len(folders)} models, {runs} runs, {bad} failures")
    return 1 if bad or not runs else 0


sys.exit(main())
