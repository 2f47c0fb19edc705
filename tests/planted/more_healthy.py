"""more_healthy.py: more networks that nothing is wrong with."""
import math
import pathlib

from planted.data import *  # noqa: F403
from planted.network import *

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@also_healthy
def healthy_rnn_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "rnn", "--hidden", 64, "--epochs", 12,
          "--batch", 8)
    return inspect(folder, "m", "t.txt")


@also_healthy
def healthy_gru_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "gru", "--hidden", 64, "--layers", 2,
          "--epochs", 10, "--batch", 8)
    return inspect(folder, "m", "t.txt")


@also_healthy
def healthy_three_classes(folder, r):
    data = arrays(folder, "d", *waves(r, 500, classes=3))
    train(folder, data)
    return inspect(folder, "m", *data)


@also_healthy
def healthy_rnn_classify(folder, r):
    data = arrays(folder, "d", *waves(r, 400))
    train(folder, data, "--cell", "rnn", "--epochs", 15)
    return inspect(folder, "m", *data)


@also_healthy
def healthy_memory(folder, r):
    data = arrays(folder, "d", *first_step(r, 400, 25))
    train(folder, data, "--cell", "lstm", "--forget-bias", 2,
          "--no-bidirectional", "--pool", "last")
    return inspect(folder, "m", *data)


@also_healthy
def healthy_hard_classes(folder, r):
    x = noise(r, 600, 10)
    y = [int(sum(v[0] for v in s) + r.gauss(0, 2) > 0) for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 16, "--epochs", 8)
    return inspect(folder, "m", *data)


@also_healthy
def healthy_forecast_two(folder, r):
    level, rows = 100.0, []
    for n in range(800):
        level += r.gauss(0.05, 0.5)
        rows.append([level + 5 * math.sin(6.283 * n / 12), r.gauss(0, 1)])
    data = table(folder, "d", rows, ["sales", "rain"])
    train(folder, data, "--target", "sales", "--horizon", 3)
    return inspect(folder, "m", data)


@also_healthy
def healthy_track(folder, r):
    x = noise(r, 200, 40)
    y = [[0.5 * s[k][0] + (0.5 * s[k - 3][0] if k >= 3 else 0.0)
          for k in range(40)] for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--hidden", 32, "--epochs", 40)
    return inspect(folder, "m", *data)


@also_healthy
def healthy_orders(folder, r):
    orders = EXAMPLES / "orders.csv"
    train(folder, orders, "--epochs", 150)
    return inspect(folder, "m", orders)


@also_healthy
def healthy_rnn_orders(folder, r):
    orders = EXAMPLES / "orders.csv"
    train(folder, orders, "--cell", "rnn", "--hidden", 24, "--epochs", 60)
    return inspect(folder, "m", orders)


@also_healthy
def healthy_random_walk(folder, r):
    price, rows = 50.0, []
    for _ in range(700):
        price += r.gauss(0, 1)
        rows.append([price])
    data = table(folder, "d", rows, ["price"])
    train(folder, data, "--hidden", 24, "--epochs", 15)
    return inspect(folder, "m", data)


@also_healthy
def healthy_relu(folder, r):
    data = arrays(folder, "d", *waves(r, 400))
    train(folder, data, "--cell", "rnn", "--nonlinearity", "relu", "--hidden",
          32, "--epochs", 20)
    return inspect(folder, "m", *data)


@also_healthy
def healthy_chrono(folder, r):
    data = arrays(folder, "d", *first_step(r, 400, 60))
    train(folder, data, "--cell", "lstm", "--chrono", 60, "--epochs", 40,
          "--no-bidirectional", "--pool", "last")
    return inspect(folder, "m", *data)


@also_healthy
def healthy_hardly_trained(folder, r):
    data = table(folder, "d", seasons(r, 400, extra=False), ["load"])
    train(folder, data, "--steps", 2, "--transform", "none")
    return inspect(folder, "m", data)


@also_healthy
def healthy_ten_steps(folder, r):
    data = arrays(folder, "d", *waves(r, 300))
    train(folder, data, "--steps", 10)
    return inspect(folder, "m", *data)


def at_random(cell, *options):
    @also_healthy
    def build(folder, r):
        data = arrays(folder, "d", *delayed(r, 50, 30, 2))
        train(folder, data, "--cell", cell, "--steps", 1, "--lr", 1e-9,
              *options)
        return inspect(folder, "m")
    CASES[-1] = (f"healthy_{cell}_at_random", *CASES[-1][1:])


for cell in ("rnn", "lstm", "gru", "mingru", "minlstm", "indrnn", "ligru"):
    at_random(cell)
