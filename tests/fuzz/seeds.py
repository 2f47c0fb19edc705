"""seeds.py: where the seeds go, for the files that write them."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
DEEP = 3000  # levels: over every bound, yet a small file
LONG = 2000  # bytes of a name or number


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes)
                                else data.encode())


def cut(target, name, data, parts=6):
    """The file, and beginnings of it."""
    put(target, name, data)
    for i in range(1, parts):
        put(target, f"{name}-cut-{i}", data[:len(data) * i // parts])
