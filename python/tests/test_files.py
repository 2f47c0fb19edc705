"""What stands for a file: names to write to, and what is read."""

import io

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


SOURCES = [
    (None, "expected a path"), (123, "source is 123"), (1.5, "expected a path"),
    ([], "source is empty"), ([None], "source holds None"), (np.ones(3), "expected a path"),
    (object(), "expected a path"), ("a\0b", "no file"), (io.StringIO("x"), 'open(path, "rb")'),
    (io.BytesIO(), "nothing left"), (b"abc", "<memory>"),
    (elman.Model([elman.RNN(2)], inputs=1), "model"),
]  # fmt: skip
DICTS = [
    ({}, "without arrays"), ({1: np.ones(2)}, "source has the name 1"),
    ({"w": np.array(["a"])}, "expected numbers"), ({"w": np.ones(2, complex)}, "complex128"),
    ({"epoch": 3, "model": {"rnn.weight": np.ones(2)}}, "give the one that holds"),
    ({"rnn.weight": np.ones(3)}, "elman.draft(path,"),
]  # fmt: skip


@pytest.mark.parametrize(
    "call", [elman.load, elman.convert, elman.describe, elman.propose, elman.Graph, elman.run]
)
def test_what_is_no_source_gets_one_sentence(call, tmp_path):
    graphs = call in (elman.Graph, elman.run)
    looks = call in (elman.describe, elman.propose)
    (tmp_path / "folder").mkdir()
    for source, words in [*SOURCES, *([] if graphs else DICTS), (tmp_path / "folder", "folder")]:
        if looks and isinstance(source, (dict, bytes)) and "elman.draft" in words + "elman.draft" * (
            call is elman.propose
        ):
            continue  # which are looked at, and propose nothing
        with pytest.raises(elman.Error) as found:
            call(source)
        text = str(found.value)
        assert words in text or graphs, (source, text)
        assert "\n" not in text and "--" not in text and "/tmp/tmp" not in text


def test_every_kind_of_source_gives_the_same_model(model, tmp_path):
    path = tmp_path / "m.elman"
    model.save(path)
    content = path.read_bytes()
    with open(path, "rb") as file:
        assert elman.load(file) == model
    for source in (path, str(path), [path], content, bytearray(content), io.BytesIO(content)):
        assert elman.load(source) == model
    made = elman.load(elman.Model([elman.LSTM(3, num_layers=2)], inputs=2).state_dict())
    assert [layer.kind for layer in made.layers] == ["lstm"]


def test_modules_of_torch_are_sources(rng):
    torch = pytest.importorskip("torch")
    x = rng.standard_normal((3, 7, 2)).astype(np.float32)
    for module in (
        torch.nn.RNN(2, 4, nonlinearity="relu", batch_first=True),
        torch.nn.LSTM(2, 4, num_layers=2, bidirectional=True, batch_first=True),
        torch.nn.GRU(2, 5), torch.nn.LSTM(2, 4, batch_first=True).to(torch.bfloat16).float(),
    ):  # fmt: skip
        y = module(torch.from_numpy(x))[0].detach().numpy()
        found = elman.convert(module, reference=(x, y))
        assert found.model.batch_first == module.batch_first and found.proof.startswith("checked")
        assert np.allclose(elman.load(module)(x), y, atol=1e-5)
    half = torch.nn.LSTM(2, 4).to(torch.bfloat16)
    kept = half.weight_hh_l0.detach().float().numpy()
    assert elman.load(half)["rnn.weight_hh_l0"].tobytes() == kept.tobytes()


def two_layers():
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    shapes = ((12, 3), (12, 3), (12,), (12,))
    return {f"{m}.{n}": np.ones(s) for m in "ab" for n, s in zip(names, shapes)}


def test_a_decision_comes_with_its_answers(tmp_path):
    np.savez(tmp_path / "two.npz", **two_layers())
    for source in (tmp_path / "two.npz", two_layers(), elman._files.safetensors(two_layers())):
        with pytest.raises(elman.BadFormatError, match="what fits is .*layers='a,b'") as found:
            elman.load(source, batch_first=False)
        proposals = found.value.proposals
        assert {"layers": "a,b", "batch_first": False} in proposals
        assert proposals == elman.propose(source, batch_first=False)
        made = [elman.convert(source, **proposal) for proposal in proposals]
        assert all(len(found.model.layers) == 2 for found in made)
        assert elman.propose(source, **proposals[0]) == proposals[:1]
    elman.draft(two_layers(), tmp_path / "map.json")
    assert '"missing"' in (tmp_path / "map.json").read_text()


@pytest.mark.parametrize("batch_first", [True, False])
def test_references_have_lengths_and_states(batch_first, rng, tmp_path):
    model = elman.Model([elman.LSTM(4, num_layers=2)], inputs=3, batch_first=batch_first)
    x = rng.standard_normal((5, 6, 3) if batch_first else (6, 5, 3)).astype(np.float32)
    lengths = [6, 2, 4, 1, 6]
    stream = model.state(T=6, B=5)
    before = {f"{k}_0": rng.standard_normal((2, 5, 4)).astype(np.float32) for k in "hc"}
    stream.h[...], stream.c[...] = before["h_0"], before["c_0"]
    y = stream.forward(x, lengths=lengths)
    states = {**{f"rnn.{k}": v for k, v in before.items()}, "h_n": stream.h.copy()}
    weights = model.state_dict()
    given = dict(reference=(x, y), lengths=np.array(lengths), states=states)
    found = elman.convert(weights, **given)  # the order is found by the reference
    assert found.model.batch_first == batch_first and found.proof == "checked: it gives y for x"

    # as files, and what is wrong
    for name, value in {"x": x, "y": y, "n": np.array(lengths), **states}.items():
        np.save(tmp_path / f"{name}.npy", value)
    files = {name: tmp_path / f"{name}.npy" for name in states}
    again = elman.convert(
        weights, reference=(tmp_path / "x.npy", tmp_path / "y.npy"),
        lengths=tmp_path / "n.npy", states=files,
    )  # fmt: skip
    assert again.model == found.model
    wrong = [
        ({"reference": (x, y + 1)}, "does not give y"), ({"lengths": None}, "does not give"),
        ({"states": {**states, "h_n": states["h_n"] + 1}}, "does not give"),
        ({"states": {"rnn.h_1": x}}, "expected rnn.h_0, rnn.c_0"),
        ({"states": {"h_0": x}}, "h_0 has the shape"), ({"reference": x}, "expected a pair"),
        ({"reference": (x,)}, "expected a pair"), ({"reference": None}, "give reference=(x, y)"),
        ({"reference": (x, np.array(["a"]))}, "expected numbers"),
    ]  # fmt: skip
    for change, words in wrong:
        with pytest.raises(elman.Error) as caught:
            elman.convert(weights, **{**given, **change})
        assert words in str(caught.value)


def test_a_bare_array_is_of_the_one_input_that_is_needed(model, rng, tmp_path):
    model.save(tmp_path / "m.onnx")
    x = rng.standard_normal((1, 4, 2)).astype(np.float32)
    named = elman.run(tmp_path / "m.onnx", {"x": x})
    for bare in (x, x.tolist(), x.astype(np.float64)):
        made = elman.run(tmp_path / "m.onnx", bare)
        assert {k: v.tobytes() for k, v in made.items()} == {
            k: v.tobytes() for k, v in named.items()
        }


def test_what_the_weights_of_a_module_do_not_say_is_asked_for(rng):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    x = rng.standard_normal((2, 5, 3)).astype("f4")
    for module, layers in [
        (nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Softmax(-1)), "0,softmax"),
        (nn.Sequential(nn.LeakyReLU(0.2), nn.Linear(3, 4)), "leaky_relu(0.2),1"),
        (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.LogSoftmax(-1)), "0,tanh,log_softmax"),
    ]:
        for call in elman.load, elman.convert:
            with pytest.raises(elman.BadFormatError, match="do not say where it stands") as found:
                call(module)
            assert found.value.proposals == [{"layers": layers}] == elman.propose(module)
        y = module.eval()(torch.tensor(x)).detach().numpy()
        assert np.abs(elman.load(module, layers=layers)(x) - y).max() < 1e-6
    assert elman.convert(module, layers=layers, reference=(x, y)).proof.startswith("checked")

    # what elman has no layer for, and what is said for all RNNs
    parts = nn.ModuleDict({"rnn": nn.RNN(3, 3), "act": nn.GELU(), "fc": nn.Linear(3, 2)})
    with pytest.raises(elman.BadFormatError, match="'act', a GELU, .*layers='rnn,fc'") as found:
        elman.load(parts)
    assert found.value.proposals == elman.propose(parts) == []
    assert elman.load(parts, layers="rnn,fc")(x).shape == (2, 5, 2)
    both = nn.ModuleDict({"a": nn.RNN(3, 3), "b": nn.RNN(3, 3, nonlinearity="relu")})
    with pytest.raises(elman.BadFormatError, match="of relu and of tanh"):
        elman.load(both, layers="a,b")


def test_a_module_that_does_more_than_its_weights_say_is_noticed():
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self, last, squash, batch_first):
            super().__init__()
            self.rnn = nn.GRU(3, 4, batch_first=batch_first)
            self.out = nn.Linear(4, 2)
            nn.init.constant_(self.out.bias, -0.5)  # so that relu does something
            self.last, self.squash = last, squash

        def forward(self, x):
            y = self.rnn(x)[0]
            y = self.out(y[:, -1] if self.last else y)
            return torch.relu(y) if self.squash else y

    x = np.random.default_rng(0).standard_normal((2, 5, 3), np.float32)
    for batch_first in (True, False):
        plain = Net(False, False, batch_first)
        y = plain.train()(torch.tensor(x)).detach().numpy()
        assert np.abs(elman.load(plain)(x) - y).max() < 1e-6
        assert plain.training and plain.rnn.training
    for module, words in [
        (Net(True, False, True), r"gives an output of \(2, 2\) where the model"),
        (Net(False, True, True), "gives other numbers than the model of its weights"),
    ]:
        with pytest.raises(elman.BadFormatError, match=words):
            elman.load(module)
        assert elman.load(module.state_dict())(x).shape == (2, 5, 2)
    last = Net(True, False, True)
    model = elman.load(last, layers="rnn,last,out")
    assert np.abs(model(x) - last(torch.tensor(x)).detach().numpy()).max() < 1e-6


def test_a_module_without_numbers_is_refused():
    torch = pytest.importorskip("torch")
    for source, words in [
        (torch.nn.LSTM, "source is the class LSTM, expected a path"),
        (torch.nn.LSTM(3, 4, device="meta"), "source['weight_ih_l0'] is on PyTorch's device meta"),
    ]:
        with pytest.raises(elman.BadValueError) as found:
            elman.load(source)
        assert words in str(found.value)


def test_a_reference_of_arrays_is_called_by_its_name(model, rng):
    x = rng.standard_normal((2, 5, 2))
    with pytest.raises(elman.Error, match=r"^y has shape \(2,3\), expected \(2,2\)"):
        elman.convert(model.dumps(), reference=(x, np.zeros((2, 3))))
