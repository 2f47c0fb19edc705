"""figures.py: numbers as spreadsheets write them: separators of thousands,
decimal commas, currencies; and texts that are none.
"""
import math
import random

from place import check, same, table


def _prices(place):
    """Three tables of the same prices: volumes with separators of thousands;
    a close with them where it passes 1,000; and nothing of that.
    """
    def rows(base, close, volume):
        for i in range(200):
            p = base + 0.2 * i + 5 * math.sin(i / 6)
            v = int(4_000_000 + 1_500_000 * math.sin(i / 4)
                    + 731 * (i * 37 % 97))
            yield (f"{1 + i // 28}/{1 + i % 28}/2012", f"{p:.2f}",
                   f"{p + 3:.2f}", f"{p - 3:.2f}", close(p + 1), volume(v))

    head = "Date,Open,High,Low,Close,Volume".split(",")
    for name, base, close in (
            ("volume", 300, lambda p: f"{p:.2f}"),
            ("close", 980, lambda p: f'"{p:,.2f}"' if p >= 1000
             else f"{p:.2f}")):
        place.write(name + ".csv", table(
            rows(base, close, lambda v: f'"{v:,}"'), header=head))
        place.write(name + "_plain.csv", table(
            rows(base, lambda p: f"{p:.2f}", str), header=head))


def separators_of_thousands(place):
    _prices(place)
    for name in ("volume", "close"):
        same(place.means(name + ".csv"), place.means(name + "_plain.csv"),
             "means of the columns")
        run = place.train(name + ".csv").well().says("forecast")
        run.says_not("classify", "tag", r"200 classes")
        place.plan(name + ".csv").says("Volume", "thousands")
        check("Volume" in place.encoding()["columns"], "Volume is an input")
        same(place.answers(name + ".csv"), place.answers(name + "_plain.csv"),
             "answers")


def predict_reads_the_quoted_cell(place):
    _prices(place)
    place.train("volume.csv --columns Open,High,Low --target Open").well()
    same(place.answers("volume.csv"), place.answers("volume_plain.csv"),
         "answers")


def _air(place):
    """Ten days of air: with decimal commas, with points, and as the export
    ends it, with empty columns and rows.
    """
    random.seed(4)
    rows = []
    for i in range(240):
        t = 12 + 6 * math.sin(2 * math.pi * (i - 6) / 24) + random.random()
        rows.append((f"{1 + (18 + i) // 24:02d}/03/2004",
                     f"{(18 + i) % 24:02d}.00.00",
                     f"{2 + math.sin(i / 9) + random.random():.1f}",
                     str(int(1300 + 100 * math.sin(i / 7))), f"{t:.1f}",
                     f"{48 - 2 * t:.1f}", f"{0.75 + math.sin(i / 5) / 99:.4f}"))
    head = "Date;Time;CO;PT08;T;RH;AH".split(";")

    def comma(row):
        return [*row[:2], *(cell.replace(".", ",") for cell in row[2:])]

    place.write("points.csv", table(rows, ";", head))
    place.write("air.csv", table(map(comma, rows), ";", head))
    export = table(map(comma, rows), ";", head).replace("\n", ";;\n")
    place.write("export.csv", export + (";" * 8 + "\n") * 3)


def decimal_commas(place):
    _air(place)
    for target in ("--target T", "--target PT08", ""):
        for name in ("air.csv", "export.csv"):
            same(place.means(f"{name} {target}"),
                 place.means(f"points.csv {target}"), "means of the columns")
        place.train(f"air.csv {target}").well().says("forecast")
        same(place.encoding()["columns"], ["CO", "PT08", "T", "RH", "AH"],
             "inputs")
        wanted = place.answers("points.csv")
        for name in ("air.csv", "export.csv"):
            same(place.answers(name), wanted, f"answers of {name}")
            same(place.eval(name).well().out, place.eval("points.csv").out,
                 f"eval of {name}")
    place.plan("air.csv").says("decimal comma")
    place.plan("export.csv").says("empty")


def a_model_of_points_reads_commas(place):
    _air(place)
    place.train("points.csv --target T").well()
    same(place.answers("air.csv"), place.answers("points.csv"), "answers")


_VALUES = [round(1500 + 1200 * math.sin(i / 3) + i / 8, 2) for i in range(60)]


def _column(place, form, separator=";", quote=""):
    """The means of a table with a column written in a form of its own."""
    rows = [(i % 7, quote + form(v) + quote) for i, v in enumerate(_VALUES)]
    place.write("t.csv", table(rows, separator, ("weekday", "sales")))
    place.write("plain.csv", table(
        [(i % 7, f"{v:.2f}") for i, v in enumerate(_VALUES)], ",",
        ("weekday", "sales")))
    return place.means("t.csv -w 6 --target sales")


def _european(v):
    return f"{v:,.2f}".translate(str.maketrans(",.", ".,"))


def forms_of_numbers(place):
    """All of one value: each form is read as the plain one is."""
    forms = {
        "swiss": lambda v: f"{v:,.2f}".replace(",", "'"),
        "swiss, as typeset": lambda v: f"{v:,.2f}".replace(",", "\u2019"),
        "points and comma": _european,
        "blanks": lambda v: f"{v:,.2f}".replace(",", " ").replace(".", ","),
        "no-break spaces":
            lambda v: f"{v:,.2f}".replace(",", "\u00a0").replace(".", ","),
        "narrow spaces":
            lambda v: f"{v:,.2f}".replace(",", "\u202f").replace(".", ","),
        "euro in front": lambda v: "\u20ac " + _european(v),
        "euro behind": lambda v: _european(v) + " \u20ac",
        "dollars": lambda v: f"${v:,.2f}",
        "dollars, then a blank": lambda v: f"$ {v:.2f}",
        "per cent": lambda v: f"{v:.2f}%",
        "per cent with a blank": lambda v: f"{v:.2f} %",
        "plus": lambda v: f"+{v:.2f}",
        "blanks around": lambda v: f"  {v:.2f} ",
        "exponents": lambda v: f"{v:.6E}".replace(".", ","),
    }
    _column(place, str)
    wanted = place.means("plain.csv -w 6 --target sales")
    for name, form in forms.items():
        same(_column(place, form), wanted, name, 1e-9)
        same(_column(place, form, ",", '"'), wanted, f"{name}, quoted", 1e-9)


def signs_of_accountants(place):
    """(12.50) and the typographer's minus are below zero."""
    for form in (lambda v: f"({-v:.2f})" if v < 0 else f"{v:.2f}",
                 lambda v: f"{v:.2f}".replace("-", "\u2212"),
                 lambda v: f"-${-v:,.2f}" if v < 0 else f"${v:,.2f}"):
        rows = [(i % 7, v - 1500) for i, v in enumerate(_VALUES)]
        head = ("weekday", "profit")
        place.write("t.csv", table([(d, f'"{form(v)}"') for d, v in rows],
                                   ",", head))
        place.write("p.csv", table([(d, f"{v:.2f}") for d, v in rows], ",",
                                   head))
        same(place.means("t.csv -w 6"), place.means("p.csv -w 6"), "means",
             1e-9)


def one_comma_and_three_digits_say_nothing(place):
    """1,234 is a thousand or one and a bit: that is asked."""
    rows = [(i % 7, f'"{1 + i % 4},{100 + 7 * i}"') for i in range(60)]
    place.write("t.csv", table(rows, ",", ("weekday", "sales")))
    place.train("t.csv -w 6").refused("sales", "--decimal", "--thousands")
    plain = sum((1 + i % 4) * 1000 + 100 + 7 * i for i in range(54)) / 54
    same(place.means("t.csv -w 6 --thousands ,")[-1], plain, "mean", 1e-9)
    same(place.means("t.csv -w 6 --decimal ,")[-1], plain / 1000, "mean", 1e-9)


def points_between_some_thousands(place):
    """969 and 1.051 in one column: no computer writes decimals so. Asked, if
    no other column tells.
    """
    values = [900 + 7 * i for i in range(60)]
    rows = [(i % 7, f"{v:,}".replace(",", ".")) for i, v in enumerate(values)]
    place.write("t.csv", table(rows, ";", ("weekday", "sales")))
    place.train("t.csv -w 6").refused("sales", r"1\.\d\d\d", "--decimal",
                                      "--thousands")
    mean = sum(values[:54]) / 54
    same(place.means("t.csv -w 6 --thousands .")[-1], mean, "mean", 1e-9)
    place.train("t.csv -w 6 --decimal .").well()

    place.write("t.csv", table([(f"{i / 3:.2f}".replace(".", ","), v) for
                                i, (_, v) in enumerate(rows)], ";",
                               ("price", "sales")))
    same(place.means("t.csv -w 6")[-1], mean, "mean beside commas", 1e-9)
    place.write("t.csv", table([(i % 7, v) for i, (_, v) in enumerate(rows)],
                               ";", ("price", "sales")))
    check(len(place.answers("t.csv", "means")) > 50,
          "what was learned of numbers tells")


def three_decimals_behind_a_point(place):
    """315.421 is what a computer writes: no thousands, nothing is asked."""
    rows = [(f"{1960 + i // 12}-{1 + i % 12:02d}", f"{315 + i / 9:.3f}")
            for i in range(80)]
    place.write("t.csv", table(rows, ",", ("month", "co2")))
    mean = sum(float(v) for _, v in rows[:72]) / 72
    same(place.means("t.csv -w 6")[-1], mean, "mean", 1e-9)


def a_text_in_each_row_is_no_class(place):
    """Names, keys and remarks do not become a class a row."""
    for text in (lambda i: f"entry {i}", lambda i: f"#{i * 7919 % 10007:05x}"):
        rows = [(f"{math.sin(i / 3):.3f}", i % 5, text(i)) for i in range(90)]
        place.write("t.csv", table(rows, ",", ("load", "shift", "remark")))
        run = place.train("t.csv -w 6")
        run.says_not("90 classes", "8[0-9] classes")
        if run.code == 0:
            run.says("forecast")
            place.plan("t.csv -w 6").says("remark")
            same(place.encoding()["target_names"], ["shift"], "target")
        else:
            run.refused("remark", "--target")
        place.train("t.csv -w 6 --target remark").refused("remark")


def numbers_with_a_unit_of_their_own(place):
    """The last column is "12.3 kg": another is not learned in its place."""
    for form in (lambda i: f"{20 + i % 9 + i / 90:.2f} kg",
                 lambda i: f"{20 + i % 9 + i / 90:.2f}\u00b0C",
                 lambda i: "$\u20ac"[i % 2] + f"{20 + i / 9:.2f}"):
        rows = [(i % 5, form(i)) for i in range(90)]
        place.write("t.csv", table(rows, header=("shift", "weight")))
        place.train("t.csv -w 6").refused("weight", "--target", "shift")
        place.train("t.csv -w 6 --target shift").well()
        place.plan("t.csv --target shift").says("ignored +weight")


def classes_that_repeat_are_classes(place):
    rows = [(f"{math.sin(i / 3):.3f}", "up" if math.cos(i / 3) > 0 else "down")
            for i in range(120)]
    place.write("t.csv", table(rows, ",", ("load", "goes")))
    place.train("t.csv -w 6").well().says("2 classes")
    place.plan("t.csv").says("goes", "up", "down", "%")
    check(set(place.answers("t.csv")[-1].split()) & {"up", "down"},
          "a class is answered")


def one_bad_cell_is_named(place):
    """A typing mistake in a column of numbers makes no classes of it."""
    rows = [(i % 7, f"{v:.2f}") for i, v in enumerate(_VALUES)]
    rows[40] = (5, "12.3.4")
    place.write("t.csv", table(rows, ",", ("weekday", "sales")))
    place.train("t.csv -w 6").refused("line 42", "sales", r"12\.3\.4")
    place.train("t.csv -w 6 --target weekday --columns sales,weekday").refused(
        "line 42", "sales")
