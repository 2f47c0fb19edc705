"""c_source: what the checks of tools/ know of a C file: which lines are code,
comment or blank, and where its functions begin and end.
"""
import re

# a string, a character, a comment or a piece of anything else; an apostrophe
# without a partner on its line, as in #error, opens nothing
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|'
                   r"(?P<comment>/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*)|"
                   r"[^\"'/]+|.", re.S)
# comments that speak to a program
MARKS = re.compile(r"NOLINT|clang-format (?:on|off)|fall *through", re.I)


class Line:
    """One line: its code without comments, whether a comment is on it, and
    whether that speaks to a reader.
    """

    def __init__(self):
        self.code = ""
        self.comment = self.remark = False

    def is_code(self):
        return self.code.strip() != ""

    def is_blank(self):
        return not self.comment and not self.is_code()


def read(text):
    """The lines of a file."""
    lines = [Line()]
    for token in TOKEN.finditer(text):
        comment = token.group("comment")
        for number, part in enumerate(token.group().split("\n")):
            if number:
                lines.append(Line())
            if comment is None:
                lines[-1].code += part
            else:
                lines[-1].comment = True
                lines[-1].remark = not MARKS.search(comment)
    if lines[-1].is_blank():
        lines.pop()  # what follows the last newline
    return lines


def functions(lines):
    """Name and lines, from { to }, of each function that is defined. Reads
    the formatter's shape: these braces stand alone at the start of a line.
    """
    head, begin = "", None
    for number, line in enumerate(lines):
        code = line.code.rstrip()
        if code == "{":
            begin = number
        elif code == "}" and begin is not None:
            name = head.removeprefix("TEST(").split("(")[0].split(")")[0]
            yield name.split()[-1].lstrip("*"), lines[begin:number + 1]
            begin = None
        elif code[:1].isalpha() and "(" in code and begin is None:
            head = code
