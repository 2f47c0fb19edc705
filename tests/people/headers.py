"""headers.py: first rows: years as names, numbers as names, no names, two of
one name, a column without one, units, and remarks above it all.
"""
import math

from place import check, same, table


def years_are_names(place):
    rows = []
    for i, month in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV "
                              "DEC".split()):
        b = 300 + 15 * i - i * i
        rows.append((f'"{month}"', f"  {b}", f"  {b + 20}", f"  {b + 55}"))
    head = ('"Month"', ' "2021"', ' "2022"', ' "2023"')
    place.write("years.csv", table(rows, header=head))
    place.train("years.csv -w 3").well().says(
        "8 windows", r"\b1 window")
    encoding = place.encoding()
    same(encoding["columns"], ["2021", "2022", "2023"], "inputs")
    same(encoding["mean"][0], 340, "mean of 2021", 1e-9)
    place.train("years.csv -w 3 --target 2023").well()
    same(place.encoding()["target_names"], ["2023"], "target")
    check(len(place.answers("years.csv")) >= 9, "answers for nine windows")
    place.plan("years.csv -w 3").says("12 rows", "header|names")


def _counted(header):
    rows = [(500 + i * 3 % 11, i % 7, 600 + i % 5) for i in range(60)]
    return table(rows, header=header)


def numbers_as_names(place):
    """0,1,2 above numbers: said, and an option decides."""
    place.write("t.csv", _counted((0, 1, 2)))
    place.train("t.csv -w 4 --target a").refused("--header$")
    place.plan("t.csv -w 4").says("--no-header|--header", "line 1|first row")
    place.plan("t.csv -w 4 --header").says("60 rows")
    place.plan("t.csv -w 4 --no-header").says("61 rows")
    place.train("t.csv -w 4 --header --target 1 --transform none").well()
    same(place.encoding()["columns"], ["0", "1", "2"], "inputs")
    answers = place.answers("t.csv")
    place.train("t.csv -w 4 --no-header --target 2 --transform none").well()
    check(len(place.answers("t.csv")) == len(answers) + 1,
          "a row more without a header")


def numbers_in_quotes_are_names(place):
    place.write("t.csv", _counted(('"0"', '"1"', '"2"')))
    place.plan("t.csv -w 4").says("60 rows")
    place.train("t.csv -w 4 --target 1").well()
    same(place.encoding()["columns"], ["0", "1", "2"], "inputs")


def no_header_at_all(place):
    place.write("t.csv", _counted(None))
    place.plan("t.csv -w 4").says("60 rows")
    place.train("t.csv -w 4 --target 2 --transform none").well()
    same(len(place.answers("t.csv")), 57, "number of answers")


def _frame(first):
    rows = [(i, f"{1990 + i // 4} Q{1 + i % 4}",
             f"{0.6 + 0.3 * math.sin(i / 3):.4f}",
             f"{0.9 + 0.2 * math.cos(i / 5):.4f}") for i in range(80)]
    return table(rows, header=(first, "Quarter", "Consumption", "Income"))


def an_index_without_a_name(place):
    """What pandas writes, and what it makes of it when it reads it again."""
    answers = []
    for first in ("", "Unnamed: 0", "index", '""'):
        place.write("frame.csv", _frame(first))
        place.train("frame.csv -w 8 --target Consumption").well()
        same(place.encoding()["columns"], ["Consumption", "Income"], "inputs")
        place.plan("frame.csv").says("ignored|left out",
                                     first.strip('"') or "column 1|no name")
        answers.append(place.answers("frame.csv"))
        same(answers[-1], answers[0], f"answers with '{first}'")
        check(place.eval("frame.csv").well().score("MAE") > 0, "eval reads it")
    place.write("frame.csv", _frame("").replace(",", ";"))
    same(place.answers("frame.csv"), answers[0], "with semicolons")


def a_series_without_a_name(place):
    rows = [(1821 + i, int(1500 + 1200 * math.sin(i / 1.6)))
            for i in range(80)]
    place.write("series.csv", table(rows, header=("", 0)))
    place.train("series.csv -w 8").well()
    same(place.encoding()["columns"], ["0"], "inputs")
    check(len(place.answers("series.csv")) >= 72, "answers")


def a_year_is_no_input(place):
    """A column that rises by a constant step is left out, and that is said."""
    for name in ("year", "nr", "t"):
        rows = [(1700 + i, round(50 + 40 * math.sin(i / 1.7), 1))
                for i in range(90)]
        place.write("spots.csv", table(rows, header=(name, "spots")))
        place.train("spots.csv -w 8").well()
        same(place.encoding()["columns"], ["spots"], "inputs")
        place.plan("spots.csv").says(name)


def _joined(names):
    rows = [(f"2024-{1 + i // 28:02d}-{1 + i % 28:02d}",
             f"{10 + math.sin(i / 3):.3f}", f"{50 + 20 * math.cos(i / 5):.3f}")
            for i in range(120)]
    return table(rows, header=("date", *names))


def two_columns_of_one_name(place):
    place.write("same.csv", _joined(("Close", "Close")))
    place.write("own.csv", _joined(("Close", "CloseB")))
    place.train("same.csv -w 8 --target 3", "s").well()
    place.train("own.csv -w 8 --target 3", "o").well()
    same(place.answers("same.csv", "s"), place.answers("own.csv", "o"),
         "answers")
    same(place.eval("same.csv", "s").well().score("MSE"),
         place.eval("own.csv", "o").well().score("MSE"), "MSE")
    same(place.encoding("s")["mean"], place.encoding("o")["mean"], "means")
    place.plan("same.csv --target 3").says("Close", "column 2|twice|two|name")


def a_name_that_is_there_twice_is_no_choice(place):
    place.write("same.csv", _joined(("Close", "Close")))
    place.train("same.csv -w 8 --target Close").refused("Close", "2", "3")


def three_of_one_name(place):
    rows = [(i % 5, 10 + i % 7, 20 + i % 11) for i in range(70)]
    place.write("same.csv", table(rows, header=("x", "x", "x")))
    place.write("own.csv", table(rows, header=("x", "y", "z")))
    place.train("same.csv -w 4 --target 2", "s").well()
    place.train("own.csv -w 4 --target y", "o").well()
    same(place.answers("same.csv", "s"), place.answers("own.csv", "o"),
         "answers")
    same(place.eval("same.csv", "s").well().out,
         place.eval("own.csv", "o").well().out, "eval")


def units_below_the_names(place):
    """A second row of units is passed over and said, or named and refused;
    it makes no classes.
    """
    rows = [(f"2020-01-{1 + i:02d}" if i < 31 else f"2020-02-{i - 30:02d}",
             f"{20 + 3 * math.sin(i):.1f}", 40 + i % 9) for i in range(55)]
    place.write("t.csv", "day,temp,hum\n,\u00b0C,%\n" + table(rows))
    run = place.train("t.csv -w 6 --transform none")
    run.says_not("classes")
    if run.code == 0:
        place.plan("t.csv -w 6").says("line 2", "55 rows|55 training|unit")
        mean = sum(float(row[1]) for row in rows[:49]) / 49
        same(place.encoding()["mean"][0], mean, "mean", 0.01)
        check(len(place.answers("t.csv")) >= 49, "answers")
    else:
        run.refused("line 2")


def remarks_above(place):
    """Lines with # are passed over, and counted."""
    rows = [(i % 7, f"{math.sin(i / 4):.3f}") for i in range(60)]
    plain = table(rows, header=("day", "level"))
    place.write("plain.csv", plain)
    place.write("t.csv", "# station 12, level in m\n# checked, twice\n" + plain)
    place.write("units.csv", "# units: none, m\n" + plain)
    place.train("plain.csv -w 6").well()
    wanted = place.answers("plain.csv")
    for name in ("t.csv", "units.csv"):
        same(place.means(name + " -w 6"), place.means("plain.csv -w 6"),
             "means")
        place.plan(name).says("comment|remark|#")
        same(place.answers(name), wanted, f"answers of {name}")


def a_title_above(place):
    """A title is passed over and said, or named with its line and refused."""
    rows = [(i % 7, f"{math.sin(i / 4):.3f}") for i in range(60)]
    place.write("t.csv", "Levels of station 12\n\n"
                + table(rows, header=("day", "level")))
    run = place.train("t.csv -w 6")
    if run.code == 0:
        same(place.encoding()["target_names"], ["level"], "target")
        place.plan("t.csv").says("line 1|line 3", "60 rows")
    else:
        run.refused("line [13]")


def names_of_rows_without_a_name(place):
    """R writes a header with one cell less than the rows have."""
    rows = [(f'"{i + 1}"', f"{math.sin(i / 4):.3f}", i % 7)
            for i in range(60)]
    place.write("t.csv", '"level" "day"\n' + table(rows, " "))
    run = place.train("t.csv -w 6 --target level")
    if run.code == 0:
        same(place.encoding()["target_names"], ["level"], "target")
        same(place.encoding()["target_mean"][0] < 1, True,
             "the level is not the number of the row")
    else:
        run.refused("line [12]", "2", "3")


def nothing_below_the_header(place):
    place.write("head.csv", "day,price\n")
    place.write("empty.csv", "")
    place.write("blank.csv", "\n\n\n")
    place.train("head.csv -w 4").refused("head.csv", "row|line")
    place.train("empty.csv -w 4").refused("empty.csv", "empty")
    place.train("blank.csv -w 4").refused("blank.csv", "empty|no row|blank")
    place.write("t.csv", table([(i % 7, i % 5) for i in range(40)],
                               header=("day", "price")))
    place.train("t.csv -w 4").well()
    for name in ("head.csv", "empty.csv"):
        place.predict(name).refused(name)


def one_column(place):
    """A list of numbers, with a name, without, and through a pipe."""
    rows = [(f"{math.sin(i / 4):.3f}",) for i in range(80)]
    place.write("bare.csv", table(rows))
    place.write("named.csv", table(rows, header=("level",)))
    same(place.means("bare.csv -w 6"), place.means("named.csv -w 6"), "means")
    place.train("named.csv -w 6").well().says("1 value")
    wanted = place.answers("named.csv")
    same(place.answers("bare.csv"), wanted, "answers without a header")
    same(place.answers("", stdin="named.csv"), wanted, "answers of a pipe")
    same(place.answers("", stdin="bare.csv"), wanted, "a pipe, no header")


def a_header_again_in_the_midst(place):
    """Two downloads, one behind the other: named, or passed over and said."""
    rows = [(i % 7, f"{math.sin(i / 4):.3f}") for i in range(60)]
    half = table(rows[:30], header=("day", "level"))
    place.write("t.csv", half + table(rows[30:], header=("day", "level")))
    run = place.train("t.csv -w 6")
    run.says_not("classes")
    if run.code == 0:
        place.plan("t.csv").says("line 32")
    else:
        run.refused("line 32")
