"""A golden file in the making, and the random numbers that go into it."""

import json
import os
import struct
import zlib

import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


class Book:
    """One .safetensors file in the making."""

    TYPES = {"float32": "F32", "float64": "F64", "int32": "I32"}

    def __init__(self):
        self.cases, self.arrays = [], {}

    def add(self, case, arrays):
        assert case["name"] not in [c["name"] for c in self.cases]
        self.cases.append(case)
        for name, array in arrays.items():
            if torch.is_tensor(array):
                array = array.detach().numpy()
            array = numpy.ascontiguousarray(array)
            self.arrays[case["name"] + "/" + name] = array

    def save(self, name):
        header = {"__metadata__": {"cases": json.dumps(self.cases)}}
        at = 0
        # wide numbers first, so that every tensor is aligned
        keys = sorted(self.arrays,
                      key=lambda k: (-self.arrays[k].itemsize, k))
        for key in keys:
            array = self.arrays[key]
            header[key] = {"dtype": self.TYPES[str(array.dtype)],
                           "shape": list(array.shape),
                           "data_offsets": [at, at + array.nbytes]}
            at += array.nbytes
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(os.path.join(HERE, name + ".safetensors"), "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for key in keys:
                file.write(self.arrays[key].tobytes())
        print(f"{name}: {len(self.cases)} cases, {at + len(text) + 8} bytes")


class Source:
    """Random numbers of one case, already rounded to float32."""

    def __init__(self, name):
        self.draw = numpy.random.default_rng(zlib.crc32(name.encode()))

    def normal(self, *shape):
        return torch.tensor(self.draw.normal(size=shape)
                            .astype(numpy.float32).astype(numpy.float64))

    def uniform(self, low, high, *shape):
        return torch.tensor(self.draw.uniform(low, high, shape)
                            .astype(numpy.float32).astype(numpy.float64))

    def integers(self, low, high, *shape):
        return torch.tensor(self.draw.integers(low, high, shape))


def single(tensor):
    return tensor.detach().numpy().astype(numpy.float32)
