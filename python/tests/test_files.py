"""What stands for a file: names to write to, and what is read."""

import numpy as np
import pytest

import elman


@pytest.fixture
def model():
    return elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)


@pytest.mark.parametrize("name", ["m.pt", "m.PTH", "m.keras", "m.h5", "m.npz", "m.pkl"])
def test_nothing_is_written_under_the_name_of_another_tool(model, name, rng, tmp_path):
    path = tmp_path / name
    X, y = rng.standard_normal((8, 4, 2)), [0, 1] * 4
    look = model.inspect(X, y)
    writers = [
        model.save, model.stream().save, lambda p: model.export("torch", p),
        lambda p: model.export("onnx", p), look.report, model.inspect().report,
        elman.Trainer(model, X, y, epochs=1).save,
        lambda p: model.fit(X, y, epochs=1, checkpoint=p),
        lambda p: elman.convert(tmp_path / "own.elman", p),
    ]  # fmt: skip
    model.save(tmp_path / "own.elman")
    for write in writers:
        with pytest.raises(elman.BadValueError) as found:
            write(path)
        assert name in str(found.value) and "\n" not in str(found.value)
        assert not path.exists()


def test_onnx_is_what_its_name_says(model, tmp_path):
    model.save(tmp_path / "a.onnx")
    model.export("onnx", tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    for format, name in [("torch", "a.onnx"), ("onnx", "a.safetensors")]:
        with pytest.raises(elman.BadValueError, match=f'export."{format}"'):
            model.export(format, tmp_path / name)
