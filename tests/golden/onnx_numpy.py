"""RNN, GRU and LSTM of ONNX in NumPy's doubles, every attribute: for what ONNX
Runtime does not run (layout 1), and held against it where it does.

Source: the operators' pages of onnx.ai, opset 7 to 22.
"""

import numpy as np

# default alpha and beta of each activation; None: it has no such
DEFAULTS = {"Affine": (1.0, 0.0), "LeakyRelu": (0.01, None),
            "ThresholdedRelu": (1.0, None), "ScaledTanh": (None, None),
            "HardSigmoid": (0.2, 0.5), "Elu": (1.0, None)}
FUNCTIONS = {
    "Relu": lambda x, a, b: np.maximum(x, 0),
    "Tanh": lambda x, a, b: np.tanh(x),
    "Sigmoid": lambda x, a, b: 1 / (1 + np.exp(-x)),
    "Affine": lambda x, a, b: a * x + b,
    "LeakyRelu": lambda x, a, b: np.where(x >= 0, x, a * x),
    "ThresholdedRelu": lambda x, a, b: np.where(x > a, x, 0),
    "ScaledTanh": lambda x, a, b: a * np.tanh(b * x),
    "HardSigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "Elu": lambda x, a, b: np.where(x >= 0, x, a * (np.exp(x) - 1)),
    "Softsign": lambda x, a, b: x / (1 + np.abs(x)),
    "Softplus": lambda x, a, b: np.log1p(np.exp(x)),
}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
STANDARD = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"],
            "LSTM": ["Sigmoid", "Tanh", "Tanh"]}


def activations(op, directions, attributes):
    """One function after the other, each with what it takes of the lists of
    alphas and betas."""
    names = attributes.get("activations") or STANDARD[op] * directions
    alphas = list(attributes.get("activation_alpha", []))
    betas = list(attributes.get("activation_beta", []))
    found = []
    for name in names:
        a, b = DEFAULTS.get(name, (None, None))
        if name == "ScaledTanh":  # no default is defined
            a, b = alphas.pop(0), betas.pop(0)
        else:
            a = alphas.pop(0) if a is not None and alphas else a
            b = betas.pop(0) if b is not None and betas else b
        clip = attributes.get("clip")
        found.append((name, a, b, clip))
    return found


def apply(function, x):
    name, a, b, clip = function
    if clip:
        x = np.clip(x, -clip, clip)
    return FUNCTIONS[name](x, a, b)


def step(op, attributes, f, w, x, h, c):
    """One step of one direction for one sequence."""
    H = h.shape[-1]
    gates = [slice(k * H, (k + 1) * H) for k in range(GATES[op])]
    W, R, Wb, Rb, P = w
    u = [W[g] @ x + Wb[g] for g in gates]
    v = [R[g] @ h + Rb[g] for g in gates]
    if op == "RNN":
        return apply(f[0], u[0] + v[0]), c
    if op == "GRU":
        z, r = (apply(f[0], u[k] + v[k]) for k in (0, 1))
        if attributes.get("linear_before_reset"):
            n = apply(f[1], u[2] + r * v[2])
        else:
            n = apply(f[1], u[2] + R[gates[2]] @ (r * h) + Rb[gates[2]])
        return (1 - z) * n + z * h, c
    i = apply(f[0], u[0] + v[0] + P[:H] * c)
    forget = (1 - i if attributes.get("input_forget")
              else apply(f[0], u[2] + v[2] + P[2 * H:] * c))
    c_new = forget * c + i * apply(f[1], u[3] + v[3])
    o = apply(f[0], u[1] + v[1] + P[H:2 * H] * c_new)
    # the bound holds for sums into gates, not for the cell: so does ONNX
    # Runtime, where the operator's page says "the input of activations"
    return o * apply((*f[2][:3], None), c_new), c_new


def recurrent(op, attributes, X, W, R, B=None, sequence_lens=None,
              initial_h=None, initial_c=None, P=None):
    """Y, Y_h and Y_c in layout 0 or 1, as X's type."""
    layout, kind = attributes.get("layout", 0), X.dtype
    D, H = W.shape[0], R.shape[2]
    wide = [None if a is None else np.asarray(a, np.float64)
            for a in (X, W, R, B, initial_h, initial_c, P)]
    X, W, R, B, h_0, c_0, P = wide
    if layout:
        X = X.swapaxes(0, 1)
        h_0 = None if h_0 is None else h_0.swapaxes(0, 1)
        c_0 = None if c_0 is None else c_0.swapaxes(0, 1)
    T, N = X.shape[:2]
    G = GATES[op] * H
    B = np.zeros((D, 2 * G)) if B is None else B
    P = np.zeros((D, 3 * H)) if P is None else P
    h = np.zeros((D, N, H)) if h_0 is None else h_0.copy()
    c = np.zeros((D, N, H)) if c_0 is None else c_0.copy()
    Y = np.zeros((T, D, N, H))
    lens = [T] * N if sequence_lens is None else list(sequence_lens)
    f = activations(op, D, attributes)
    each = len(f) // D
    direction = attributes.get("direction", "forward")
    for d in range(D):
        w = (W[d], R[d], B[d, :G], B[d, G:], P[d])
        functions = f[d * each:(d + 1) * each]
        back = direction == "reverse" or d == 1
        for n in range(N):
            for t in range(lens[n])[::-1 if back else 1]:
                h[d, n], c[d, n] = step(op, attributes, functions, w,
                                        X[t, n], h[d, n], c[d, n])
                Y[t, d, n] = h[d, n]
    if layout:
        Y = Y.transpose(2, 0, 1, 3)
        h, c = h.swapaxes(0, 1), c.swapaxes(0, 1)
    return Y.astype(kind), h.astype(kind), c.astype(kind)
