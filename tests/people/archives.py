"""archives.py: labelled series as the archives have them: UCR's lines, .ts,
.arff, .tsf; with labels, without, and from a pipe.
"""
import math

from place import check, same

_SLOPES = [([i + s * k for k in range(4)], s)
           for i in range(1, 21) for s in (1, -1)]
_HEAD = ("@problemName slope\n@timeStamps false\n@missing false\n"
         "@univariate true\n@equalLength true\n@seriesLength 4\n"
         "@classLabel {}\n@data\n")


def _ts(label, head=_HEAD.format("true up down")):
    """The slopes, each with what label makes of its sign."""
    return head + "".join(
        ",".join(map(str, values)) + label(sign) + "\n"
        for values, sign in _SLOPES)


def _named(sign):
    return ":up" if sign > 0 else ":down"


def _lines(separator, label=lambda sign: "up" if sign > 0 else "down"):
    return "".join(separator.join([label(sign), *map(str, values)]) + "\n"
                   for values, sign in _SLOPES)


def _bare(separator):
    return "".join(separator.join(map(str, values)) + "\n"
                   for values, _ in _SLOPES)


def series_without_labels(place):
    place.write("train.ts", _ts(_named))
    place.train("train.ts -t 1 --epochs 30 -H 8", quick=False).well()
    answers = place.answers("train.ts")
    same(len(answers), 40, "answers")
    others = {
        "none.ts": _ts(lambda s: "", _HEAD.format("false")),
        "question.ts": _ts(lambda s: ":?"),
        "unnamed.ts": _ts(_named, _HEAD.format("true")),
        "question.tsv": _lines("\t", lambda s: "?"),
        "named.tsv": _lines("\t"),
        "blanks.txt": _lines("  "),
    }
    for name, text in others.items():
        place.write(name, text)
        same(place.answers(name), answers, name)
    place.eval("none.ts").refused("none.ts", "label")


def lines_through_a_pipe(place):
    """Labels are known by what was trained; never read as a value."""
    place.write("train.tsv", _lines("\t"))
    place.train("train.tsv -t 1 --epochs 30 -H 8", quick=False).well()
    answers = place.answers("train.tsv")
    score = place.eval("train.tsv").well().out
    for name, text, option in (
            ("labels", _lines("\t"), ""), ("none", _bare("\t"), ""),
            ("commas", _bare(","), ""), ("blanks", _bare(" "), ""),
            ("labelled commas", _lines(","), ""),
            ("said", _lines("\t"), "--labels"),
            ("said not", _bare(","), "--no-labels"),
            ("questions", _lines("\t", lambda s: "?"), ""),
            ("windows", _lines("\t").replace("\n", "\r\n"), "")):
        same(place.answers(option, stdin=text.encode()), answers,
             f"{name} through a pipe")
    same(place.eval("-", stdin="train.tsv").well().out, score, "eval")


def labels_that_are_numbers(place):
    """1 and 2 in front are labels, in a file, a pipe, and other suffixes."""
    text = _lines("\t", lambda s: str(1 if s > 0 else 2))
    for name in ("train.tsv", "t.txt", "t.dat", "t_TEST"):
        place.write(name, text)
    place.train("train.tsv").well()
    answers = place.answers("train.tsv")
    score = place.eval("train.tsv").well().out
    for name in ("t.txt", "t.dat", "t_TEST"):
        for form in ("", " --format series"):
            same(place.answers(name + form), answers, f"{name}{form}")
            same(place.eval(name + form).well().out, score, f"{name}{form}")
        place.train(f"{name} --format series", "s").well()
        same(place.answers(name, "s"), answers, f"trained on {name}")
    same(place.answers("", stdin="train.tsv"), answers, "labels in a pipe")
    same(place.answers("", stdin=_bare("\t").encode()), answers, "none")
    # of five values there is no way to tell but to be told
    same(place.answers("--no-labels", stdin=_bare(",").encode()), answers,
         "none, and said so")


def other_lengths_of_lines(place):
    """Series of their own lengths: a label in front is not taken for one."""
    text = "".join("\t".join([("up", "down")[i % 2]] + [
        str(k if i % 2 else -k) for k in range(5 + i % 4)]) + "\n"
        for i in range(48))
    bare = "".join(line.split("\t", 1)[1] + "\n" for line in
                   text.splitlines())
    place.write("train.tsv", text)
    place.train("train.tsv").well()
    answers = place.answers("train.tsv")
    same(place.answers("", stdin=text.encode()), answers, "labels")
    same(place.answers("", stdin=bare.encode()), answers, "none")
    place.write("bare.tsv", bare)
    same(place.answers("bare.tsv"), answers, "none in a file")


def a_new_label_is_named(place):
    place.write("train.tsv", _lines("\t"))
    place.train("train.tsv").well()
    place.write("new.tsv", _lines("\t").replace("up", "level", 1))
    place.eval("new.tsv").refused("new.tsv", "line 1", "level")
    same(len(place.answers("new.tsv")), 40, "it is no matter for predict")


def comments_and_forms_of_labels(place):
    remark = "{0} cut down from a larger problem, for examples\n{0}\n"
    signs = _HEAD.format("true 1 -1")
    texts = {
        "plain.ts": _ts(lambda s: f":{s}", signs),
        "hash.ts": remark.format("#") + _ts(lambda s: f":{s}", signs),
        "percent.ts": remark.format("%") + _ts(lambda s: f":{s}", signs),
        "both.ts": remark.format("%") + remark.format("#")
        + _ts(lambda s: f":{s}", signs),
        "form.ts": _ts(lambda s: f":{s}", _HEAD.format("true 1.0 -1.0")),
        "float.ts": _ts(lambda s: f":{s}.0", signs),
        "exponent.ts": _ts(lambda s: f":{s}e0", signs),
        "blanks.ts": _ts(lambda s: f" : {s}", signs),
        "letters.ts": _ts(lambda s: f":{s}", signs.replace(
            "@classLabel", "@ClassLabel").replace("@data", "@DATA")),
        "new_word.ts": "@author someone\n@version 1.2\n"
        + _ts(lambda s: f":{s}", signs),
        "mark.ts": "\ufeff" + _ts(lambda s: f":{s}", signs),
        "windows.ts": _ts(lambda s: f":{s}", signs).replace("\n", "\r\n"),
        "no_list.ts": _ts(lambda s: f":{s}", _HEAD.format("true")),
    }
    place.write("plain.ts", texts["plain.ts"])
    place.train("plain.ts").well()
    answers = place.answers("plain.ts")
    score = place.eval("plain.ts").well().out
    for name, text in texts.items():
        place.write(name, text)
        place.train(name, "o").well().says("2 classes")
        same(place.answers(name), answers, f"answers of {name}")
        same(place.eval(name).well().out, score, f"eval of {name}")


def stamps_and_holes_of_ts(place):
    """(stamp,value) pairs, and ? for a missing value."""
    head = _HEAD.format("true up down")
    stamps = head.replace("@timeStamps false", "@timeStamps true")
    rows = "".join(",".join(
        f"(2007-01-01 {k:02d}:00:00,{v})" for k, v in enumerate(values))
        + _named(sign) + "\n" for values, sign in _SLOPES)
    place.write("plain.ts", _ts(_named))
    place.write("stamps.ts", stamps + rows)
    place.write("count.ts", stamps + "".join(",".join(
        f"({k},{v})" for k, v in enumerate(values)) + _named(sign) + "\n"
        for values, sign in _SLOPES))
    place.train("plain.ts").well()
    for name in ("stamps.ts", "count.ts"):
        same(place.answers(name), place.answers("plain.ts"), name)
        place.train(name, "s").well().says("2 classes")

    holed = _ts(_named).replace("1,2,3,4", "1,?,3,4")
    for name, text in (("hole.ts", holed), ("nan.ts", holed.replace(
            "?", "NaN")), ("told.ts", holed.replace("@missing false",
                                                    "@missing true"))):
        place.write(name, text)
        place.train(name, "h").refused(name, "line 9", "--missing")
        place.train(name + " --missing previous", "h").well()
        same(len(place.answers(name, "h")), 40, f"answers of {name}")


def values_to_learn_from_ts(place):
    """@targetLabel: a value for each series."""
    head = _HEAD.replace("@classLabel {}", "@targetLabel true")
    text = head + "".join(
        ",".join(map(str, values)) + f":{sum(values) / 4:.2f}\n"
        for values, _ in _SLOPES)
    place.write("t.ts", text)
    place.train("t.ts").well().says("regress")
    same(len(place.predict("t.ts").well().values()), 40, "answers")
    place.write("question.ts", head + "".join(
        ",".join(map(str, values)) + ":?\n" for values, _ in _SLOPES))
    same(place.answers("question.ts"), place.answers("t.ts"), "with ?")


def several_dimensions(place):
    """A colon between the dimensions, or a quoted cell of \\n in .arff."""
    place.write("t.ts", _HEAD.format("true up down").replace(
        "@univariate true", "@univariate false") + "".join(
        ",".join(map(str, v)) + ":" + ",".join(str(-2 * x) for x in v)
        + _named(s) + "\n" for v, s in _SLOPES))
    inner = "".join(f"@attribute a{k} numeric\n" for k in range(4))
    place.write("t.arff", "@relation slope\n@attribute data relational\n"
                + inner + "@end data\n@attribute class {up,down}\n@data\n"
                + "".join("'" + ",".join(map(str, v)) + "\\n"
                          + ",".join(str(-2 * x) for x in v) + "',"
                          + _named(s)[1:] + "\n" for v, s in _SLOPES))
    place.train("t.ts").well().says("2 values", "2 classes")
    place.train("t.arff", "a").well().says("2 values", "2 classes")
    same(place.answers("t.arff", "a"), place.answers("t.ts"), "answers")
    same(place.answers("t.arff"), place.answers("t.ts"), "by the other model")


def other_files_of_the_archives(place):
    """One problem in its forms: each is seen for what it is."""
    cases = [(1 if s > 0 else 2, [i + s * k for k in range(6)])
             for i in range(1, 31) for s in (1, -1)]
    names = "".join(f"@attribute att{k} numeric\n" for k in range(6))
    rows = "".join(",".join(map(str, x + [c])) + "\n" for c, x in cases)
    texts = {
        "Slope_TRAIN.tsv": "".join("\t".join(map(str, [c] + x)) + "\n"
                                   for c, x in cases),
        "Slope_TRAIN.txt": "".join(
            "   " + "   ".join(f"{v:.7e}" for v in [c] + x) + "\n"
            for c, x in cases),
        "Slope_TRAIN": "".join(",".join(map(str, [c] + x)) + "\n"
                               for c, x in cases),
        "Slope_TRAIN.arff": "@relation Slope\n" + names
        + "@attribute target {1,2}\n@data\n" + rows,
        "Capital.arff": "% from elsewhere\n@RELATION 'the slope'\n\n"
        + names.replace("@attribute", "@ATTRIBUTE").replace("numeric", "REAL")
        + "@ATTRIBUTE target {1, 2}\n\n@DATA\n" + rows.replace(",", ", "),
    }
    answers = None
    for name, text in texts.items():
        place.write(name, text)
        place.train(name).well().says("classify", "2 classes", "1 value")
        found = place.answers(name)
        same(found, answers or found, f"answers of {name}")
        answers = found
        place.eval(name).well().says("on 60 sequences")
        place.train(name + " --task classify", "c").well()
    for name in texts:
        same(place.answers(name), answers, f"{name} by one model")


def series_of_monash(place):
    """.tsf: every series is continued by itself."""
    head = ("# yearly\n@relation yearly\n@attribute series_name string\n"
            "@attribute start_timestamp date\n@frequency yearly\n@horizon 4\n"
            "@missing false\n@equallength false\n@data\n")
    place.write("yearly.tsf", head + "".join(
        f"T{i}:1979-01-01 00-00-00:" + ",".join(
            str(1000 * i + 30 * k) for k in range(14 + i % 3)) + "\n"
        for i in range(1, 40)))
    place.train("yearly.tsf -w 6").well().says("forecast", "4 steps")
    place.plan("yearly.tsf -w 6").says("39")
    last = place.answers("yearly.tsf --last")
    check(len(last) in (39, 4 * 39), f"{len(last)} forecasts of 39 series")
    check(place.eval("yearly.tsf").well().score("MAE") > 0, "eval")
    place.predict("yearly.tsf --last -o a.csv").well()
    check("T39" in place.read("a.csv"), "the series are named")

    place.write("hole.tsf", head + "T1:1979-01-01 00-00-00:1,2,?,4,5,6,7,8,9\n"
                * 30)
    place.train("hole.tsf -w 3 --horizon 1").refused("line 10", "--missing")


def a_short_problem_of_monash(place):
    """Too short for the window that is taken when none is given."""
    place.write("t.tsf", "@relation yearly\n@attribute series_name string\n"
                "@frequency yearly\n@horizon 4\n@missing false\n"
                "@equallength false\n@data\n" + "".join(
                    f"T{i}:" + ",".join(str(100 * i + 3 * k)
                                        for k in range(8 + i % 3)) + "\n"
                    for i in range(1, 40)))
    run = place.train("t.tsf")
    if run.code:
        run.refused("window", "--window|-w")
    place.train("t.tsf -w 4").well().says("forecast")


def padding_behind_short_lines(place):
    """NaN behind the end, as the archive pads them: the series alone."""
    cases = [(1 + i % 2, [round((k + i) * (i % 2 - 0.5), 2) for k in
                          range(5 + i % 4)]) for i in range(48)]
    place.write("bare.tsv", "".join("\t".join(map(str, [c] + x)) + "\n"
                                    for c, x in cases))
    place.write("pad.tsv", "".join("\t".join(map(
        str, [c] + x + ["NaN"] * (8 - len(x)))) + "\n" for c, x in cases))
    place.train("bare.tsv").well()
    answers = place.answers("bare.tsv")
    same(place.answers("pad.tsv"), answers, "answers")
    place.train("pad.tsv").well()
    same(place.answers("bare.tsv"), answers, "answers of a padded model")


def series_that_have_no_labels(place):
    """Their first values are no classes, one for every second line."""
    text = "".join("\t".join(str(round(0.1 * i + 0.3 * k, 2)) for k in
                             range(8)) + "\n" for i in range(60))
    place.write("t.tsv", text)
    place.train("t.tsv").refused("t.tsv", "class", "--task regress")
    place.train("t.tsv --no-labels").refused("t.tsv", "nothing to learn|label")
    place.train("t.tsv --task regress").well().says("regress")


def lines_that_are_no_series(place):
    place.write("t.tsv", _lines("\t") + "up\t1\t2\tthree\t4\n")
    place.train("t.tsv").refused("line 41", "three")
    place.write("t.ts", _ts(_named) + "1,2,x,4:up\n")
    place.train("t.ts").refused("line 49", "x")
    place.write("t.arff", "@relation r\n@attribute a numeric\n"
                "@attribute class {u,d}\n@data\n" + "1,u\n2,d\n" * 9
                + "1,2,u\n")
    place.train("t.arff").refused("line 23")
