"""elman.torch beside torch: the same modules, the same tensors, both ways.

torch is the judge: outputs and gradients equal to rounding, the same errors, and
whatever the engine cannot do computed by torch itself.
"""

import contextlib
import copy
import gc
import io
import pickle
import random
import threading

import pytest

torch = pytest.importorskip("torch")

import torch.nn.utils.prune  # noqa: E402
from torch.nn.utils.rnn import pack_padded_sequence  # noqa: E402

import elman  # noqa: E402
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


# ---- what torch can do with a module ------------------------------------------


def by_elman():
    """Passes of elman since the last reset."""
    return sum(n for (who, _), n in et.stats().items() if who == "elman")


def left_to_torch():
    return {why for who, why in et.stats() if who == "torch"}


def test_the_bits_do_not_depend_on_the_batch_or_the_length():
    module = et.LSTM(7, 33, 2, bidirectional=False)
    x = torch.randn(6, 16, 7)
    with torch.no_grad():
        whole, (h, c) = module(x)
        for b in range(16):
            one, (h_1, c_1) = module(x[:, b : b + 1])
            assert one.numpy().tobytes() == whole[:, b : b + 1].numpy().tobytes()
            assert h_1.numpy().tobytes() == h[:, b : b + 1].numpy().tobytes()
        memory, steps = None, []
        for t in range(6):
            y, memory = module(x[t : t + 1], memory)
            steps.append(y)
        assert torch.cat(steps).numpy().tobytes() == whole.numpy().tobytes()
        torch.set_num_threads(2)
        assert module(x)[0].numpy().tobytes() == whole.numpy().tobytes()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_cells_are_torchs(kind):
    theirs, ours = twins(f"{kind}Cell", 5, 9)
    x = torch.randn(3, 5)
    for given in (x, x[0]):
        found = []
        for module in (ours, theirs):
            z = given.clone().requires_grad_()
            hx = None
            total = 0.0
            for _ in range(4):
                hx = module(z, hx)
                total = total + (hx[0] if kind == "LSTM" else hx).sin().sum()
            module.zero_grad()
            total.backward()
            found.append([z.grad, *(p.grad for p in module.parameters())])
        assert_close(*found)


def test_a_second_way_back_and_one_too_many():
    results = []
    for module in twins("GRU", 3, 5):
        loss = module(torch.ones(4, 2, 3))[0].sum()
        module.zero_grad()
        loss.backward(retain_graph=True)
        loss.backward(retain_graph=True)
        loss.backward()
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()
        results.append([p.grad for p in module.parameters()])
    assert_close(results[1], results[0])


def test_gradients_of_gradients_are_torchs():
    et.stats(reset=True)
    results = []
    for module in twins("LSTM", 3, 5, 2):
        x = torch.linspace(-1, 1, 24).view(4, 2, 3).requires_grad_()
        lengths = pack_padded_sequence(x, [4, 2])
        loss = module(lengths)[0].data.square().sum()
        (slope,) = torch.autograd.grad(loss, x, create_graph=True)
        wanted = [x, *module.parameters()]
        results.append(torch.autograd.grad(slope.square().sum(), wanted))
    assert_close(results[1], results[0])
    assert left_to_torch() == {"double backward"}


def test_a_gradient_of_a_gradient_through_dropout_is_refused():
    module = et.GRU(3, 5, 2, dropout=0.5)
    x = torch.randn(4, 2, 3).requires_grad_()
    with pytest.raises(ValueError, match="whose mask torch would draw anew"):
        torch.autograd.grad(module(x)[0].sum(), x, create_graph=True)


def test_weights_that_change_behind_torchs_back_are_seen():
    theirs, ours = twins("LSTM", 3, 5)
    x = torch.randn(4, 2, 3)

    def change(write):
        for module in (theirs, ours):
            write(module)
        with torch.no_grad():
            assert_close([ours(x)[0]], [theirs(x)[0]])

    ours(x)
    change(lambda m: m.weight_hh_l0.data.mul_(0.5))
    change(lambda m: m.bias_ih_l0.detach().numpy().__setitem__(0, 3.0))
    change(lambda m: m.weight_ih_l0.data.__setitem__((3, 1), -0.0))
    change(lambda m: setattr(m, "bias_hh_l0", torch.nn.Parameter(torch.ones(20))))
    change(lambda m: m.share_memory())
    change(lambda m: m.weight_ih_l0.data.fill_(0.25))


def test_weights_that_change_before_the_way_back_are_refused_as_by_torch():
    for module in twins("GRU", 3, 5):
        loss = module(torch.ones(4, 2, 3))[0].sum()
        with torch.no_grad():
            module.weight_hh_l0.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_passes_wait_for_their_way_back_with_their_own_weights():
    theirs, ours = twins("GRU", 3, 5)
    x = torch.randn(4, 2, 3)
    results = []
    for module in (ours, theirs):
        copies = [copy.deepcopy(module) for _ in range(3)]
        losses = []
        for scale, other in enumerate(copies):
            functional = {
                name: p * (scale + 1) for name, p in module.named_parameters()
            }
            y = torch.func.functional_call(module, functional, (x,))[0]
            losses.append(y.sum())
        module.zero_grad()
        sum(losses).backward()
        results.append([p.grad for p in module.parameters()])
    assert_close(*results)


def test_dropout_is_repeatable_and_off_where_it_should_be():
    module = et.LSTM(3, 16, 3, dropout=0.5)
    x = torch.randn(5, 4, 3)
    torch.manual_seed(1)
    first, second = module(x)[0], module(x)[0]
    torch.manual_seed(1)
    assert torch.equal(first, module(x)[0])
    assert not torch.equal(first, second)

    # off: the mean over draws is near what evaluation gives, which is torch's
    theirs = torch.nn.LSTM(3, 16, 3, dropout=0.5).eval()
    theirs.load_state_dict(module.state_dict())
    module.eval()
    assert_close([module(x)[0]], [theirs(x)[0]])

    # all gone, by torch
    et.stats(reset=True)
    results = []
    for kind in (et.LSTM, torch.nn.LSTM):
        gone = kind(3, 16, 3, dropout=1.0)
        gone.load_state_dict(module.state_dict())
        results.append(gone(x)[0])
    assert torch.equal(*results)
    assert left_to_torch() == {"dropout of 1"}


def test_checkpointing_draws_the_same_masks():
    from torch.utils.checkpoint import checkpoint

    module = et.GRU(3, 8, 2, dropout=0.5)
    results = []
    for kept in (True, False):
        torch.manual_seed(2)
        x = torch.linspace(0, 1, 24).view(4, 2, 3).requires_grad_()
        if kept:
            y = module(x)[0]
        else:
            y = checkpoint(lambda x: module(x)[0], x, use_reentrant=False)
        y.sum().backward()
        results.append([x.grad])
    assert_close(*results)


def test_copies_pickles_and_reparametrized_modules():
    x = torch.randn(4, 2, 3)
    theirs, ours = twins("LSTM", 3, 5)
    wanted = theirs(x)[0]
    saved = io.BytesIO()
    torch.save(ours, saved)
    saved.seek(0)
    for module in (
        copy.deepcopy(ours),
        pickle.loads(pickle.dumps(ours)),
        torch.load(saved, weights_only=False),
    ):
        assert type(module) is et.LSTM
        assert_close([module(x)[0]], [wanted])

    results = []
    for module in (theirs, ours):
        torch.manual_seed(3)
        torch.nn.utils.parametrizations.weight_norm(module, "weight_hh_l0")
        torch.nn.utils.parametrizations.spectral_norm(module, "weight_ih_l0")
        torch.nn.utils.prune.random_unstructured(module, "bias_ih_l0", 0.5)
        module.eval()
        module.zero_grad()
        z = x.clone().requires_grad_()
        module(z)[0].square().sum().backward()
        results.append([z.grad, *(p.grad for p in module.parameters())])
    assert_close(results[1], results[0])


def test_threads_share_a_module():
    theirs, ours = twins("LSTM", 8, 24)
    bad = []

    def work(seed):
        generator = torch.Generator().manual_seed(seed)
        for _ in range(20):
            x = torch.randn(seed % 5 + 2, 3, 8, generator=generator)
            y = ours(x)[0]
            if (y - theirs(x)[0]).abs().max() > 1e-5:
                bad.append(seed)
            y.sum().backward()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bad


# ---- what is left to torch, and that it is seen ------------------------------------

class Own(torch.Tensor):
    """A type that torch's operators see by __torch_function__."""


OTHERS = {
    "float64": lambda m, x: m.double()(x.double()),
    "bfloat16": lambda m, x: m.bfloat16()(x.bfloat16()),
    "meta": lambda m, x: m.to("meta")(x.to("meta")),
    "autocast": lambda m, x: autocast(m, x),
    "functorch": lambda m, x: torch.func.grad(lambda x: m(x)[0].sum())(x),
    "forward AD": lambda m, x: dual(m, x),
    "tensor subclass": lambda m, x: m(x.as_subclass(Own)),
    "dispatch mode": lambda m, x: fake(m, x),
    "no elements": lambda m, x: m(x[:0]),
    "tracing": lambda m, x: torch.jit.trace(m, (x,), check_trace=False)(x),
    "over 16 levels": lambda m, x: type(m)(3, 5, 17)(x),
}


def autocast(module, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return module(x)


def dual(module, x):
    with torch.autograd.forward_ad.dual_level():
        return module(torch.autograd.forward_ad.make_dual(x, x))


def fake(module, x):
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        return module(x)


@pytest.mark.parametrize("why", OTHERS)
@pytest.mark.filterwarnings("ignore")
def test_what_the_engine_cannot_do_is_torchs(why):
    theirs, ours = twins("LSTM", 3, 5)
    x = torch.randn(4, 2, 3)
    et.stats(reset=True)
    torch.manual_seed(4)
    answers = []
    for module in (ours, theirs):
        torch.manual_seed(4)
        try:
            answers.append(OTHERS[why](module, x.clone()))
        except (RuntimeError, NotImplementedError) as error:
            answers.append(str(error))
    assert why in left_to_torch()
    if isinstance(answers[1], str):
        assert answers[0] == answers[1]
        return
    one, other = (a if isinstance(a, torch.Tensor) else a[0] for a in answers)
    assert one.shape == other.shape and one.dtype == other.dtype
    if one.device.type == "cpu" and why != "dispatch mode":
        assert torch.equal(one, other) or why == "tracing"


TRANSFORMS = {
    "vmap": lambda f, x: torch.func.vmap(f)(x),
    "grad": lambda f, x: torch.func.grad(lambda x: f(x).sum())(x[0]),
    "jvp": lambda f, x: torch.func.jvp(f, (x[0],), (x[1],))[1],
    "hessian": lambda f, x: torch.func.hessian(lambda x: f(x).sum())(x[0]),
    "grads": lambda f, x: torch.func.vmap(torch.func.grad(lambda x: f(x).sum()))(x),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("kind", ["LSTM", "GRUCell"])
@pytest.mark.filterwarnings("ignore")
def test_transforms_of_functions_are_torchs_with_all_they_lack(kind, transform):
    """vmap has no rule for most of these operators, and says so."""
    theirs, ours = twins(kind, 3, 5)
    x, found = torch.randn(4, 2, 3), []
    for module, way in ((theirs, contextlib.nullcontext), (ours, contextlib.nullcontext),
                        (theirs, et.use)):  # fmt: skip

        def first(x, module=module):
            y = module(x)
            return y[0] if isinstance(y, tuple) else y

        with way():
            try:
                found.append(TRANSFORMS[transform](first, x))
            except (RuntimeError, NotImplementedError) as error:
                found.append(str(error).split("\n")[0])
    for other in found[1:]:
        assert type(other) is type(found[0])
        same = torch.allclose if isinstance(other, torch.Tensor) else str.__eq__
        assert same(other, found[0]), (other, found[0])


def test_wrong_shapes_are_refused_in_torchs_words():
    for args in (
        (torch.zeros(4, 2, 9),),
        (torch.zeros(4, 2, 3), torch.zeros(1, 3, 5)),
        (torch.zeros(4, 2, 3), torch.zeros(2, 5)),
        (torch.zeros(3),),
        (torch.zeros(4, 2, 3, dtype=torch.float64),),
    ):
        said = []
        for module in twins("GRU", 3, 5):
            with pytest.raises((RuntimeError, ValueError)) as caught:
                module(*args)
            said.append(str(caught.value))
        assert said[0] == said[1]


# ---- the switch ------------------------------------------------------------------


class Tagger(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(3, 5, bidirectional=True)
        self.out = torch.nn.Linear(10, 2)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


@pytest.mark.filterwarnings("ignore")
def test_the_switch_takes_over_modules_scripts_and_programs():
    model, x = Tagger(), torch.randn(4, 2, 3)
    wanted = model(x)
    scripted = torch.jit.script(model)
    program = torch.export.export(model, (x,)).module()
    compiled = torch.compile(model, backend="eager")
    before = torch.nn.LSTM.forward
    kept = "aten.lstm" in program.code  # old torch exports a layer's parts
    for way in (model, scripted, program, compiled):
        with et.use():
            assert et.installed()
            et.stats(reset=True)
            assert_close([way(x)], [wanted], way)
            assert by_elman() == (kept if way is program else 1), way
        assert not et.installed()
        et.stats(reset=True)
        assert torch.equal(model(x), wanted) and not et.stats()
    assert torch.nn.LSTM.forward is before

    # install holds over blocks
    et.install()
    with et.use():
        pass
    assert et.installed()
    et.uninstall()
    assert not et.installed()


def test_a_cell_in_a_loop_runs_by_the_switch():
    cell, x = torch.nn.LSTMCell(3, 5), torch.randn(4, 2, 3)

    def run():
        hx = None
        for t in range(4):
            hx = cell(x[t], hx)
        cell.zero_grad()
        hx[0].sum().backward()
        return [hx[0].detach(), *(p.grad.clone() for p in cell.parameters())]

    wanted = run()
    with et.use():
        et.stats(reset=True)
        assert_close(run(), wanted)
        assert by_elman() == 4


# ---- memory, and what does not fit ---------------------------------------------------


def test_engines_die_with_their_modules_and_states_are_bounded():
    from elman.torch import _engine

    et.clear()
    held = []
    for n in range(30):
        module = et.LSTM(4 + n, 16)
        x = torch.randn(5, 2, 4 + n)
        loss = module(x)[0].sum()
        loss.backward()
        for T in range(1, 12):
            module(x[:1].expand(T, 2, -1))
        held.append(len(_engine.engines))
        del module, loss
    assert max(held) <= 3
    waiting = sum(len(engines) for engines in _engine._waiting.values())
    assert waiting <= 30 and not _engine.engines
    et.clear()

    # a graph that is dropped without a way back frees its engine as well
    module = et.GRU(3, 5)
    kept = [module(torch.randn(4, 2, 3))[0] for _ in range(5)]
    (engine,) = _engine.engines.values()
    assert engine.pending == 5
    del kept
    assert engine.pending == 0


def test_a_way_back_may_be_ended_by_what_it_lets_run():
    """New tensors let the garbage collector run, and that a call of the same run."""
    module, x = et.LSTM(3, 5), torch.randn(4, 2, 3)
    weights = tuple(module.parameters())
    given, needs, said = (torch.ones(4, 2, 5), None, None), (True,) * 5, []

    class Last:
        def __init__(self, run):
            self.run, self.circle = run, self

        def __del__(self):
            self.run.end()

    def go():
        before = gc.get_threshold()
        for objects in range(1, 40):  # after so many new ones it runs
            loss = module(x)[0].sum()
            run = loss.grad_fn.next_functions[0][0].run
            gc.collect()
            Last(run)
            gc.set_threshold(objects)
            try:
                said.append(len(run.backward(given, (x, *weights), needs, 0)))
            except elman.Error as error:
                said.append(str(error))
            finally:
                gc.set_threshold(*before)

    gc.collect()
    gc.freeze()  # what other tests left is not gone through each time
    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(60)
    gc.unfreeze()
    assert not thread.is_alive(), "the way back waits for itself"
    assert len(said) == 39 and set(said) <= {5, "this pass has gone back already"}


def test_the_extension_survives_arguments_that_do_not_fit():
    from elman import _core
    from elman.torch import _engine, _operator

    module = et.LSTM(3, 5, 2)
    x = torch.randn(4, 2, 3)
    loss = module(x)[0].sum()
    run, glue = loss.grad_fn.next_functions[0][0].run, _operator.glue
    (engine,) = [e for e in _engine.engines.values() if e.pending and e.shape[3] == 2]
    weights = tuple(module.parameters())
    small = (torch.zeros(1),) * len(weights)
    yes = (True,) * (1 + len(weights))
    calls = [
        lambda: _core.TorchEngine(glue, b"short"),
        lambda: _core.TorchEngine(glue, b"\xff" * len(engine.key)),
        lambda: _core.TorchEngine(None, engine.key),
        lambda: glue.record(engine, True, None, 0, 0, (x[0], *weights)),
        lambda: glue.record(engine, False, None, 0, 0, (x, *small)),
        lambda: glue.record(engine, False, [9, 9], 0, 0, (x, *weights)),
        lambda: glue.record(engine, False, (), 0, 0, (x, *weights)),
        lambda: glue.record(engine, False, None, 0, 2, (x, *weights)),
        lambda: run.backward((x,) * 3, (x, *weights), yes, 0),
        lambda: run.backward((None,) * 3, (torch.zeros(1), *weights), yes, 0),
        lambda: run.backward((None,) * 3, (x, *small), yes, 0),
        lambda: run.backward((), (x, *weights), yes, 0),
        lambda: run.backward((None,) * 3, (x, *weights), yes[1:], 0),
        lambda: glue.layer(0, x),
        lambda: glue.cell(0, x),
        lambda: glue.module(3, x, None),
    ]
    for call in calls:
        with pytest.raises((ValueError, TypeError, RuntimeError, IndexError, AttributeError)):
            call()
    junk = [None, 3, "x", x, [x], (x, x), torch.zeros(0), {}, [None] * 8]
    rng = random.Random(0)
    for _ in range(300):
        args = [rng.choice(junk) for _ in range(7)]
        for kind in (-1, 0, 1, 9):
            try:
                assert glue.cell(kind, *args[:6]) is NotImplemented
                made = glue.layer(kind, *args[:3], True, 2, 0.5, True, *args[3:6])
                assert made is NotImplemented
            except (TypeError, ValueError):
                pass
    loss.backward()
    run.end()
    with pytest.raises(ValueError, match="gone back already"):
        run.backward((None,) * 3, (x, *weights), yes, 0)


@pytest.mark.parametrize("sizes", [[4, 0, 3], [3, 4], [0], [4, -1, 4], [4, 2], []])
def test_sizes_of_packed_sequences_that_torch_refuses_are_refused(sizes):
    data = torch.ones(max(sum(sizes) + (sizes == [4, 2]), 1), 2)
    packed = torch.nn.utils.rnn.PackedSequence(data, torch.tensor(sizes, dtype=torch.int64))
    torchs = torch.nn.GRU(2, 3)
    ours = et.GRU(2, 3)
    said = []
    for net in (torchs, ours):
        try:
            said.append(net(packed)[0].data.shape)
        except (RuntimeError, IndexError) as error:
            said.append(str(error).split("\n")[0])
    assert said[0] == said[1]
