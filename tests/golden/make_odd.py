#!/usr/bin/env python3
"""Records some of the state dicts of tests/exchange/odd_dicts.py, which need no
PyTorch then: tests/golden/odd, each with an input and what PyTorch gives.

    venv/bin/python tests/golden/make_odd.py

PyTorch 2.15 made the committed files.
"""
import pathlib
import sys

import numpy
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "exchange"))

import odd_language
import odd_policies
import odd_series
import odd_speech

NAMES = ["a2c", "gate", "skip_input", "long_names", "attn_weight", "cbhg",
         "bahdanau", "crf", "square_embedding", "square_emb_proj",
         "head_no_bias", "positions_added", "classes_cosine", "gaussian_heads",
         "learned_state", "peephole"]


def main():
    folder = HERE / "odd"
    folder.mkdir(exist_ok=True)
    cases = (odd_policies.CASES + odd_speech.CASES + odd_language.CASES
             + odd_series.CASES)
    for case in cases:
        if case.name not in NAMES:
            continue
        tensors = {name: value.detach().clone().contiguous()
                   for name, value in case.tensors().items()}
        save_file(tensors, folder / f"{case.name}.safetensors")
        with torch.no_grad():
            y = case.forward(case.module, case.x)
        x = case.x.numpy()
        numpy.save(folder / f"{case.name}_x.npy",
                   x.astype("i4") if case.x.dtype == torch.int64 else x)
        numpy.save(folder / f"{case.name}_y.npy", y.float().numpy())


main()
