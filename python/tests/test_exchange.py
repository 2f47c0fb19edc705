"""Files of others from Python: graphs as they are, conversions, what they say."""

import numpy as np
import pytest

import elman


@pytest.fixture
def exported(rng, tmp_path):
    model = elman.Model([elman.GRU(6), elman.Linear(2)], inputs=3, batch_first=False)
    path = tmp_path / "model.onnx"
    lines = model.export("onnx", path)
    assert "onnxruntime" in lines
    return model, path, rng.standard_normal((5, 4, 3)).astype(np.float32)


def test_a_graph_runs_on_arrays_by_name(exported):
    model, path, x = exported
    y = model(x)
    graph = elman.Graph(path)
    for given in (x, x.astype(np.float64), x.tolist(), x[:, ::-1][:, ::-1]):
        assert graph(x=given)["y"].tobytes() == y.tobytes()
    assert elman.run(path.read_bytes(), {"x": x}, steps=2)["y"].tobytes() == y.tobytes()

    # memory goes in and comes out by its name
    first = graph(x=x[:3])
    later = graph({"x": x[3:], "rnn.h_0" if "rnn.h_n" in first else "h_0":
                   first.get("rnn.h_n", first.get("h_n"))})  # fmt: skip
    assert later["y"].tobytes() == y[3:].tobytes()


@pytest.mark.parametrize(
    "inputs, words",
    [
        ({"z": 0}, "no input 'z'"),
        ({"x": np.zeros((5, 4, 2))}, "(5,4,2)"),
        ({"x": np.zeros((5, 4, 3), complex)}, "complex128"),
        ({"x": np.full((5, 4, 3), 1e300)}, "too large for float32"),
        ({"x": [["a"]]}, "x has the type"),
        ({}, "x was not given"),
    ],
)
def test_bad_inputs_of_a_graph_get_one_sentence(exported, inputs, words):
    with pytest.raises(elman.Error) as found:
        elman.run(exported[1], inputs)
    assert words in str(found.value) and "\n" not in str(found.value)


def test_a_conversion_says_what_it_did(exported, tmp_path):
    model, path, x = exported
    found = elman.convert(path, tmp_path / "again.safetensors")
    assert found.model(x).tobytes() == model(x).tobytes()
    assert elman.load(tmp_path / "again.safetensors") == found.model
    assert {row.parameter for row in found.table if row.parameter} >= {"rnn.weight_ih_l0"}
    assert found.proof.startswith("as the file says")

    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", model(x))
    files = tmp_path / "x.npy", tmp_path / "y.npy"
    assert elman.convert(path, reference=files).proof.startswith("checked")
    np.save(tmp_path / "y.npy", model(x) + 1)
    with pytest.raises(elman.BadFormatError, match="does not give"):
        elman.convert(path, reference=files)


def test_files_that_leave_something_open_say_what(tmp_path):
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    shapes = ((12, 3), (12, 3), (12,), (12,))
    tensors = {f"{m}.{n}": np.ones(s) for m in "ab" for n, s in zip(names, shapes)}
    np.savez(tmp_path / "two.npz", **tensors)
    with pytest.raises(elman.Error, match="layers"):
        elman.load(tmp_path / "two.npz")
    found = elman.convert(tmp_path / "two.npz", layers="a,b")
    assert [layer.kind for layer in found.model.layers] == ["lstm", "lstm"]
    assert found.proof.startswith("not proved")
    facts, table = elman.describe(tmp_path / "two.npz")
    assert len(table) == 8 and "format" in facts


def test_weights_alone_are_read_batches_first(rng, tmp_path):
    torch = pytest.importorskip("torch")
    net = torch.nn.LSTM(2, 5, batch_first=True)
    torch.save(net.state_dict(), tmp_path / "net.pt")
    x = rng.standard_normal((3, 12, 2)).astype(np.float32)
    y = net(torch.from_numpy(x))[0].detach().numpy()
    model = elman.load(tmp_path / "net.pt")
    assert np.allclose(model(x), y, atol=1e-6)
    assert np.allclose(elman.convert(tmp_path / "net.pt").model(x), y, atol=1e-6)
    turned = elman.load(tmp_path / "net.pt", batch_first=False)
    assert np.allclose(turned(x.swapaxes(0, 1)), y.swapaxes(0, 1), atol=1e-6)
    model.save(tmp_path / "own.safetensors")
    assert elman.load(tmp_path / "own.safetensors") == model
    turned.save(tmp_path / "own.safetensors")
    assert elman.load(tmp_path / "own.safetensors") == turned
