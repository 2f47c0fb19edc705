"""Sentences of the library in words of Python."""

import re
from pathlib import Path

import numpy as np
import pytest

import elman
from elman._sentences import OPTIONS, keyword, spoken

SOURCES = Path(__file__).resolve().parents[2] / "src"
OTHERS = {"tflite", "output", "saved-model"}  # of tf2onnx


def strings():
    """All string literals of the library, joined where they follow each other."""
    for path in sorted(SOURCES.rglob("*.c")):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.S)
        for literal in re.finditer(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', text):
            yield "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literal[0])).replace('\\"', '"')


@pytest.mark.skipif(not SOURCES.is_dir(), reason="without the library's sources")
def test_every_option_that_the_library_speaks_of_is_known():
    found = 0
    for text in strings():
        said = spoken(text)
        if "style=" in text:  # of a page
            continue
        left = set(re.findall(r"(?<![\w./-])--([a-z][a-z0-9-]*)", said)) - OTHERS
        assert not left, text
        assert "elman convert -" not in said and "=True takes" not in said, said
        found += said != text
    assert found > 100


@pytest.mark.parametrize(
    "text, said",
    [
        ("give by (--by) \"shop\", or by (--by) none", 'give by="shop", or by="none"'),
        ("a smaller window (--window)", "a smaller window"),
        ("time (--time) 1,2", 'time="1,2"'),
        ("by its key (--key a.pth), or behind a colon (--key a.pth:b)",
         'by its key (key="a.pth"), or behind a colon (key="a.pth:b")'),
        ("what fits is elman convert 'a b' m.safetensors --layers a,b --ignore 'x y' or elman "
         "convert IN OUT.safetensors --key k --batch-first",
         'what fits is elman.convert(path, layers="a,b", ignore="x y") or '
         'elman.convert(path, key="k", batch_first=True)'),
        ("/data/--lr/my--key.npz: it has --lr.csv in it", "/data/--lr/my--key.npz: it has "
         "learning_rate.csv in it"),
        ("python -m tf2onnx.convert --saved-model DIR --output model.onnx", None),
        ("train with --k1 64 or more", "train with k1=64 or more"),
        ("fewer threads (--threads 12), or", "fewer threads (threads=12), or"),
    ],
)  # fmt: skip
def test_options_become_keywords(text, said):
    assert spoken(text) == (said or text)
    assert spoken(spoken(text)) == spoken(text)


def test_keywords_are_those_of_the_package():
    names = set()
    for call in (elman.Dataset.open, elman.Model.fit, elman.Model.for_data, elman.convert):
        names |= set(call.__doc__.replace(",", " ").split())
    known = elman._core.kinds()[0]["fields"]
    names |= {*known, "chrono", "forget_bias", "clip_norm", "label_smoothing", "bad_bytes", "time",
              "keep_line_ends", "decimal", "thousands", "format", "header", "labels", "frozen",
              "text_encoding", "channels_first", "target_path", "weight_decay", "nonlinearity",
              "bidirectional", "reference", "budget"}  # fmt: skip
    assert {keyword(option) for option in OPTIONS} <= names | set(map(str, names))


def mistakes(folder):
    """Calls that the library refuses, or speaks about, with its own sentence."""
    rows = [f"{d}/0{m}/2020,{'a' if d % 2 else 'b'},{d}" for m in (1, 2) for d in range(1, 9)]
    csv = folder / "table.csv"
    table = b"a,b\n1,2\n,3\n4,x\n" * 30
    text = b"word and word \xff\xfe\xfa " * 50
    np.savez(folder / "none.npz", a=np.ones(3), b=np.ones((2, 2)))
    csv.write_text("day,shop,load\n" + "\n".join(rows) + "\n")
    model = elman.Model([elman.LSTM(2), elman.Linear(3)], inputs=2)
    model.save(folder / "m.elman")
    yield lambda: elman.Dataset.open(csv, target="load")
    yield lambda: elman.Dataset.open(csv, target="load", time="none", window=4, horizon=99)
    for config in ({}, {"target": "b"}, {"target": "a"}, {"missing": "mean", "target": "a"}):
        yield lambda config=config: elman.Dataset.open(table, name="t.csv", **config)
    yield lambda: elman.Dataset.open(text, name="t.txt")
    yield lambda: elman.Dataset.open(b"1 2 3\n4 5 6\n7 8 9\n" * 9, name="t.txt")
    yield lambda: elman.Dataset.open(b"yes 1 2 3\nno 4 5 6\n" * 9, name="t.txt")
    yield lambda: elman.load(folder / "none.npz")
    yield lambda: elman.load({"a.weight_ih_l0": np.ones((8, 3)), "a.weight_hh_l0": np.ones((8, 2))})
    yield lambda: elman.load({"w.weight_ih_l0": np.ones((8, 3)), "v": np.ones(5)})
    yield lambda: elman.load({"w": np.ones((8, 3))}, nonlinearity="relu")
    yield lambda: elman.load(folder / "m.elman", to_tensor="y")
    yield lambda: elman.load(folder / "m.elman", mapping="no.json")
    yield lambda: elman.Graph(folder / "m.elman")
    yield lambda: elman.load(folder / "missing.pt")
    yield lambda: model.inspect(np.ones((1, 4, 2))).fixed_points(input="token", token=3)
    yield lambda: model.inspect(np.full((1, 4, 2), np.nan)).fixed_points(input="mean")
    yield lambda: model.stream()["layer9.h"]
    yield lambda: elman.convert(model.state_dict()).proof
    yield lambda: model.fit(np.ones((8, 4, 2)), np.zeros((8, 4), int), epochs=1, validation="x.csv")


def test_no_mistake_is_answered_with_an_option_of_the_program(tmp_path):
    answered = 0
    for call in mistakes(tmp_path):
        try:
            made = call()
            said = str(made) if isinstance(made, str) else " ".join(
                text for _, text, _ in getattr(made, "facts", ()))
        except elman.Error as error:
            said = str(error)
        answered += bool(said)
        assert not re.search(r"--[a-z]|elman_[a-z]+_(?!view)|ELMAN_", said), said
    assert answered > 18


def test_findings_and_proofs_speak_python(rng, tmp_path):
    X = rng.standard_normal((60, 12, 2)).astype(np.float32) * 40
    model = elman.Model([elman.RNN(8, nonlinearity="relu"), elman.Last(), elman.Linear(2)], inputs=2)
    run = model.fit(X, (X[:, 0, 0] > 0).astype(int), epochs=2, validation=0.3, learning_rate=1.0)
    found = model.inspect(run.data)
    said = repr(found) + " ".join(found.absences)
    assert found.findings and "--" not in said
    model.save(tmp_path / "m.onnx")
    assert "reference=(" in elman.convert(tmp_path / "m.onnx").proof
