"""arrays.py: arrays of NumPy: padding, classes in the forms that they are saved
in, channels before steps.
"""
import math
import random

from place import check, same

_NAN = math.nan


def _flat(series):
    return [v for s in series for step in s for v in step]


def _waves():
    """60 series of 12 or 20 steps of 2 values; classes by the speed."""
    random.seed(5)
    series = []
    for n in range(60):
        speed, phase = 0.4 + 0.9 * (n % 2), random.uniform(0, 6)
        at = [t * speed + phase for t in range(12 if n % 4 < 2 else 20)]
        series.append([[math.sin(w), math.cos(w)] for w in at])
    return series, [n % 2 for n in range(60)]


def _padded(series, steps, size):
    return _flat([s + [[_NAN] * size] * (steps - len(s)) for s in series])


def padding_behind_the_end(place):
    series, y = _waves()
    place.npy("x.npy", "<f4", (60, 20, 2), _padded(series, 20, 2))
    place.npy("y.npy", "<i8", (60,), y)
    place.npy("short.npy", "<f4", (30, 12, 2),
              _flat([s for s in series if len(s) == 12]))
    place.train("x.npy --target-file y.npy -t 1 --epochs 60 -H 16",
                quick=False).well()
    place.eval("x.npy --target-file y.npy").well().says(
        "accuracy 100.0 %", "on 60 sequences")

    run = place.predict("x.npy").well().says_not("nan")
    same([int(line.split()[0]) for line in run.lines()], y, "answers")
    place.predict("x.npy --json").well().says_not("nan", "null")
    # the short ones alone are answered as they are among the others
    same(place.answers("short.npy"),
         [line for line, s in zip(run.lines(), series) if len(s) == 12],
         "answers of the short series alone")


def a_hole_in_the_midst(place):
    """Refused wherever it is read, unless it may be filled."""
    series, y = _waves()
    place.npy("x.npy", "<f4", (60, 20, 2), _padded(series, 20, 2))
    place.npy("y.npy", "<i8", (60,), y)
    place.train("x.npy --target-file y.npy").well()
    for hole in ([_NAN, 0.5], [_NAN, _NAN]):
        series[3][7] = hole
        place.npy("hole.npy", "<f4", (60, 20, 2), _padded(series, 20, 2))
        for run in (place.predict("hole.npy"),
                    place.eval("hole.npy --target-file y.npy"),
                    place.train("hole.npy --target-file y.npy", "h")):
            run.refused("hole.npy", r"\[3,7", "--missing")
        for how in ("previous", "mean"):
            place.train(f"hole.npy --target-file y.npy --missing {how}",
                        "h").well()
            run = place.predict("hole.npy", "h").well().says_not("nan")
            same(len(run.lines()), 60, "answers")


def a_hole_at_the_beginning(place):
    """Whole steps of NaN in front: refused, or taken for padding and said."""
    series, y = _waves()
    x = _flat([[[_NAN, _NAN]] * (20 - len(s)) + s for s in series])
    place.npy("x.npy", "<f4", (60, 20, 2), x)
    place.npy("y.npy", "<i8", (60,), y)
    run = place.train("x.npy --target-file y.npy")
    if run.code == 0:
        place.plan("x.npy --target-file y.npy").says("pad|front|begin|NaN")
        place.predict("x.npy").well().says_not("nan")
    else:
        run.refused("x.npy", r"\[0,0", "--missing|behind|padd")


def nothing_but_padding(place):
    """A series without a step is named."""
    series, y = _waves()
    series[8] = []
    place.npy("x.npy", "<f4", (60, 20, 2), _padded(series, 20, 2))
    place.npy("y.npy", "<i8", (60,), y)
    place.train("x.npy --target-file y.npy").refused("x.npy", r"\b8\b")


def infinity_is_refused(place):
    series, y = _waves()
    series[5][2][1] = math.inf
    place.npy("x.npy", "<f4", (60, 20, 2), _padded(series, 20, 2))
    place.npy("y.npy", "<i8", (60,), y)
    place.train("x.npy --target-file y.npy").refused(r"\[5,2,1\]", "inf")


def _three_classes(place):
    random.seed(6)
    x, y, count = [], [], []
    for n in range(60):
        phase = random.uniform(0, 6)
        s = [math.sin(t * (0.3 + 0.3 * (n % 3)) + phase) for t in range(20)]
        x += s
        y.append(n % 3)
        count.append(round(100 + 40 * sum(s[-3:])))
    place.npy("x.npy", "<f4", (60, 20, 1), x)
    return y, count


def _one_hot(y, of=3):
    return [int(k == c) for c in y for k in range(of)]


def forms_of_classes(place):
    y, _ = _three_classes(place)
    forms = {
        "int": ("<i8", (60,), y), "short int": ("<i4", (60,), y),
        "bytes": ("|u1", (60,), y), "big end": (">i8", (60,), y),
        "float": ("<f8", (60,), y), "short float": ("<f4", (60,), y),
        "column": ("<i8", (60, 1), y), "float column": ("<f4", (60, 1), y),
        "one-hot": ("<f4", (60, 3), _one_hot(y)),
        "one-hot int": ("<i8", (60, 3), _one_hot(y)),
        "one-hot bytes": ("|u1", (60, 3), _one_hot(y)),
        "one-hot bool": ("|b1", (60, 3), _one_hot(y)),
    }
    answers = None
    for name, form in forms.items():
        place.npy("y.npy", *form)
        for task in ("", " --task classify"):
            run = place.train(f"x.npy --target-file y.npy{task}").well()
            run.says("classify", "3 classes")
            found = [line.split()[0] for line in place.answers("x.npy")]
            check(set(found) <= {"0", "1", "2"}, f"labels of {name}: {found}")
            same(found, answers or found, f"answers of {name}")
            answers = found
        place.eval("x.npy --target-file y.npy").well().says("accuracy")


def labels_of_any_number(place):
    """-1 and 1, 1 to 3, 10 and 20: they are answered as they were given."""
    y, _ = _three_classes(place)
    for code in ("<i8", "<f8"):
        for names in ((-1, 0, 1), (1, 2, 3), (10, 20, 35)):
            place.npy("y.npy", code, (60,), [names[c] for c in y])
            place.train("x.npy --target-file y.npy").well().says("3 classes")
            found = {line.split()[0] for line in place.answers("x.npy")}
            check(found <= {str(n) for n in names}, f"{found} of {names}")


def truth_values(place):
    y, _ = _three_classes(place)
    place.npy("y.npy", "|b1", (60,), [c == 1 for c in y])
    place.train("x.npy --target-file y.npy").well().says("2 classes")
    place.npy("y.npy", "<f4", (60,), [1.0 if c else -1.0 for c in y])
    place.train("x.npy --target-file y.npy").well().says("2 classes")


def counts_are_values(place):
    y, count = _three_classes(place)
    for code in ("<i8", "<f8"):
        place.npy("y.npy", code, (60,), count)
        place.train("x.npy --target-file y.npy").well().says("regress")
        place.plan("x.npy --target-file y.npy").says("task", "54")
        values = place.predict("x.npy").well().values()
        check(len(values) == 60, "60 values")
    place.npy("y.npy", "<f8", (60,), [c + 0.5 for c in y])
    place.train("x.npy --target-file y.npy").well().says("regress")
    # and who means it otherwise says so
    place.npy("y.npy", "<i8", (60,), y)
    place.train("x.npy --target-file y.npy --task regress").well().says(
        "regress")


def rows_of_parts_are_no_classes(place):
    """(N,3) of shares, or with two ones in a row, are three values."""
    y, _ = _three_classes(place)
    rows = _one_hot(y)
    rows[0:3] = [1, 1, 0]
    place.npy("y.npy", "<f4", (60, 3), rows)
    place.train("x.npy --target-file y.npy").well().says("regress", "3 values")
    place.train("x.npy --target-file y.npy --task classify").refused("one", "0")


def _speeds(place):
    random.seed(7)
    x, y = [], []
    for n in range(60):
        phase = random.uniform(0, 6)
        x += [math.sin(t * (0.3 + 0.5 * (n % 2)) + phase) for t in range(20)]
        y.append(n % 2)
    place.npy("steps.npy", "<f4", (60, 20, 1), x)
    place.npy("channels.npy", "<f4", (60, 1, 20), x)
    place.npy("flat.npy", "<f4", (60, 20), x)
    place.npy("y.npy", "<i8", (60,), y)


def channels_before_steps(place):
    """(N,1,T): said and asked; with the option as (N,T,1)."""
    _speeds(place)
    place.train("steps.npy --target-file y.npy").well()
    answers = place.answers("steps.npy")
    run = place.train("channels.npy --target-file y.npy", "c")
    run.says("1 step", "--channels-first")
    place.train("channels.npy --target-file y.npy --channels-first",
                "c").well().says("1 value")
    # what was said in training holds for what is read later
    same(place.answers("channels.npy", "c"), answers, "answers")
    place.eval("channels.npy --target-file y.npy", "c").well()
    place.elman("inspect c.safetensors channels.npy --target-file y.npy").well()

    # by a model of one value a step there is one way to take it
    run = place.predict("channels.npy")
    if run.code == 0:
        same(run.lines(), answers, "answers of the model of steps")
    else:
        run.refused("channels.npy", "20", "--channels-first")


def several_channels(place):
    """(N,I,T): more channels than one, with the option and without."""
    series, y = _waves()
    series = [(s + s)[:16] for s in series]
    place.npy("steps.npy", "<f4", (60, 16, 2), _flat(series))
    place.npy("channels.npy", "<f4", (60, 2, 16), _flat(
        [list(zip(*s)) for s in series]))
    place.npy("y.npy", "<i8", (60,), y)
    place.train("steps.npy --target-file y.npy").well()
    place.train("channels.npy --target-file y.npy --channels-first",
                "c").well().says("2 values")
    same(place.answers("channels.npy", "c"), place.answers("steps.npy"),
         "answers")
    place.plan("channels.npy --target-file y.npy").says("2 steps", "16",
                                                        "--channels-first")


def no_channels_at_all(place):
    """(N,T), as scikit-learn has it: series of one value, and said."""
    _speeds(place)
    run = place.train("flat.npy --target-file y.npy")
    if run.code == 0:
        same(place.answers("flat.npy"), place.answers("steps.npy"), "answers")
    else:
        run.refused("flat.npy", r"\(60,20\)", r"\(N,T,I\)|\(60,20,1\)")


def x_and_y_in_one_file(place):
    series, y = _waves()
    x = ("<f4", (60, 20, 2), _padded(series, 20, 2))
    place.npy("x.npy", *x)
    place.npy("y.npy", "<i8", (60,), y)
    place.train("x.npy --target-file y.npy").well()
    answers = place.answers("x.npy")
    for names in (("x", "y"), ("X", "y"), ("x_train", "y_train")):
        place.npz("d.npz", **{names[0]: x, names[1]: ("<i8", (60,), y)})
        run = place.train("d.npz", "z")
        if names == ("x", "y") or run.code == 0:
            run.well()
            same(place.answers("d.npz", "z"), answers, f"answers of {names}")
            place.eval("d.npz", "z").well().says("accuracy")
        else:
            run.refused("d.npz", *names)
    place.npz("d.npz", x=x)
    place.train("d.npz", "z").refused("d.npz", r"\by\b")
    same(place.answers("d.npz"), answers, "x alone can be predicted")


def y_of_another_length(place):
    _speeds(place)
    place.npy("y.npy", "<i8", (59,), [n % 2 for n in range(59)])
    place.train("steps.npy --target-file y.npy").refused(
        "y.npy|steps.npy", "59", "60")
    place.npy("y.npy", "<f4", (30, 2), [0.5] * 60)
    place.train("steps.npy --target-file y.npy").refused(r"30", r"60")


def no_y(place):
    _speeds(place)
    place.train("steps.npy").refused("--target-file")
    place.train("steps.npy --target-file none.npy").refused("none.npy")
