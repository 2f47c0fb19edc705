"""time_order.py: rows in the order of time, whatever the order in the file; and
several series in one table.
"""
import datetime
import math
import random

from place import check, same, table

_DAY = datetime.date(2023, 1, 1)


def _days(count=300):
    for i in range(count):
        yield (_DAY + datetime.timedelta(i),
               f"{100 + 0.5 * i + 10 * math.sin(2 * math.pi * i / 7):.2f}")


def newest_row_first(place):
    rows = [(f"{d:%Y-%m-%d}", v) for d, v in _days()]
    place.write("oldest.csv", table(rows, header=("Date", "Price")))
    place.write("newest.csv", table(rows[::-1], header=("Date", "Price")))
    learn = " -w 14 -t 1 --epochs 30 -H 16"
    place.train("newest.csv" + learn, "n", quick=False).well()
    place.train("oldest.csv" + learn, "o", quick=False).well()
    place.plan("newest.csv").says("Date", "newest|revers|back")

    # the same is learned, and answered in the file's own order
    answers = place.answers("oldest.csv", "o")
    same(place.answers("oldest.csv", "n"), answers, "answers of the model")
    same(place.answers("newest.csv", "n"), answers[::-1], "answers")
    same(place.eval("newest.csv", "n").well().score("MSE"),
         place.eval("oldest.csv", "o").well().score("MSE"), "MSE")

    # the day after the last is 2023-10-28
    for name in ("newest.csv", "oldest.csv"):
        value = float(place.answers(f"{name} --last", "n")[-1].split()[-1])
        check(235 < value < 265, f"next value {value}, expected about 250")


def forms_of_dates(place):
    """In each form the newest row first is turned round."""
    forms = {"day point month": "%d.%m.%Y", "day slash month": "%d/%m/%Y",
             "month slash day": "%m/%d/%Y", "with the time": "%Y-%m-%d 00:00",
             "ISO to the second": "%Y-%m-%dT00:00:00Z", "digits": "%Y%m%d",
             "month in words": "%d %b %Y", "American": "%b %d %Y",
             "two digits": "%d-%b-%y", "slashes": "%Y/%m/%d"}
    head = ("when", "price")
    place.write("plain.csv", table(
        [(f"{d:%Y-%m-%d}", v) for d, v in _days(90)], header=head))
    place.train("plain.csv -w 7").well()
    answers = place.answers("plain.csv")
    for name, form in forms.items():
        rows = [(d.strftime(form), v) for d, v in _days(90)]
        place.write("t.csv", table(rows[::-1], header=head))
        place.train("t.csv -w 7", "t").well()
        same(place.answers("t.csv", "t"), answers[::-1], name)


def months_in_words(place):
    """Jan 1958 and the like, the last month first."""
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    months = [(1958 + i // 12, i % 12) for i in range(96)]
    values = [f"{300 + i + 9 * math.sin(i / 2):.2f}" for i in range(96)]
    place.write("plain.csv", table(
        [(f"{y}-{m + 1:02d}", v) for (y, m), v in zip(months, values)],
        header=("month", "co2")))
    place.train("plain.csv -w 12").well()
    answers = place.answers("plain.csv")
    for form in (lambda y, m: f"{names[m]} {y}", lambda y, m: f"{names[m]}-{y}",
                 lambda y, m: f"{y}M{m + 1:02d}",
                 lambda y, m: f"{m + 1:02d}/{y}"):
        rows = [(form(*month), v) for month, v in zip(months, values)]
        place.write("t.csv", table(rows[::-1], header=("month", "co2")))
        place.train("t.csv -w 12", "t").well()
        same(place.answers("t.csv", "t"), answers[::-1], form(1958, 0))


def seconds_since_1970(place):
    rows = [(1700000000 + 3600 * i, f"{math.sin(i / 4):.3f}")
            for i in range(80)]
    place.write("plain.csv", table(rows, header=("timestamp", "load")))
    place.write("t.csv", table(rows[::-1], header=("timestamp", "load")))
    place.train("plain.csv -w 6", "p").well()
    place.train("t.csv -w 6", "t").well()
    same(place.encoding("t")["columns"], ["load"], "inputs")
    same(place.answers("t.csv", "t"), place.answers("plain.csv", "p")[::-1],
         "answers")


def a_year_that_falls_is_time(place):
    """Years without months, the last first: no input, and turned round."""
    rows = [(1930 + i, f"{50 + i + 5 * math.sin(i):.2f}") for i in range(90)]
    place.write("plain.csv", table(rows, header=("Year", "cars")))
    place.write("t.csv", table(rows[::-1], header=("Year", "cars")))
    place.train("plain.csv -w 6", "p").well()
    place.train("t.csv -w 6", "t").well()
    same(place.encoding("t")["columns"], ["cars"], "inputs")
    same(place.answers("t.csv", "t"), place.answers("plain.csv", "p")[::-1],
         "answers")


def dates_in_columns_of_parts(place):
    """Year, month, day and hour apart, the newest first: time, no inputs."""
    begin = datetime.datetime(2020, 2, 27)
    hours = [begin + datetime.timedelta(hours=i) for i in range(100)]
    loads = [f"{20 + 3 * math.sin(i / 5):.2f}" for i in range(100)]
    place.write("plain.csv", table(
        [(f"{t:%Y-%m-%d %H:00}", v) for t, v in zip(hours, loads)],
        header=("time", "load")))
    place.train("plain.csv -w 7").well()
    answers = place.answers("plain.csv")
    for head, form in (
            (("No", "year", "month", "day", "hour", "load"),
             lambda i, t: (100 - i, t.year, t.month, t.day, t.hour)),
            (("Year", "Month", "Day", "Time", "load"),
             lambda i, t: (t.year, t.month, t.day, f"{t:%H:%M}"))):
        rows = [(*form(i, t), v) for i, (t, v) in enumerate(zip(hours, loads))]
        place.write("t.csv", table(rows[::-1], header=head))
        place.train("t.csv -w 7", "t").well()
        same(place.encoding("t")["columns"], ["load"], "inputs")
        same(place.answers("t.csv", "t"), answers[::-1], str(head))
        place.predict("t.csv --last -o a.csv", "t").well()
        check("2020-03-02 04:00" in place.read("a.csv"), "the hour after")


def months_beside_years(place):
    rows = [(1990 + i // 12, 1 + i % 12, f"{50 + i + 5 * math.sin(i):.2f}")
            for i in range(90)]
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    head = ("Year", "Month", "sold")
    place.write("plain.csv", table([(f"{y}-{m:02d}", v) for y, m, v in rows],
                                   header=("when", "sold")))
    place.train("plain.csv -w 7").well()
    answers = place.answers("plain.csv")[::-1]
    for form in (str, lambda m: f"{m:02d}", lambda m: names[m - 1]):
        place.write("t.csv", table([(y, form(m), v) for y, m, v in rows[::-1]],
                                   header=head))
        place.train("t.csv -w 7", "t").well()
        same(place.encoding("t")["columns"], ["sold"], "inputs")
        same(place.answers("t.csv", "t"), answers, form(1))


def days_or_months(place):
    """03/04/2023 alone does not tell: said which, or asked."""
    rows = [(f"{1 + i % 12:02d}/{1 + i // 12:02d}/2023", f"{math.sin(i):.3f}")
            for i in range(96)]
    place.write("t.csv", table(rows, header=("date", "load")))
    run = place.train("t.csv -w 6")
    if run.code == 0:
        place.plan("t.csv").says("date", "day|month|D|order")
    else:
        run.refused("date", "--time|by")


def rows_in_any_order(place):
    """Sorted, said, and answered in the order of the file."""
    rows = [(f"{d:%Y-%m-%d}", v) for d, v in _days(120)]
    mixed = rows[:]
    random.Random(3).shuffle(mixed)
    place.write("plain.csv", table(rows, header=("date", "price")))
    place.write("t.csv", table(mixed, header=("date", "price")))
    place.train("plain.csv -w 7", "p").well()
    place.train("t.csv -w 7", "t").well()
    place.plan("t.csv").says("date", "sort|order")
    same(place.encoding("t")["mean"], place.encoding("p")["mean"], "means")

    # each row has the answer that it has in the sorted file
    of_row = dict(zip([r[0] for r in rows][-len(
        place.answers("plain.csv", "p")):], place.answers("plain.csv", "p")))
    wanted = [of_row[r[0]] for r in mixed if r[0] in of_row]
    same(place.answers("t.csv", "t"), wanted, "answers")
    same(place.answers("plain.csv --last", "t"),
         place.answers("t.csv --last", "t"), "the forecast past the end")


def the_order_can_be_left(place):
    rows = [(f"{d:%Y-%m-%d}", v) for d, v in _days(90)]
    place.write("t.csv", table(rows[::-1], header=("date", "price")))
    place.write("bare.csv", table([r[1:] for r in rows[::-1]],
                                  header=("price",)))
    same(place.means("t.csv -w 7 --time none"), place.means("bare.csv -w 7"),
         "means")


def doubled_and_missing_days(place):
    rows = [(f"{d:%Y-%m-%d}", v) for d, v in _days(100)]
    place.write("double.csv", table(rows[:50] + rows[49:],
                                    header=("date", "price")))
    run = place.train("double.csv -w 7")
    if run.code == 0:
        place.plan("double.csv").says("date", "the time of another")
    else:
        run.refused("2023-02-19", "--by|--time|line")
    place.write("gap.csv", table(rows[:50] + rows[53:],
                                 header=("date", "price")))
    place.train("gap.csv -w 7").well()
    place.plan("gap.csv").says("3 .*missing|missing.* 3")


# ---- Several series in one table ----

def _stores(count=100):
    """Sales of A rise from 100, those of B fall from 1000."""
    for store, base, slope in (("A", 100, 1), ("B", 1000, -1)):
        for i in range(count):
            d = _DAY + datetime.timedelta(i)
            yield f"{d:%Y-%m-%d}", store, d.isoweekday(), base + slope * i


_STORES = ("Date", "Store", "DayOfTheWeek", "Sales")


def two_stores_one_below_the_other(place):
    place.write("stores.csv", table(_stores(), header=_STORES))
    place.train("stores.csv -w 10").refused("stores.csv", "Date", "line 102",
                                            '--by "?Store')

    place.train("stores.csv -w 10 --by Store -t 1 --epochs 30 -H 16 "
                "--transform none", quick=False).well().says("160 windows")
    place.plan("stores.csv --by Store").says("Store", "2 series|A.*B")
    same(place.encoding()["columns"], ["DayOfTheWeek", "Sales"], "inputs")
    check(place.encoding()["target_mean"][0] > 400, "both are learned")

    # ten rows of a store, and the next: 91 answers each, none of both
    values = place.predict("stores.csv").well().values()
    same(len(values), 182, "number of answers")
    check(all(v < 500 for v in values[:91]), "answers for A are below 500")
    check(all(v > 600 for v in values[91:]), "answers for B are above 600")
    same(len(place.answers("stores.csv --last")), 2, "forecasts past the end")


def by_with_the_default_transform(place):
    """Differences do not cross the border either."""
    place.write("stores.csv", table(_stores(), header=_STORES))
    place.train("stores.csv -w 10 --by Store --transform difference -t 1 "
                "--epochs 20 -H 8", quick=False).well()
    last = place.predict("stores.csv --last").well().out.split()
    values = [float(v) for v in last if "." in v]
    check(any(abs(v - 200) < 8 for v in values), f"A: {values}, about 200")
    check(any(abs(v - 900) < 8 for v in values), f"B: {values}, about 900")


def stores_day_by_day(place):
    """Rows of the stores by turns: refused, and with --by as if apart."""
    rows = list(_stores())
    place.write("apart.csv", table(rows, header=_STORES))
    place.write("turns.csv", table(sorted(rows), header=_STORES))
    place.train("turns.csv -w 10").refused("Date", '--by "?Store')
    place.train("turns.csv -w 10 --by Store --transform none").well().says(
        "160 windows")
    same(sorted(place.answers("turns.csv")),
         sorted(place.answers("apart.csv")), "answers")
    same(sorted(place.answers("turns.csv --last")),
         sorted(place.answers("apart.csv --last")), "past the end")
    same(place.eval("turns.csv").well().score("MAE"),
         place.eval("apart.csv").well().score("MAE"), "MAE", 1e-3)


def three_stores_newest_first(place):
    rows = [(f"{d:%d.%m.%Y}", shop, float(v) * k)
            for d, v in list(_days(80))[::-1]
            for k, shop in ((1, "Rom"), (2, "Bonn"), (3, "Oslo"))]
    head = ("tag", "filiale", "umsatz")
    place.write("t.csv", table(rows, header=head))
    place.train("t.csv -w 7").refused('--by "?filiale')
    place.train("t.csv -w 7 --by filiale").well()
    same(len(place.answers("t.csv --last")), 3, "forecasts past the end")
    place.plan("t.csv --by filiale").says("3 series|Rom", "newest|revers|sort")


def by_two_columns(place):
    rows = [(f"{_DAY + datetime.timedelta(i):%Y-%m-%d}", shop, item,
             base + i % 7) for shop, item, base in
            (("A", "tea", 10), ("A", "rum", 20), ("B", "tea", 30),
             ("B", "rum", 40)) for i in range(60)]
    head = ("date", "shop", "item", "sold")
    place.write("t.csv", table(rows, header=head))
    place.train("t.csv -w 7").refused("--by")
    place.train("t.csv -w 7 --by shop,item").well()
    place.plan("t.csv --by shop,item").says("4 series")
    same(len(place.answers("t.csv --last")), 4, "forecasts past the end")
    place.train("t.csv -w 7 --by shop").refused("date", '--by.*item')


def by_without_a_date(place):
    """What tells the series apart need not be sorted by anything else."""
    rows = [(shop, base + i % 7) for shop, base in (("A", 10), ("B", 90))
            for i in range(60)]
    place.write("t.csv", table(rows, header=("shop", "sold")))
    place.train("t.csv -w 7 --by shop --transform none").well().says(
        "94 windows")
    same(len(place.answers("t.csv")), 2 * 54, "number of answers")


def a_series_by_number(place):
    """The column that tells series apart is no input, though it is numbers."""
    rows = [(f"{_DAY + datetime.timedelta(i):%Y-%m-%d}", k, 10 * k + i % 7)
            for k in (1, 2, 3) for i in range(60)]
    place.write("t.csv", table(rows, header=("date", "unit", "load")))
    place.train("t.csv -w 7").refused('--by "?unit')
    place.train("t.csv -w 7 --by unit").well()
    same(place.encoding()["columns"], ["load"], "inputs")
    # and a unit that was never seen is answered like any other
    place.write("new.csv", table([(d, 9, v) for d, k, v in rows if k == 1],
                                 header=("date", "unit", "load")))
    found = place.predict("new.csv").well().values()
    same(found, place.predict("t.csv").well().values()[:len(found)], "answers")


def a_short_series_among_long_ones(place):
    rows = [*_stores(), ("2023-01-01", "C", 7, 5), ("2023-01-02", "C", 1, 6)]
    place.write("t.csv", table(rows, header=_STORES))
    run = place.train("t.csv -w 10 --by Store")
    if run.code == 0:
        place.plan("t.csv -w 10 --by Store").says("C|1 .*short|short")
    else:
        run.refused("C", "2 rows|row")
