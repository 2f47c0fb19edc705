"""figure.py: figures of studies, drawn by the library: elman_figure_save."""
import ctypes
import pathlib


class Line(ctypes.Structure):  # elman_line
    _fields_ = [("name", ctypes.c_char_p), ("count", ctypes.c_size_t),
                ("x", ctypes.POINTER(ctypes.c_double)),
                ("y", ctypes.POINTER(ctypes.c_double))]


class Figure(ctypes.Structure):  # elman_figure
    _fields_ = [("title", ctypes.c_char_p), ("x_label", ctypes.c_char_p),
                ("y_label", ctypes.c_char_p), ("count", ctypes.c_size_t),
                ("lines", ctypes.POINTER(Line)), ("log_x", ctypes.c_bool),
                ("log_y", ctypes.c_bool), ("width", ctypes.c_size_t),
                ("height", ctypes.c_size_t)]


def save(elman, path, title, x_label, y_label, lines, log_x=False,
         log_y=False):
    """lines is {name: [(x, y), ...]}; the library stands beside the program
    elman, where `make` puts both."""
    library = ctypes.CDLL(str(pathlib.Path(elman).resolve().parent
                              / "libelman.so"))
    library.elman_message.restype = ctypes.c_char_p
    kept = []
    for name, points in lines.items():
        numbers = [(ctypes.c_double * len(points))(*column)
                   for column in zip(*points)]
        kept.append(Line(name.encode(), len(points), *numbers))
    figure = Figure(title.encode(), x_label.encode(), y_label.encode(),
                    len(kept), (Line * len(kept))(*kept), log_x, log_y, 720,
                    400)
    if library.elman_figure_save(ctypes.byref(figure), str(path).encode()):
        raise SystemExit(library.elman_message().decode())
