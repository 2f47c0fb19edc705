#!/usr/bin/env python3
"""make_rtneural.py FOLDER: models in RTNeural's JSON with what RTNeural itself
gives for them: layouts/rtneural_own_NAME.json, _x.npy and _y.npy.

FOLDER is a checkout of github.com/jatinchowdhury18/RTNeural with its submodules
(or modules/json/json.hpp). The program below is built against its headers, STL
backend, in double; it reads a model with json_parser::parseJson and runs one
step after the other, reset before each sequence. The models are random ones of
our own, so nothing of RTNeural is kept but its numbers.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from make_layouts import FOLDER, lists, random, reference

STEPS, SEQUENCES, FEATURES = 6, 2, 3

PROGRAM = r"""
#include "RTNeural/RTNeural.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <vector>

int main(int, char **argument)
{
    std::ifstream file(argument[1]);
    auto model = RTNeural::json_parser::parseJson<double>(
        nlohmann::json::parse(file));
    size_t steps, sequences, features;
    std::cin >> steps >> sequences >> features;
    std::vector<double> x(steps * sequences * features);
    for (double &number : x) std::cin >> number;

    size_t outputs = (size_t)model->getOutSize();
    std::vector<double> y(steps * sequences * outputs);
    for (size_t b = 0; b < sequences; b++) {
        model->reset();
        for (size_t t = 0; t < steps; t++) {
            model->forward(x.data() + (t * sequences + b) * features);
            for (size_t o = 0; o < outputs; o++)
                y[(t * sequences + b) * outputs + o] = model->getOutputs()[o];
        }
    }
    for (double number : y) std::printf("%.17g\n", number);
}
"""


def layer(kind, size, *weights, **more):
    return {"type": kind, "activation": "", "shape": [None, None, size],
            "weights": [lists(w) for w in weights], **more}


def lstm(seed, features, units):
    return layer("lstm", units, random(seed, features, 4 * units),
                 random(seed + 1, units, 4 * units), random(seed + 2, 4 * units))


def gru(seed, features, units):
    return layer("gru", units, random(seed, features, 3 * units),
                 random(seed + 1, units, 3 * units),
                 random(seed + 2, 2, 3 * units))


def dense(seed, features, outputs, kind="dense", bias=True, function=""):
    weights = [random(seed, features, outputs)]
    if bias:
        weights.append(random(seed + 1, outputs))
    return layer(kind, outputs, *weights, activation=function)


def norm(seed, features, affine=True):
    weights = [random(seed, features), random(seed + 1, features)]
    weights = (weights if affine else []) + [
        random(seed + 2, features), np.abs(random(seed + 3, features)) + 0.2]
    return layer("batchnorm", features, *weights, epsilon=0.001)


MODELS = {
    "lstm": [lstm(1, FEATURES, 4), dense(4, 4, 2)],
    "gru": [gru(11, FEATURES, 4), dense(14, 4, 2, function="tanh")],
    "stack": [dense(21, FEATURES, 5, "time-distributed-dense", False, "elu"),
              lstm(23, 5, 4), gru(26, 4, 3), norm(29, 3),
              dense(33, 3, 4, function="relu"), dense(35, 4, 2, bias=False),
              layer("activation", 2, activation="sigmoid")],
    "softmax": [norm(41, FEATURES, False), gru(45, FEATURES, 3),
                dense(48, 3, 4, function="softmax")],
}


def build(checkout, folder):
    source = pathlib.Path(folder) / "run.cc"
    source.write_text(PROGRAM)
    program = pathlib.Path(folder) / "run"
    subprocess.run(["c++", "-std=c++17", "-DRTNEURAL_USE_STL=1",
                    "-DRTNEURAL_DEFAULT_ALIGNMENT=16", f"-I{checkout}",
                    source, pathlib.Path(checkout) / "RTNeural/RTNeural.cpp",
                    "-o", program], check=True)
    return program


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = build(sys.argv[1], folder)
        for k, (name, layers) in enumerate(MODELS.items()):
            path = FOLDER / f"rtneural_own_{name}.json"
            path.write_text(json.dumps(
                {"in_shape": [None, None, FEATURES], "layers": layers}))
            x = random(50 + k, STEPS, SEQUENCES, FEATURES)
            text = " ".join(map(str, [*x.shape, *(float(v) for v in x.ravel())]))
            run = subprocess.run([program, path], input=text, check=True,
                                 capture_output=True, text=True)
            y = np.array(run.stdout.split(), float)
            reference(f"rtneural_own_{name}", x,
                      y.reshape(STEPS, SEQUENCES, -1))
            print(name, path.stat().st_size)


if __name__ == "__main__":
    main()
