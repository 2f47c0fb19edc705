"""dialects.py: one table in the ways it comes; whatever trains is evaluated and
predicted alike, from a file and through a pipe.
"""
import math

from place import check, same, table

_ROWS = [(f"1969-{1 + i % 12:02d}-01", 1600 + int(250 * math.sin(i / 2)),
          i % 2) for i in range(60)]
_HEAD = ("date", "KSI", "law")
_PLAIN = table(_ROWS, header=_HEAD)


def _text(separator, cell=lambda d: d, end="\n", header=_HEAD):
    return table([(cell(d), k, l) for d, k, l in _ROWS], separator, header, end)


_DIALECTS = {
    "blank_end.csv": _PLAIN + "\n",
    "blank_ends.csv": _PLAIN + "\n\n \n",
    "blank_within.csv": _PLAIN.replace("1640,0\n", "1640,0\n\n"),
    "no_end.csv": _PLAIN[:-1],
    "mac.csv": _text(",", end="\r"),
    "windows.csv": _text(",", end="\r\n"),
    "quoted.csv": _text(",", lambda d: f'"{d}, Wed"'),
    "quotes_in_quotes.csv": _text(",", lambda d: f'"the ""{d}"""'),
    "line_in_quotes.csv": _text(",", lambda d: f'"{d}\nWed"'),
    "all_quoted.csv": "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n"
        for line in _PLAIN.splitlines()),
    "semicolon.csv": _text(";", lambda d: f"{d}, Wed"),
    "tab.csv": _text("\t", lambda d: f"{d}, Wed"),
    "tab.tsv": _text("\t"),
    "bar.csv": _text("|"),
    "after_commas.csv": _text(", "),
    "trailing.csv": _text(",").replace("\n", ",\n"),
    "trailing_rows.csv": _text(",").replace("\n", ",\n").replace(
        "law,\n", "law\n"),
    "trailing_semicolon.csv": _text(";").replace("\n", ";\n"),
    "excel.csv": "sep=;\n" + _text(";"),
    "mark.csv": "\ufeff" + _PLAIN,
    "mark_windows.csv": "\ufeff" + _text(";", end="\r\n"),
    "utf16.csv": _PLAIN.encode("utf-16"),
    "utf16_be.csv": b"\xfe\xff" + _PLAIN.encode("utf-16-be"),
    "blanks.csv": _text(" "),
    "aligned.csv": _text("   "),
    "capital.CSV": _PLAIN,
}


def one_table_in_all_its_ways(place):
    """A model of the plain table answers each of them alike."""
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 6 --target KSI").well()
    score = place.eval("plain.csv").well().out
    answers = place.answers("plain.csv")
    for name, text in _DIALECTS.items():
        place.write(name, text)
        form = " --format table" if name.endswith(".tsv") else ""
        same(place.eval(name + form).well().out, score, f"eval of {name}")
        same(place.answers(name + form), answers, f"answers of {name}")
        same(place.answers("", stdin=name), answers, f"{name} through a pipe")


def each_of_them_trains(place):
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 6 --target KSI").well()
    score = place.eval("plain.csv").well().out
    for name, text in _DIALECTS.items():
        place.write(name, text)
        form = " --format table" if name.endswith(".tsv") else ""
        place.train(f"{name} -w 6 --target KSI{form}", "d").well()
        same(place.eval("plain.csv", "d").well().out, score,
             f"eval by a model of {name}")
        same(place.answers(name + form, "d"), place.answers("plain.csv"),
             f"answers of {name} by its own model")


def as_many_answers_as_windows(place):
    """60 rows, 6 to read: 54 windows and one past the end."""
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 6 -t 1 --epochs 2 -H 8 --target KSI",
                quick=False).well()
    answers = place.predict("plain.csv").well().values()
    same(len(answers), 55, "number of answers")
    check(1400 < answers[-1] < 1800, f"last answer {answers[-1]}")
    same(place.eval("plain.csv").well().score("on"), 54, "windows")


def no_header(place):
    """Columns by their numbers, in a model of its own and in one of names."""
    place.write("bare.csv", _text(",", header=None))
    place.write("plain.csv", _PLAIN)
    place.train("bare.csv -w 6 --target 2", "n").well()
    place.train("plain.csv -w 6 --target KSI").well()
    answers = place.answers("plain.csv")
    same(place.answers("bare.csv", "n"), answers, "answers of its own")
    same(place.answers("", "n", stdin="bare.csv"), answers, "through a pipe")
    same(place.eval("bare.csv", "n").well().out,
         place.eval("plain.csv").well().out, "eval")
    same(place.answers("bare.csv"), answers, "by a model of names")
    same(place.answers("bare.csv --no-header"), answers, "with --no-header")


def columns_in_another_order(place):
    place.write("plain.csv", _PLAIN)
    place.write("turned.csv", table([(l, k, d) for d, k, l in _ROWS],
                                    header=("law", "KSI", "date")))
    place.write("more.csv", table(
        [("x", l, -k, k, d, "n/a") for d, k, l in _ROWS],
        header=("place", "law", "other", "KSI", "date", "remark")))
    place.train("plain.csv -w 6 --target KSI").well()
    for name in ("turned.csv", "more.csv"):
        same(place.answers(name), place.answers("plain.csv"), name)
        same(place.eval(name).well().out, place.eval("plain.csv").out, name)
    place.write("less.csv", table([(d, k) for d, k, _ in _ROWS],
                                  header=("date", "KSI")))
    place.predict("less.csv").refused("less.csv", "law")


def names_in_other_letters(place):
    """A name in other letters, or with blanks around, is found or named."""
    place.write("plain.csv", _PLAIN)
    place.write("other.csv", _PLAIN.replace("date,KSI,law", "date, ksi ,LAW"))
    place.train("plain.csv -w 6 --target KSI").well()
    run = place.predict("other.csv")
    if run.code == 0:
        same(run.lines(), place.answers("plain.csv"), "answers")
    else:
        run.refused("KSI")


def without_the_column_to_predict(place):
    """A target that is no input need not be there to be predicted."""
    rows = [(f"{math.sin(i / 3):.3f}", f"{math.cos(i / 3):.3f}",
             f"{math.sin((i - 1) / 3):.3f}",
             "up" if math.cos(i / 3) > 0 else "down") for i in range(90)]
    head = ("a", "b", "late", "goes")
    place.write("all.csv", table(rows, header=head))
    place.write("inputs.csv", table([r[:2] for r in rows], header=head[:2]))
    place.write("empty.csv", table([(*r[:2], "", "") for r in rows],
                                   header=head))
    for target in ("--task tag --target goes", "--task track --target late",
                   "--task forecast --target late"):
        place.train(f"all.csv -w 6 --columns a,b {target}").well()
        for name in ("inputs.csv", "empty.csv"):
            same(place.answers(name), place.answers("all.csv"),
                 f"answers of {name} to {target}")
        place.eval("inputs.csv").refused("inputs.csv", target.split()[-1])


def any_name_with_its_format(place):
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 6 --target KSI").well()
    for name in ("plain.txt", "plain.dat", "plain", "plain.csv.bak"):
        place.write(name, _PLAIN)
        for form in ("", " --format table"):
            same(place.answers(name + form), place.answers("plain.csv"), name)
            same(place.eval(name + form).well().out,
                 place.eval("plain.csv").out, name)
        place.train(f"{name} -w 6 --target KSI --format table", "d").well()
        same(place.answers(name, "d"), place.answers("plain.csv"), name)
    # what holds a table is seen without the option as well
    place.train("plain.txt -w 6 --target KSI", "d").well().says("forecast")
    same(place.answers("plain.txt", "d"), place.answers("plain.csv"), "found")


def names_beyond_ascii(place):
    text = _PLAIN.replace("KSI", "H\u00f6he").replace("law", "na\u00efve")
    for code in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-8-sig"):
        place.write("t.csv", text, code)
        place.train("t.csv -w 6 --target H\u00f6he").well()
        same(place.encoding()["columns"], ["H\u00f6he", "na\u00efve"], code)
        check(len(place.answers("t.csv")) > 50, f"answers in {code}")
    place.write("t.csv", text, "latin-1")
    place.plan("t.csv").says("Latin-1|ISO-8859-1|windows-1252|cp1252")


def blanks_between_columns(place):
    rows = [(5 + i % 7, 150 + int(30 * math.sin(i / 4)), 60 - i % 11)
            for i in range(60)]
    head = ("Chins", "Situps", "Jumps")
    place.write("plain.csv", table(rows, header=head))
    place.write("blanks.csv", table(rows, " ", head))
    place.write("bare.csv", table(rows, " "))
    place.write("quoted.csv", table(rows, " ", [f'"{h}"' for h in head]))
    place.write("wide.csv", "".join(
        "".join(f"{cell:>9}" for cell in row) + "\n" for row in [head, *rows]))
    wanted = place.means("plain.csv -w 8")
    place.train("plain.csv -w 8").well()
    for name in ("blanks.csv", "bare.csv", "quoted.csv", "wide.csv"):
        same(place.means(name + " -w 8"), wanted, f"means of {name}")
        same(place.answers(name), place.answers("plain.csv"), name)
    place.train("quoted.csv -w 8").well()
    same(place.encoding()["columns"], list(head), "names in quotes")


def a_row_too_short_is_named(place):
    for wrong, what in (("1640", "2"), ("1640,0,9,9", "5")):
        lines = _PLAIN.splitlines()
        lines[30] = f"1969-07-01,{wrong}"
        place.write("t.csv", "\n".join(lines) + "\n")
        place.train("t.csv -w 6 --target KSI").refused("line 31", what, "3")
    place.write("plain.csv", _PLAIN)
    place.train("plain.csv -w 6 --target KSI").well()
    place.predict("t.csv").refused("line 31")


def a_small_table_is_enough(place):
    """119 rows, 24 to read and 12 to forecast: trained, split or not."""
    rows = [(f"{1990 + i // 12}-{1 + i % 12:02d}",
             f"{100 + i + 20 * math.sin(i * math.pi / 6):.1f}")
            for i in range(119)]
    place.write("t.csv", table(rows, header=("month", "sold")))
    place.train("t.csv -w 24 --horizon 12").well()
    check(len(place.answers("t.csv --last")) >= 1, "a forecast past the end")
    place.write("short.csv", table(rows[:20], header=("month", "sold")))
    place.train("short.csv -w 24 --horizon 12").refused("20 rows", "--window")


def a_mark_before_the_header(place):
    rows = [(f"{100 + 7 * math.sin(i / 5):.3f}", f"d{i}") for i in range(400)]
    place.write("bom.csv", table(rows, header=("price", "day"), end="\r\n"),
                "utf-8-sig")
    place.train("bom.csv -w 16 --target price").well()
    last = place.predict("bom.csv").well().values()[-1]
    check(90 < last < 110, f"last forecast {last}")
