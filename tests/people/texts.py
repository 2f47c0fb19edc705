"""texts.py: texts in the encodings that there are, a bad byte among good ones,
characters that were never seen.
"""
import gzip
import zipfile

from place import check, same

_TEXT = ("The rain in Spain stays mainly in the plain. He said \u201cno\u201d, "
         "left, and it was caf\u00e9 time.\n" * 120)
_LEARN = " -t 1 --epochs 1 -H 8 --embedding 4"
_ASCII = "hello world\n" * 60


def _train(place, name, line=""):
    return place.train(f"{name} {line}{_LEARN}", quick=False)


def _characters(place):
    return int(_train(place, "utf8.txt").well().score("vocabulary"))


def one_byte_that_is_not_utf8(place):
    """Named with its place; characters are learned all the same."""
    data = _TEXT.encode()
    place.write("utf8.txt", data)
    place.write("one.txt", data[:5000] + b"\x92" + data[5000:])
    usual = _characters(place)
    found = _train(place, "one.txt").well().says("characters")
    check(found.score("vocabulary") <= usual + 1, "the characters of the text")
    place.plan("one.txt").says("0x92", r"\b5000\b", "--bad-bytes|replace")
    place.elman("sample m.safetensors -n 60").well()

    _train(place, "one.txt", "--bad-bytes refuse").refused("0x92", "5000")
    _train(place, "one.txt", "--unit characters --bad-bytes refuse").refused(
        "0x92", "5000")
    _train(place, "one.txt", "--bad-bytes bytes").well().says("bytes")
    # what reads it later does the same
    place.eval("one.txt").well()


def a_text_cut_in_a_character(place):
    data = _TEXT.encode()
    place.write("utf8.txt", data)
    place.write("cut.txt", data[:data.index("\u00e9".encode(), 8000) + 1])
    usual = _characters(place)
    found = _train(place, "cut.txt").well().says("characters")
    check(found.score("vocabulary") <= usual + 1, "the characters of the text")
    place.plan("cut.txt").says("cut|end|byte")


def other_encodings(place):
    """Read as what they are, and that is said."""
    plain = _TEXT.replace("\u201c", '"').replace("\u201d", '"')
    place.write("utf8.txt", plain)
    place.write("quotes.txt", _TEXT)
    usual = _characters(place)
    for code, said in (("latin-1", "latin|8859"), ("utf-16", "utf-16"),
                       ("utf-16-be", "utf-16"), ("utf-16-le", "utf-16"),
                       ("utf-8-sig", "")):
        place.write("t.txt", plain, code)
        run = _train(place, "t.txt").well().says("characters")
        same(run.score("vocabulary"), usual, f"vocabulary of {code}")
        place.plan("t.txt").says(said)
        check(place.eval("t.txt").well().score("loss") > 0, f"eval of {code}")
    # with the smart quotes of Windows
    place.write("t.txt", _TEXT, "cp1252")
    run = _train(place, "t.txt").well().says("characters")
    place.write("utf8.txt", _TEXT)
    same(run.score("vocabulary"), _characters(place), "smart quotes")
    # and what is named is read as named
    place.write("t.txt", _TEXT, "cp1252")
    _train(place, "t.txt", "--encoding cp1252").well().says("characters")
    _train(place, "t.txt", "--encoding nonsense-7").refused("nonsense-7")


def an_encoding_that_is_not_known(place):
    """Two places in three that are no UTF-8 are no slips: asked."""
    text = "\u65e5\u672c\u8a9e\u306e\u8a66\u9a13\u3067\u3059\u3002\n" * 99
    place.write("utf8.txt", text)
    place.write("t.txt", text, "shift_jis")
    _train(place, "t.txt").refused("t.txt", "UTF-8", "--encoding")
    run = _train(place, "t.txt", "--encoding shift_jis").well()
    same(run.score("vocabulary"), _characters(place), "vocabulary")
    _train(place, "t.txt", "--encoding UTF-8").well()


def files_that_are_no_text(place):
    """What is packed, or of another program, is named with what to do."""
    place.write("t.txt", gzip.compress(_ASCII.encode()))
    place.train("t.txt").refused("t.txt", "gzip", "unpack")
    place.write("t.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n3,1\n" * 40))
    place.train("t.csv.gz").refused("gzip", "unpack")
    place.write("t.parquet", b"PAR1" + bytes(99) + b"PAR1")
    place.train("t.parquet").refused("Parquet", "csv")
    with zipfile.ZipFile(place.folder / "t.xlsx", "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", "<workbook/>")
    place.train("t.xlsx").refused("spreadsheet", "csv")
    place.train("t.xlsx --unit bytes").well().says("language")
    with zipfile.ZipFile(place.folder / "t.zip", "w") as file:
        file.writestr("t.csv", "a,b\n" + "1,2\n3,1\n" * 40)
    place.train("t.zip").refused("zip", "unpack")


def line_ends(place):
    """Those of Windows and of old Macs become those of all others."""
    place.write("utf8.txt", _ASCII)
    usual = _characters(place)
    for end in ("\r\n", "\r"):
        place.write("t.txt", _ASCII.replace("\n", end))
        run = _train(place, "t.txt").well()
        same(run.score("vocabulary"), usual, f"vocabulary with {end!r}")
        place.plan("t.txt").says("line ends")
    place.write("t.txt", _ASCII.replace("\n", "\r\n"))
    run = _train(place, "t.txt", "--line-ends keep").well()
    same(run.score("vocabulary"), usual + 1, "vocabulary when kept")


def a_zero_byte(place):
    place.write("t.txt", _ASCII.encode() + b"\0" + _ASCII.encode())
    run = _train(place, "t.txt")
    if run.code == 0:
        place.plan("t.txt").says("zero|NUL|0x00|U\\+0000", str(len(_ASCII)))
    else:
        run.refused("t.txt", "zero|NUL", "line 61|720")


def characters_never_seen(place):
    """Not scored, and their share is said; shown escaped."""
    place.write("t.txt", _ASCII)
    _train(place, "t.txt").well()
    place.write("ends.txt", _ASCII.replace("\n", "\r\n"))
    same(place.eval("ends.txt").well().out, place.eval("t.txt").out,
         "eval with other line ends")
    place.write("new.txt", "hello wyrld \u263a\n" * 30)
    run = place.eval("new.txt").well().says("%", "60 of 420")
    check(0 < run.score("loss") < 99, "a loss of the others")
    place.predict("new.txt").well()
    place.predict("", stdin="new.txt").well()
    place.write("none.txt", "\u263a" * 50)
    place.eval("none.txt").refused("none.txt")


def tiny_texts(place):
    place.write("one.txt", "a")
    place.write("two.txt", "ab")
    place.write("empty.txt", "")
    place.write("tiny.txt", "hello world\n" * 3)
    _train(place, "one.txt").refused("one.txt").says_not("--validation")
    _train(place, "empty.txt").refused("empty.txt", "empty")
    _train(place, "tiny.txt").well()
    run = _train(place, "two.txt")
    check(run.code in (0, 1), "trained or refused")


def odd_samples(place):
    place.write("names.txt", "".join(f"{name}\n" for name in (
        "anna", "bert", "carl", "dora", "emil") * 100))
    _train(place, "names.txt").well()

    def sample(line):
        return place.elman(f"sample m.safetensors {line}")

    sample("--prompt 'Zo e' -n 10").refused("--prompt", "Z", r"U\+005A")
    sample("--temperature -1 -n 12").refused("--temperature", "-1")
    first = sample("--temperature 0 -n 12").well().out
    same(sample("--temperature 0 -n 12").well().out, first, "temperature 0")


def numbers_are_no_prose(place):
    """A text of figures is a series or a table: said, or asked."""
    place.write("t.txt", "".join(f"{i % 9} {i % 7} {i % 5}\n"
                                 for i in range(90)))
    run = place.train("t.txt").says_not("language: char")
    if run.code == 0:
        run.says("table|series")
    else:
        run.refused("--format table", "--format series")
    place.train("t.txt --format text --unit characters").well().says("language")


def prose_with_commas_is_prose(place):
    place.write("t.txt", _TEXT)
    _train(place, "t.txt").well().says("language")
    place.write("letter", "Dear Sir,\n\nthank you, and yours, truly,\n" * 40)
    _train(place, "letter").well().says("language")
