"""Arrays in memory, as rows that the library reads, and what gives them one by
one or in batches."""

import os

import numpy as np

from elman import _core
from elman._checks import refused, whole
from elman._convert import as_array, convert, is_list_of_arrays, joined


def dims(value):
    """The axes of an array; of lists of different lengths, those that they have
    in common and one more."""
    if isinstance(value, (list, tuple)):
        return 1 + max((dims(v) for v in value[:1]), default=0)
    return 0 if isinstance(value, (str, bytes)) else getattr(value, "ndim", 0)


# ---- what gives sequences, or batches of them --------------------------------


def is_given_in_turn(source):
    """Whether it gives pairs of x and y in turn: a generator, a DataLoader, a
    data set of PyTorch, a list of pairs."""
    if isinstance(source, (str, bytes, os.PathLike, dict, _core.Dataset)):
        return False
    if isinstance(source, (list, tuple)):
        return len(source) > 0 and all(
            isinstance(p, tuple) and len(p) in (2, 3) and dims(p[0]) for p in source
        )
    if hasattr(source, "ndim") or hasattr(source, "__array__") or hasattr(source, "columns"):
        return False
    indexed = hasattr(source, "__getitem__") and hasattr(source, "__len__")
    return hasattr(source, "__iter__") or hasattr(source, "__next__") or indexed


def gathered(source):
    """X, y and lengths of what gives pairs (x, y) of a sequence or of a batch, or
    (x, y, lengths) of one.

    Three axes of x are a batch; what has a batch_size, as DataLoaders have,
    gives batches.
    """
    batches = getattr(source, "batch_size", None) is not None
    if not (hasattr(source, "__iter__") or hasattr(source, "__next__")):
        source = [source[n] for n in range(len(source))]
    X, y = [], []
    for item in source:
        if not isinstance(item, (list, tuple)) or len(item) not in (2, 3):
            raise _core.BadValueError(
                f"data gives a {type(item).__name__}, expected pairs (x, y) of a sequence "
                "or a batch and its targets"
            )
        _take(item, batches, X, y)
    if not X:
        raise _core.BadValueError("data gives no pair (x, y), expected one at least")
    return X, y


def _take(item, batches, X, y):
    """Adds a sequence, or those of a batch."""
    x, targets = as_array(item[0], "x"), item[1]
    if not (batches or x.ndim == 3):
        if len(item) == 3:
            x = x[: whole("lengths of data", item[2], 1)]
        X.append(x)
        y.append(as_array(targets, "y")[()] if not isinstance(targets, str) else targets)
        return
    targets = targets if isinstance(targets, (list, tuple)) else as_array(targets, "y")
    lengths = np.full(len(x) if x.ndim else 0, x.shape[1] if x.ndim > 1 else 1)
    if len(item) == 3:
        lengths = convert(item[2], "int32", "lengths of data")
    if not x.ndim or not lengths.ndim or not dims(targets):
        raise _core.BadValueError(
            "data gives a batch of single numbers, expected x (B,T,I), targets and lengths (B)"
        )
    if not len(x) == len(targets) == len(lengths):
        raise _core.BadValueError(
            f"data gives a batch of {len(x)} sequences with {len(targets)} targets and "
            f"{len(lengths)} lengths, expected as many of each"
        )
    T = x.shape[1] if x.ndim > 1 else 1
    for length in lengths.tolist():
        if not 1 <= length <= T:
            raise refused("lengths of data", length, f"1 to the {T} steps of the batch")
    for row, target, length in zip(x, targets, lengths.tolist()):
        per_step = dims(target) and len(target) == len(row)
        X.append(row[:length])
        y.append(target[:length] if per_step else target)


def validation_pair(validation):
    """Other data to validate with as (X, y, lengths), or None for a fraction or a
    path."""
    if isinstance(validation, _core.Dataset):
        return _of_dataset(validation)
    if is_given_in_turn(validation):
        return (*gathered(validation), None)
    if not isinstance(validation, (list, tuple)):
        return None
    if len(validation) not in (2, 3) or not dims(validation[0]):
        found = f"a {type(validation).__name__} of {len(validation)}"
        raise _core.BadValueError(
            f"validation is {found}, expected a fraction, a pair (X, y) or (X, y, lengths), "
            "batches of such, or an elman.Dataset"
        )
    X, y, lengths = (*validation, None)[:3]
    for name, part in (("X", X), ("y", y)):
        if not (hasattr(part, "__len__") and getattr(part, "ndim", 1)):
            raise refused(f"{name} of validation", part, "one for each sequence")
    if len(X) != len(y):
        raise _core.BadValueError(
            f"validation has {len(X)} sequences and {len(y)} targets, expected as many of each"
        )
    return X, y, lengths


def _of_dataset(data):
    """The sequences and targets of a dataset of arrays, which are as they were."""
    encoding = data.encoding
    if encoding["task"] in ("language", "forecast") or encoding.get("mean"):
        raise _core.BadValueError(
            f"validation is a Dataset of the task {encoding['task']}, expected one of arrays "
            "without scaling; of a file, give its path"
        )
    X = [data.inputs(n) for n in range(len(data))]
    if encoding["labels"] is not None:
        y = [data.class_of(n) for n in range(len(X))]
        if data._labels is not None:  # by their names
            names = np.array(data.labels)
            y = [names[n] for n in y]
        return X, y, None
    steps = [1 if encoding["per_sequence"] else len(x) for x in X]
    y = [_core.sequence_truth(data, n, t) for n, t in enumerate(steps)]
    return X, [v[0] if encoding["per_sequence"] else v for v in y], None


def put_together(first, second, lengths):
    """Training and validation data as one, with the part of each sequence."""
    (X, y), (more, targets, others) = first, second
    if y is None:
        raise _core.BadValueError("y is None, expected targets as validation has")
    X, y, more, targets = (
        list(v) if isinstance(v, (list, tuple)) else list(np.atleast_1d(as_array(v, name)))
        for v, name in ((X, "X"), (y, "y"), (more, "X"), (targets, "y"))
    )
    if lengths is not None:
        X = _cut(X, lengths, "lengths")
        y = _cut_targets(y, lengths)
    if others is not None:
        more = _cut(more, others, "lengths of validation")
        targets = _cut_targets(targets, others)
    parts = np.array([0] * len(X) + [1] * len(more), np.int32)
    X = X + more
    ys = y + list(targets)
    return X, ys if is_list_of_arrays(ys) else as_array(ys, "y"), None, parts


def _cut(X, lengths, name):
    """Sequences up to their lengths."""
    lengths = as_array(lengths, name)
    if lengths.shape != (len(X),) or lengths.dtype.kind not in "iu":
        raise refused(name, lengths, f"{len(X)} whole numbers, one for each sequence")
    for a, n in zip(X, lengths.tolist()):
        if not 0 < n <= len(a):
            raise refused(name, n, f"1 to the {len(a)} steps that the sequence has")
    return [a[:n] for a, n in zip(X, lengths.tolist())]


def _cut_targets(y, lengths):
    """Targets of each step up to the lengths."""
    return [a[:n] if dims(a) and len(a) > n else a for a, n in zip(y, np.asarray(lengths))]


# ---- rows and targets --------------------------------------------------------


def sequences(X, lengths):
    """X as (N,T,I) with lengths, or as rows of all sequences with lengths."""
    if is_list_of_arrays(X):
        arrays = [np.atleast_1d(as_array(a, "X")) for a in X]
        arrays = [a[:, None] if a.ndim == 1 else a for a in arrays]
        steps = {len(a) for a in arrays}
        if len({a.shape[1:] for a in arrays}) > 1:
            raise _core.BadValueError("the sequences have different features")
        if len(steps) > 1:
            if lengths is not None:
                raise _core.BadValueError(
                    "lengths go with an array; each array of a list has its own"
                )
            return joined(arrays, "X"), np.array([len(a) for a in arrays], np.uintp)
        X = joined(arrays, "X", np.stack)
    x = as_array(X, "X")
    if x.ndim == 2:
        x = x[:, :, None]
    if x.ndim != 3:
        raise _core.BadValueError(f"X has the shape {x.shape}, expected (N,T,I) or (N,T)")
    return x, lengths


def classes_of(y, labels):
    """y with text turned into numbers of classes, and the classes' texts."""
    if labels is not None and not (
        isinstance(labels, (list, tuple)) and all(isinstance(v, str) for v in labels)
    ):
        raise refused("labels", labels, "a list of str")
    if y is None:
        return y, None
    ragged = is_list_of_arrays(y)
    parts = [as_array(a, "y") for a in y] if ragged else [as_array(y, "y")]
    flat = joined([p.ravel() for p in parts], "y") if parts else np.zeros(0)
    if flat.dtype == bool:
        labels = labels or ["False", "True"]
        flat = flat if "True" in labels else flat.astype(int)
    elif labels and flat.dtype.kind in "iu":
        pass  # they are labels as well
    elif flat.dtype.kind not in "OUS" or not all(isinstance(v, (str, bytes)) for v in flat):
        return y, None
    flat = np.array([v.decode() if isinstance(v, bytes) else str(v) for v in flat])
    labels = list(labels) if labels else sorted(set(flat.tolist()))
    number = {label: n for n, label in enumerate(labels)}
    if "-100" not in number:
        number["-100"] = -100  # of a step without a class
    unknown = sorted(set(flat.tolist()) - set(number))
    if unknown:
        raise _core.BadValueError(
            f"y has the class '{unknown[0]}', and the model knows "
            f"{', '.join(labels[:8])}{', ...' if len(labels) > 8 else ''}"
        )
    codes = np.array([number[v] for v in flat.tolist()], np.int32)
    if not ragged:
        return codes.reshape(parts[0].shape), labels
    ends = np.cumsum([p.size for p in parts])[:-1]
    return np.split(codes, ends), labels


def targets_of(x, y, lengths, per_step):
    """The arguments for y: classes or values, per step or not."""
    if y is None:
        return {"per_step": bool(per_step)}
    ragged = x.ndim == 2
    if is_list_of_arrays(y):
        arrays = [as_array(a, "y") for a in y]
        y = joined(arrays, "y", np.concatenate if ragged else np.stack)
        per_step = True if per_step is None and ragged else per_step
    y = as_array(y, "y")
    N = len(lengths) if ragged else x.shape[0]
    steps = (x.shape[0],) if ragged else x.shape[:2]
    if per_step is None:
        per_step = y.shape[: len(steps)] == steps and (y.ndim > 1 or ragged and N != len(y))
    classes = y.dtype.kind in "iub" and y.ndim == (len(steps) if per_step else 1)
    if classes:
        return {"classes": y, "per_step": per_step}
    if y.ndim == (len(steps) if per_step else 1):
        y = y[..., None]
    return {"values": y, "per_step": per_step}
