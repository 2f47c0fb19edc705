"""cell: twin, an Elman cell with tanh under another name and number, and
without a kernel of its own.
"""
import re

TITLE = "A cell"
WORD = "twin"
# PyTorch records its numbers; no exporter knows it, and it has no kernel and no
# field of its own
LEFT = ["tests/golden/cells.py", "tests/golden/twin.safetensors",
        "kernel/step.h", "kernel/stream.h", "src/export/onnx.c", "src/export/onnx_form.c",
        "src/export/torch.c", "src/trace/recurrent.c",
        "src/model/config_fields.c", "cli/train_options.c", "cli/cells.c"]
RECORDED = ["help", "completion", "completion-zsh", "completion-fish",
            "bad-values", "misfits"]
TRAIN = ("yes abcabd | head -500 >twin.txt; elman train twin.txt --cell twin "
         "--hidden 12 --steps 9 -o twin.safetensors && ")
# what no exporter knows is refused before anything is written
LINES = [(TRAIN + "elman info twin.safetensors", "twin 12"),
         ("elman inspect twin.safetensors twin.txt", "layer0  twin 12"),
         ("! elman convert twin.safetensors t.onnx && test ! -e t.onnx",
          "kind twin, for which ONNX has no operator"),
         ("! elman convert twin.safetensors t.safetensors --to torch && "
          "test ! -e t.safetensors", "twin"),
         ("elman verify --cases 60", "passed")]
TESTS = ["test_activation", "test_bits", "test_cases", "test_import",
         "test_fast", "test_state",
         "test_onnx_export"]


def follow(tree):
    header = tree.path("include/elman.h").read_text()
    enum = re.search(r"typedef enum elman_kind \{.*?\} elman_kind;", header,
                     re.S).group()
    last = max(map(int, re.findall(r"^    ELMAN_\w+ = (\d+)", enum, re.M)))
    more = re.sub(rf"( = {last})\b(.*?)(\n\}} elman_kind;)",
                  rf"\1,\2\n    ELMAN_TWIN = {last + 1} /* an RNN's twin */\3",
                  enum, flags=re.S)
    tree.write("include/elman.h", header.replace(enum, more))
    tree.before("src/base/kind.def", "\n#undef SEQUENCE",
                f'CELL({last + 1}, TWIN, twin, "twin", SEQUENCE, '
                "RECURRENT_WEIGHT)\n")

    cell = tree.path("src/cell/rnn.c").read_text()
    twin = re.sub(r"static step_kernel \*step\(.*?\n\n|    \.step = step,\n"
                  r"|    \.stream = stream,\n", "", cell, flags=re.S).replace("cell_rnn", "cell_twin")\
        .replace("ELMAN_ACTIVATION_TANH", "ELMAN_ACTIVATION_SOFTSIGN")
    tree.create("src/cell/twin.c", twin)
    tree.create("src/cell/reference_twin.c",
                tree.path("src/cell/reference_rnn.c").read_text()
                .replace("reference_rnn", "reference_twin"))
    tree.before("docs/EQUATIONS.md", "## A sequence",
                "### Twin\n\nAs the Elman cell, with softsign.\n\n")
