"""Cells that torch.nn does not have, as small programs over torch.

Each is one step: from x (B,I) and h (B,H) to the new h, with w the parameters
of a level and direction by their plain names. GATES says how many blocks of H
rows weight_ih has, RECURRENCE the shape of weight_hh: a matrix (G,H), a vector
(H), or none. Where there is no matrix there is no bias_hh either.
"""

import torch
from torch.nn.functional import linear

GATES, RECURRENCE, STEPS = {}, {}, {}


def cell(kind, gates, recurrence):
    """Enters a step under its kind."""
    def enter(step):
        GATES[kind], RECURRENCE[kind], STEPS[kind] = gates, recurrence, step
        return step
    return enter


def of_input(w, x):
    """The sums that x alone makes, gate by gate."""
    H = w["weight_ih"].shape[0]
    return linear(x, w["weight_ih"], w.get("bias_ih", torch.zeros(H)))


def of_memory(w, h):
    H = w["weight_hh"].shape[0]
    return linear(h, w["weight_hh"], w.get("bias_hh", torch.zeros(H)))


@cell("mingru", 2, "none")
def mingru(w, x, h):
    """Algorithm 1 of Feng et al. 2024, without the log-space form."""
    z, n = of_input(w, x).chunk(2, -1)
    z = z.sigmoid()
    return (1 - z) * h + z * n


@cell("minlstm", 3, "none")
def minlstm(w, x, h):
    """Algorithm 3 of Feng et al. 2024, with its length-independent scale."""
    f, i, n = of_input(w, x).chunk(3, -1)
    f, i = f.sigmoid(), i.sigmoid()
    return f / (f + i) * h + i / (f + i) * n


@cell("indrnn", 1, "vector")
def indrnn(w, x, h):
    """Equation 2 of Li et al. 2018, with tanh."""
    return (of_input(w, x) + w["weight_hh"] * h).tanh()


@cell("ligru", 2, "matrix")
def ligru(w, x, h):
    """Equations 8 of Ravanelli et al. 2018, without batch normalization."""
    z, n = (of_input(w, x) + of_memory(w, h)).chunk(2, -1)
    z = z.sigmoid()
    return z * h + (1 - z) * n.relu()
