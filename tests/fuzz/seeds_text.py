"""seeds_text.py: seeds of tables, series, texts, encodings."""
import json
import struct

from seeds import cut, put


# ---- Text -------------------------------------------------------------------

def tables():
    rows = "".join(f"{i},{i * i % 7}\n" for i in range(12))
    both = {
        "empty": "", "header": "a,b\n", "numbers": rows,
        "named": "a,b\n" + rows,
        "tags": "x,y,tag\n" + "1,2,up\n2,1,down\n" * 4,
        "semicolons": "a;b\r\n1,5;2\r\n" * 4, "tabs": "1\t2\n2\t3\n" * 5,
        "mark": b"\xef\xbb\xbfa,b\n1,2\n3,4\n5,6\n7,8\n9,1\n",
        "ragged": "a,b\n1,2\n3\n", "empty-field": "a,b\n1,\n2,3\n" * 3,
        "text-in-number": "a,b\n1,0.2x\n", "open-quote": 'a,b\n"1,2\n',
        "quotes": '"a ""b""","c,d"\n"1","2"\n' * 3, "zero": b"a,b\n1,\0\n",
        "utf16": "a,b\n1,2\n".encode("utf-16"), "binary": bytes(range(256)),
        "overflow": "a,b\n1e400,1\n", "nan": "a,b\nnan,1\n?,2\n" * 4,
        "label-huge": "a,b\n1,100000000000000000000\n" * 4,
        "one-line": "1," * 3000, "one-cell": "1" * 4000,
        "lines": "\n" * 2000 + "1,2\n", "returns": "1,2\r" * 8,
        "one-row": "1,2", "quoted-lines": '"a\nb"\n1\n2\n3\n4\n5\n'}
    for name, data in both.items():
        put("csv", name, data)
        put("table", name, data)


def series():
    head = "@problemName p\n@univariate true\n@classLabel true a b\n@data\n"
    cut("series", "ts", (head + "1,2,3:a\n2,3,4:b\n3,2,1:a\n0,1,0:b\n").encode())
    put("series", "ts-dimensions", "#c\n@classLabel true a b\n@data\n" +
        "1,2:3,4:a\n2,?:4,5:b\n" * 3)
    put("series", "ts-target", "@targetLabel true\n@data\n" +
        "1,2,3:0.5\n1,2:1.5\n" * 3)
    put("series", "ts-stamps", "@timestamps true\n@data\n(0,1),(1,2):a\n")
    put("series", "ts-no-data", "@classLabel true a\n")
    put("series", "ts-unequal", "@data\n1,2:3:a\n")
    put("series", "ts-label-new", head + "1,2:c\n")
    put("series", "ts-missing", head + "?,NaN,:a\n:b\n")
    put("series", "tsv", "1\t0.1\t0.2\n2\t0.3\t0.1\n" * 4)
    put("series", "tsv-names", "up\t1\t2\ndown\t3\tNaN\n" * 4)
    put("series", "tsv-one-class", "1\t1\t2\n" * 4)
    put("series", "tsv-one-row", "1\t1\t2")
    for label in ["-1", "1.5", "2147483647", "1e20", "1e400", "nan", ""]:
        put("series", f"tsv-label-{label or 'none'}", f"{label}\t1\t2\n" * 4)
    put("series", "tsv-wide", "1" + "\t1" * 2000 + "\n")
    put("series", "tsv-many-labels", "".join(f"{i}\t1\n" for i in range(400)))
    put("series", "empty", "")
    put("series", "zero", b"1\t1\t\0\n")


def arrays():
    def npy(descr, shape, data):
        head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"
        return (b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() +
                data)

    values = struct.pack("<8f", 1, 0, 0, 1, 1, 0, 0, float("nan"))
    for shape in ["(4, 2)", "(2, 4)", "(2, 2, 2)", "(4, 1, 2)", "(8,)", "(0, 8)"]:
        put("array", "floats-" + shape.replace(" ", ""), npy("<f4", shape, values))
    whole = bytes([0, 1, 0, 1, 1, 0, 2, 1])
    for shape in ["(4, 2)", "(2, 2, 2)", "(8, 1)"]:
        put("array", "whole-" + shape.replace(" ", ""), npy("|i1", shape, whole))
    put("array", "texts", npy("<U2", "(1,)", whole))
    put("array", "bytes", npy("|S2", "(2, 2)", whole))


def archives():
    head = "% c\n@relation r\n@attribute a numeric\n@attribute 'b c' real\n"
    cut("arff", "plain", (head + "@attribute t {u,v}\n@data\n" +
                          "1,2,u\n3,?,'v'\n5,6,v\n").encode())
    put("arff", "dimensions", "@relation 'r'\n@attribute s relational\n"
        "@attribute a numeric\n@end s\n@attribute t {u,v}\n@data\n"
        "'1,2\\n3,4',u\n\"5\\n6\",v\n'?,1\\n2,3\\n',v\n")
    put("arff", "target", head + "@attribute y numeric\n@data\n1,2,0.5\n" * 2)
    put("arff", "sparse", head + "@data\n{0 1}\n")
    put("arff", "open-quote", head + "@data\n'1,2\n")
    put("arff", "unequal", "@attribute s relational\n@end s\n"
        "@attribute t {u,v}\n@data\n'1,2\\n3',u\n")

    head = ("# c\n@relation r\n@attribute n string\n@attribute d date\n"
            "@frequency monthly\n@horizon 2\n@missing true\n@data\n")
    series = ",".join(str(i * i % 7) for i in range(30))
    cut("tsf", "plain", (head + f"T1:1979-01-01 00-00-00:{series}\n" +
                         "T2:2000-12-01 00-00-00:?,1,2,?,4,5,6,7,8\n").encode())
    for step in ["4_seconds", "10_minutes", "weekly", "0_days", "odd"]:
        put("tsf", f"every-{step}", head.replace("monthly", step) +
            f"T:2020-02-28 23-59-58:{series}\n")
    put("tsf", "far", head + f"T:9999-12-31 00-00-00:{series}\n")
    put("tsf", "no-date", f"@frequency daily\n@data\n{series}\n")
    put("tsf", "attributes", "@attribute n string\n" * 80 + "@data\n1\n")
    put("tsf", "horizon", head.replace("@horizon 2", "@horizon 99999999999"))


def texts():
    put("text", "words", "the cat sat, the cat ate; the dog \u00e4t\n" * 2)
    put("text", "bytes", bytes(range(256)))
    put("text", "utf8-broken", b"ab\xc3(\xe2\x82\xed\xa0\x80\xf8\x88\xc0\x80")
    put("text", "mark", b"\xef\xbb\xbfabc abc abc")
    put("text", "empty", "")
    put("text", "one", "a")
    put("text", "two", "ab")
    put("text", "spaces", " \n \t " * 9)
    put("text", "longest-points", "\U0010ffff\u07ff\uffff\u0080" * 3)


def encodings():
    def numbers(task, **more):
        return json.dumps({"version": 1, "task": task, "mean": [0.1],
                           "scale": [2.0], **more})

    def language(unit, tokens):
        return json.dumps({"version": 1, "task": "language", "unit": unit,
                           "tokens": tokens})
    target = {"target_mean": [0], "target_scale": [1], "target_names": ["a"]}
    put("encoding", "bytes", language("bytes", [0, 10, 34, 58, 123, 255]))
    put("encoding", "characters", language("characters", [
        "\0", "\n", "\"", ":", "a", "e", "\u00e4"]))
    put("encoding", "words", language("words", [" ", "\"", ":", "a", "task"]))
    put("encoding", "classify", numbers("classify", labels=["-1", "x"]))
    put("encoding", "forecast", numbers("forecast", columns=["a"], window=32,
                                        horizon=7, **target))
    put("encoding", "regress", numbers("regress", **target))
    put("encoding", "tag", numbers("tag", labels=["a", "b"]))
    put("encoding", "scale-0", numbers("classify", labels=["a"], scale=[0]))
    put("encoding", "horizon-huge", numbers(
        "forecast", window=1, horizon=(1 << 63) - 1, **target))
    put("encoding", "tokens-unsorted", language("words", ["b", "a"]))
    put("encoding", "tokens-many", language("words", sorted(
        f"w{i}" for i in range(300))))
    put("encoding", "transform", numbers(
        "forecast", window=9, horizon=7, season=12,
        transform="log,seasonal:12,difference", **target))
    put("encoding", "transform-zscore", numbers("forecast", window=9, horizon=1,
                                                transform="zscore", **target))
    put("encoding", "season-huge", numbers(
        "forecast", window=9, horizon=1, season=1 << 62,
        transform="seasonal", **target))
    put("encoding", "empty", "")


def residuals():
    def table(levels, quantiles):
        return json.dumps({"version": 1, "count": 9, "levels": levels,
                           "quantiles": quantiles})
    put("residuals", "two", table([0.1, 0.5, 0.9], [[-1, 0, 2.5], [-4, 1, 1]]))
    put("residuals", "one-level", table([0.5], [[1e300]]))
    put("residuals", "descending", table([0.1, 0.9], [[1, 0]]))
    put("residuals", "short", table([0.1, 0.9], [[1]]))
    put("residuals", "empty", "")


def journals():
    def journal(rows, total, **settings):
        return json.dumps({
            "version": 1, "settings": settings, "total": total,
            "columns": ["number", "step", "best", "epoch", "loss", "later"],
            "rows": rows})
    rows = [[0, 10, 0, 1.0, 2.5, None], [1, 20, 1, 2.0, "inf", [1]],
            [2, 30, 0, 3.0, None, "x"]]
    put("journal", "three", journal(rows, 3, data="a.txt", lr="0.1"))
    put("journal", "none", journal([], 0))
    many = [[2 * i, i + 1, i % 3 == 0, 0.5, 1 / (i + 1), 0]
            for i in range(60)]
    put("journal", "many", journal(
        [[int(v) if k == 2 else v for k, v in enumerate(r)] for r in many],
        119))
    put("journal", "descending", journal(rows[::-1], 3))
    put("journal", "total", journal(rows, 9))
    put("journal", "far", journal([[2**63 - 1, 2**63 - 1, 1, 0, 0, 0]], 1))
    put("journal", "empty", "")


def write():
    tables()
    series()
    arrays()
    archives()
    texts()
    encodings()
    residuals()
    journals()
