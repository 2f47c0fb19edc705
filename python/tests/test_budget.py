"""A budget of bytes changes no bit: of a state's gradients, nor of a training."""

import gc

import numpy as np
import pytest

import elman
from elman import LSTM, Linear, Model

T, B = 400, 3


def model(**options):
    return Model([LSTM(6, zoneout=0.1, **options), Linear(2)], inputs=2, seed=3)


def inputs():
    rng = np.random.default_rng(5)
    return rng.normal(size=(B, T, 2)).astype("f"), rng.normal(size=(B, T, 2)).astype("f")


def gradients(m, **config):
    """What a pass with random x and dy gives, whose x is gone before backward."""
    state = m.state(T=T, B=B, training=True, passes=1, **config)
    x, dy = inputs()
    y = state.forward(np.array(x), lengths=[T, 7, 0], draw=2)
    gc.collect()
    dx = state.backward(dy, dx=True)
    arrays = [y, dx, *(state.view(f"{name}.grad") for name in m.state_dict())]
    return [np.array(a).tobytes() for a in arrays]


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_budget_changes_no_bit_of_a_pass(bidirectional):
    m = model(bidirectional=bidirectional)
    with pytest.raises(elman.BadValueError, match=r"takes (\d+) at least") as refused:
        m.state(T=T, B=B, training=True, passes=1, budget=1)
    least = int(str(refused.value).split("takes ")[1].split()[0])
    want = gradients(m)
    for budget in (least, 2 * least):
        assert gradients(m, budget=budget) == want


def test_a_loss_on_the_way_back_is_the_loss():
    m = model()
    x, target = inputs()
    weights = [f"{name}.grad" for name in m.state_dict()]
    out = []
    for budget in (0, 40000):
        state = m.state(T=T, B=B, training=True, passes=1, budget=budget)
        state.forward(x, draw=2)
        if budget:
            with pytest.raises(elman.BadValueError, match=r"expected loss_backward\(\)"):
                state.loss(target, {"kind": "mse"})
            loss = state.loss_backward(target, {"kind": "mse"})
        else:
            loss = state.loss(target, {"kind": "mse"})
            state.backward()
        out.append((loss, [np.array(state.view(name)).tobytes() for name in weights]))
    assert out[0] == out[1]


def test_steps_of_a_state_with_a_budget_can_go_back():
    m = model()
    state = m.state(B=1, T=50, training=True, passes=1, budget=20000)
    state.step(np.ones((1, 2), "f"))
    gc.collect()
    state.backward(np.ones((1, 1, 2), "f"))


def test_a_training_in_a_budget_is_the_training():
    x, y = inputs()
    weights = []
    for budget in (0, 120000):
        m = model()
        data = elman.Dataset.of(x, y, validation=1 / 3)
        trainer = elman.Trainer(m, data, batch_size=2, loss="mse", steps=4, budget=budget)
        for progress in trainer:
            pass
        trained = [a.tobytes() for a in m.state_dict().values()]
        weights.append((trained, progress["validation"]["loss"]))
    assert weights[0] == weights[1]
    with pytest.raises(elman.BadValueError, match="budget is 1 bytes"):
        elman.Trainer(model(), data, batch_size=2, loss="mse", budget=1)
