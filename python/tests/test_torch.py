"""elman.torch beside torch: the same modules, the same tensors, both ways.

torch is the judge: outputs and gradients equal to rounding, the same errors, and
whatever the engine cannot do computed by torch itself.
"""

import random

import pytest

torch = pytest.importorskip("torch")

from torch.nn.utils.rnn import pack_padded_sequence  # noqa: E402

import elman.torch as et  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")

CLOSE = 3e-6  # of the largest number of an array; float32 has 6e-8


@pytest.fixture(autouse=True)
def one_thread():
    """Small layers are slow in torch where threads wait for a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def settings(rng):
    """A random configuration of a layer: (kind, I, H, keywords)."""
    kind = rng.choice(["LSTM", "GRU", "RNN"])
    inputs, hidden = rng.randint(1, 24), rng.randint(2, 40)
    keywords = {
        "num_layers": rng.randint(1, 3),
        "bias": rng.random() < 0.7,
        "batch_first": rng.random() < 0.5,
        "bidirectional": rng.random() < 0.4,
    }
    if kind == "LSTM" and rng.random() < 0.3:
        keywords["proj_size"] = rng.randint(1, hidden - 1)
    if kind == "RNN":
        keywords["nonlinearity"] = rng.choice(["tanh", "relu"])
    return kind, inputs, hidden, keywords


def twins(kind, *args, **keywords):
    """torch's module and ours, with the same weights."""
    theirs = getattr(torch.nn, kind)(*args, **keywords)
    ours = getattr(et, kind)(*args, **keywords)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def assert_close(ours, theirs, what=""):
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        assert (one is None) == (other is None), what
        if one is None or not one.numel():
            continue
        assert one.shape == other.shape, what
        error = (one - other).abs().max() / (1 + other.abs().max())
        assert error < CLOSE, (what, float(error))


def gradients(module, x, hx, lengths, weights):
    """Outputs and all gradients of a random sum of the outputs."""
    x = x.clone().requires_grad_()
    memory = () if hx is None else tuple(h.clone().requires_grad_() for h in hx)
    given = x
    if lengths is not None:
        given = pack_padded_sequence(
            x, lengths, batch_first=module.batch_first,
            enforce_sorted=lengths == sorted(lengths, reverse=True),
        )  # fmt: skip
    is_lstm = isinstance(module, torch.nn.LSTM)
    call = (given,) if hx is None else (given, memory if is_lstm else memory[0])
    y, last = module(*call)
    outputs = [y if lengths is None else y.data, *(last if is_lstm else (last,))]
    generator = torch.Generator().manual_seed(weights)
    loss = sum(
        (o * torch.randn(o.shape, generator=generator)).sum() for o in outputs
    )
    module.zero_grad()
    loss.backward()
    found = [x, *memory, *module.parameters()]
    return [o.detach() for o in outputs] + [t.grad for t in found]


@pytest.mark.parametrize("seed", range(10))
def test_outputs_and_gradients_are_torchs_in_200_configurations(seed):
    rng = random.Random(seed)
    torch.manual_seed(seed)
    et.stats(reset=True)
    for n in range(20):
        kind, inputs, hidden, keywords = settings(rng)
        theirs, ours = twins(kind, inputs, hidden, **keywords)
        T, B = rng.randint(1, 9), rng.randint(1, 20)
        shape = rng.choice(["batch", "sorted", "unsorted", "unbatched"])
        D = 2 if keywords["bidirectional"] else 1
        LD = D * keywords["num_layers"]
        x = torch.randn((B, T, inputs) if keywords["batch_first"] else (T, B, inputs))
        hx = None
        if rng.random() < 0.6:
            R = keywords.get("proj_size") or hidden
            hx = [torch.randn(LD, B, R)]
            hx += [torch.randn(LD, B, hidden)] if kind == "LSTM" else []
        if shape == "unbatched":
            x = torch.randn(T, inputs)
            hx = None if hx is None else [h[:, 0] for h in hx]
        lengths = None
        if "sorted" in shape:
            lengths = [rng.randint(1, T) for _ in range(B)]
            if shape == "sorted":
                lengths.sort(reverse=True)
        found = [gradients(m, x, hx, lengths, n) for m in (ours, theirs)]
        assert_close(*found, (kind, inputs, hidden, keywords, shape))
    assert sum(n for (who, _), n in et.stats().items() if who == "elman") == 20
    assert not [why for who, why in et.stats() if who == "torch"]
