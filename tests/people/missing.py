"""missing.py: holes in a table and how they are filled, texts below the rows,
rows of nothing.
"""
import math

from place import check, same, table

_HEAD = ("Month", "passengers")
_ROWS = [(f"19{49 + i // 12}-{1 + i % 12:02d}",
          112 + 2 * i + int(20 * math.sin(i / 2))) for i in range(60)]
_PLAIN = table(_ROWS, header=_HEAD)
_MARKS = ("NA", "#N/A", "NULL", "-", "", "NaN", "?", "n/a", "N/A", "null",
          "None", "nan", ".", "--", "#VALUE!", '""', " ")


def _holed(mark, at=30):
    return table([(m, mark if i == at else v) for i, (m, v)
                  in enumerate(_ROWS)], header=_HEAD)


def texts_below_the_rows(place):
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 12").well()
    wanted = place.answers("plain.csv")
    footers = {
        "footer.csv": "\nMonthly totals in thousands\n",
        "excel.csv": ",\nMonthly totals in thousands,\n",
        "three.csv": "\nMonthly totals\nin thousands\nSource: a book\n",
        "quoted.csv": '"Monthly totals: in thousands, rounded"\n',
        "comment.csv": "# in thousands\n",
    }
    for name, footer in footers.items():
        place.write(name, _PLAIN + footer)
        same(place.means(name + " -w 12"), place.means("plain.csv -w 12"),
             f"means of {name}")
        place.plan(name + " -w 12").says("60 rows", "footer|text|comment|left "
                                         "out|below|end")
        same(place.answers(name), wanted, f"answers of {name}")
        same(place.eval(name).well().out, place.eval("plain.csv").out, name)


def rows_of_nothing(place):
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 12").well()
    for name, tail in (("two.csv", ",\n,\n"), ("blank.csv", "\n \n\n"),
                       ("many.csv", ",\n" * 50), ("quotes.csv", '"",""\n')):
        place.write(name, _PLAIN + tail)
        place.train(name + " -w 12", "e").well()
        place.plan(name).says("60 rows")
        same(place.answers(name, "e"), place.answers("plain.csv"), name)
        same(place.answers(name), place.answers("plain.csv"), name)
    lines = _PLAIN.splitlines()
    place.write("within.csv", "\n".join(lines[:20] + [","] + lines[20:]) + "\n")
    same(place.answers("within.csv"), place.answers("plain.csv"), "within")


def marks_of_missing_values(place):
    """Refused with the way out; then filled, and said."""
    answers = None
    for mark in _MARKS:
        place.write("t.csv", _holed(mark))
        place.train("t.csv -w 12").refused("line 32", "passengers",
                                           "--missing")
        place.train("t.csv -w 12 --missing previous").well()
        answers = answers or place.answers("t.csv")
        same(place.answers("t.csv"), answers, f"answers with '{mark}'")
        place.plan("t.csv --missing previous").says(
            "passengers", "before|previous")


def ways_to_fill(place):
    place.write("t.csv", _holed("NA"))
    place.write("plain.csv", _PLAIN)
    place.plan("t.csv -w 12 --missing drop").says("59 rows|1 row ")
    mean = sum(v for i, (_, v) in enumerate(_ROWS) if i < 54 and i != 30) / 53
    place.write("mean.csv", _holed(f"{mean:.12f}"))
    same(place.means("t.csv -w 12 --missing mean")[-1],
         place.means("mean.csv -w 12")[-1], "mean of the column", 1e-9)

    # what a model was told holds for what it reads later, nothing is refused
    for how in ("drop", "previous", "mean"):
        place.train(f"t.csv -w 12 --missing {how}").well()
        run = place.predict("t.csv").well().says_not("nan")
        check(len(run.lines()) > 30, f"answers with {how}")
        check(place.eval("t.csv").well().score("MAE") > 0, "eval")


def nothing_from_the_future(place):
    """The mean is that of the training rows: later rows do not move it."""
    jump = table([(m, "NA" if i == 30 else v if i < 54 else 9999)
                  for i, (m, v) in enumerate(_ROWS)], header=_HEAD)
    place.write("t.csv", _holed("NA"))
    place.write("jump.csv", jump)
    same(place.means("t.csv -w 12 --missing mean"),
         place.means("jump.csv -w 12 --missing mean"), "means")


def a_hole_at_the_beginning(place):
    """There is nothing before it: refused, or left out and said."""
    place.write("t.csv", _holed("NA", 0))
    run = place.train("t.csv -w 12 --missing previous")
    if run.code == 0:
        place.plan("t.csv -w 12 --missing previous").says("missing|first|drop")
        place.predict("t.csv").well().says_not("nan")
    else:
        run.refused("line 2", "passengers", "drop|mean")


def a_hole_in_another_column(place):
    """One that is not read does no harm."""
    rows = [(m, "NA" if i == 30 else i % 5, v)
            for i, (m, v) in enumerate(_ROWS)]
    place.write("t.csv", table(rows, header=("Month", "other", "passengers")))
    place.train("t.csv -w 12").refused("line 32", "other", "--missing")
    place.train("t.csv -w 12 --columns passengers").well()
    check(len(place.answers("t.csv")) > 40, "answers")
    place.train("t.csv -w 12 --columns other --target passengers").refused(
        "line 32", "other")


def predict_refuses_what_train_does(place):
    place.write("plain.csv", _PLAIN)
    place.write("t.csv", _holed("NA"))
    place.train("plain.csv -w 12").well()
    for run in (place.predict("t.csv"), place.eval("t.csv"),
                place.predict("", stdin="t.csv")):
        run.refused("line 32", "passengers", "--missing")
    check(len(place.answers("t.csv --missing previous")) > 40, "answers")


def a_column_of_nothing(place):
    rows = [(m, "", v) for m, v in _ROWS]
    place.write("t.csv", table(rows, header=("Month", "remark", "passengers")))
    place.train("t.csv -w 12").well()
    same(place.encoding()["columns"], ["passengers"], "inputs")
    place.plan("t.csv").says("remark")


def a_number_that_means_missing(place):
    """-999 is a number: not touched, but so far off that it is said."""
    for mark in (-999, -99.99, 9999):
        rows = [(m, mark if i % 20 == 7 else v)
                for i, (m, v) in enumerate(_ROWS)]
        place.write("t.csv", table(rows, header=_HEAD))
        place.plan("t.csv").says("note", f"{mark} is far", "--missing")
    for rows in (_ROWS, [(m, 999 + 7 * (i % 9)) for i, (m, _) in
                         enumerate(_ROWS)], [(m, -9 * (i % 2)) for i, (m, _)
                                             in enumerate(_ROWS)]):
        place.write("t.csv", table(rows, header=_HEAD))
        place.plan("t.csv").says_not("is far")
