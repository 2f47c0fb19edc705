#!/usr/bin/env python3
"""Records files of weights as PyTorch saves them: tests/golden/state.

    venv/bin/python tests/golden/make_torch_models.py

PyTorch 2.15 made the committed files. NAME.json says what a case holds:

    files         each holds the same weights: zip, older and compressed .pt,
                  .safetensors
    layers        their order, as elman_import_config has it
    inferable     whether the order is known without; null: another one is
    key, ignore, nonlinearity, batch_first   as in elman_import_config
    x, y          files of an input and what PyTorch gives for it, from the
                  stored weights in double
    says          parts of the message where the file must be refused
"""

import collections
import json
import pathlib
import shutil
import struct
import zipfile
import zlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

FOLDER = pathlib.Path(__file__).resolve().parent / "state"
CODES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16",
         torch.bfloat16: "BF16", torch.int64: "I64"}


def save_safetensors(tensors, path):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        raw = bytes(tensor.view(-1).view(torch.uint8).tolist())
        header[name] = {"dtype": CODES[tensor.dtype],
                        "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def compress(path):
    """The same zip file with its entries deflated."""
    with zipfile.ZipFile(path) as file:
        entries = [(i.filename, file.read(i)) for i in file.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            # a date of its own, so that the bytes stay the same
            file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def save(content, tensors, name, formats):
    files = []
    for format in formats:
        end = "safetensors" if format == "safetensors" else "pt"
        file = name if format in ("zip", "safetensors") else f"{name}_{format}"
        path = FOLDER / f"{file}.{end}"
        if format == "safetensors":
            save_safetensors(tensors, path)
        else:
            torch.save(content, path,
                       _use_new_zipfile_serialization=format != "older")
        if format == "compressed":
            compress(path)
        files.append(path.name)
    return files


def record(name, model, layers, forward, x, wrap=None, rename=None,
           formats=("zip", "safetensors"), type=torch.float32, inferable=True,
           state=None, **more):
    """forward(model, x) computes in double; wrap(state) is what is saved."""
    torch.manual_seed(zlib.crc32(name.encode()))
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    model.to(type)
    tensors = state(model) if state else model.state_dict()
    if rename:
        tensors = collections.OrderedDict(
            (rename(key), tensor) for key, tensor in tensors.items())
    files = save(wrap(model, tensors) if wrap else tensors, tensors, name,
                 formats)
    model.double()
    if x.is_floating_point():
        x = x.float().double()
    with torch.no_grad():
        y = forward(model, x)
    np.save(FOLDER / f"{name}_x.npy",
            x.float().numpy() if x.is_floating_point() else x.numpy())
    np.save(FOLDER / f"{name}_y.npy", y.float().numpy())
    write(name, {"files": files, "layers": layers, "inferable": inferable,
                 **more, "type": str(type).removeprefix("torch."),
                 "x": f"{name}_x.npy", "y": f"{name}_y.npy"})


def write(name, case):
    lines = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}"
                        for key, value in case.items())
    (FOLDER / f"{name}.json").write_text("{\n " + lines + "\n}\n")
    print(name, *case["files"])


class Net(nn.Module):
    """Modules one after the other; a recurrent one gives its output."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x):
        for module in self.children():
            x = module(x)
            x = x[0] if isinstance(x, tuple) else x
        return x


def plain(model, x):
    y = model(x)
    return y[0] if isinstance(y, tuple) else y


def cells(model, x):
    """A cell, step by step."""
    state, outputs = None, []
    for step in x:
        state = model.cell(step, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs)


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5))


def language():
    return Net(embed=nn.Embedding(11, 4), lstm=nn.LSTM(4, 5),
               fc=nn.Linear(5, 11))


TOKENS = torch.arange(10).reshape(5, 2) % 11


def single_modules():
    every = ("zip", "older", "compressed", "safetensors")
    record("lstm", nn.LSTM(4, 5, 2), ".", plain, draw(6, 3, 4), formats=every)
    record("gru_prefix", nn.GRU(3, 4, bidirectional=True, batch_first=True),
           "module.encoder.rnn", plain, draw(2, 5, 3), batch_first=True,
           rename=lambda key: "module.encoder.rnn." + key)
    record("rnn_relu", nn.RNN(3, 4, 3, nonlinearity="relu"), "rnn", plain,
           draw(5, 2, 3), nonlinearity="relu", rename=lambda key: "rnn." + key)
    record("lstm_no_bias", nn.LSTM(3, 4, bias=False), ".", plain,
           draw(5, 2, 3))
    record("bidirectional_proj",
           nn.LSTM(4, 6, 2, bidirectional=True, proj_size=3), "rnn", plain,
           draw(5, 2, 4), rename=lambda key: "rnn." + key)
    record("lstm_cell", Net(cell=nn.LSTMCell(3, 4)), "cell", cells,
           draw(5, 2, 3))
    record("gru_cell", Net(cell=nn.GRUCell(3, 4)), "cell", cells,
           draw(5, 2, 3))
    for type, name in [(torch.float16, "float16"), (torch.float64, "float64"),
                       (torch.bfloat16, "bfloat16")]:
        record(name, Net(lstm=nn.LSTM(3, 4), fc=nn.Linear(4, 2)), "lstm,fc",
               plain, draw(5, 2, 3), type=type,
               formats=("zip", "older", "safetensors"))


def models():
    record("language", language(), "embed,lstm,fc", plain, TOKENS,
           formats=("zip", "older", "safetensors"))

    tied = Net(embed=nn.Embedding(11, 5), lstm=nn.LSTM(5, 5),
               fc=nn.Linear(5, 11))
    tied.fc.weight = tied.embed.weight
    record("tied", tied, "embed,lstm,fc", plain, TOKENS,
           formats=("zip", "older"))
    record("norm", Net(rnn=nn.LSTM(3, 5), norm=nn.LayerNorm(5),
                       out=nn.Linear(5, 2)), "rnn,layer_norm:norm,out",
           plain, draw(5, 2, 3), inferable=False)

    def two(model, x):
        h = model.lstm(x)[0][-1]
        return model.fc2(F.relu(model.fc1(h)))
    record("two_linears", Net(lstm=nn.LSTM(3, 5), fc1=nn.Linear(5, 6),
                              fc2=nn.Linear(6, 2)),
           "lstm,last,fc1,relu,fc2", two, draw(5, 2, 3), inferable=False)

    def final(model, x):
        h_n = model.gru(x)[1]
        h = torch.cat([h_n[-2], h_n[-1]], 1)
        return F.log_softmax(model.head(h), dim=1)
    record("final", Net(gru=nn.GRU(3, 4, bidirectional=True),
                        head=nn.Linear(8, 3)),
           "gru,final,head,log_softmax", final, draw(5, 2, 3),
           inferable=None)
    record("stacked", Net(first=nn.LSTM(3, 5), second=nn.GRU(5, 4),
                          third=nn.RNN(4, 6), out=nn.Linear(6, 2)),
           "first,second,third,out", plain, draw(5, 2, 3), inferable=False)


def with_more(model, tensors):
    tensors = collections.OrderedDict(tensors)
    tensors["norm.num_batches_tracked"] = torch.tensor(7)
    tensors["criterion.weight"] = torch.ones(11)
    return tensors


def checkpoints():
    def trained(model, tensors):
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        loss = sum((p * p).sum() for p in model.parameters())
        loss.backward()
        state = {key: tensor.clone() for key, tensor in tensors.items()}
        optimizer.step()
        model.load_state_dict(state)
        return {"epoch": 3, "model": collections.OrderedDict(state),
                "optimizer": optimizer.state_dict(), "loss": 0.5,
                "best": None, "history": [1.5, 0.75], "done": True}
    record("checkpoint", language(), "embed,lstm,fc", plain, TOKENS,
           wrap=trained, formats=("zip", "older"), key="model")

    def averaged(model, tensors):
        ema = {key: tensor / 2 for key, tensor in tensors.items()}
        return {"ema": ema, "net": {"weights": dict(tensors)}}
    record("two_states", language(), "embed,lstm,fc", plain, TOKENS,
           wrap=averaged, formats=("zip",), key="net.weights")

    def lightning(model, tensors):
        return {"epoch": 1, "global_step": 20,
                "state_dict": tensors, "lr_schedulers": [],
                "hyper_parameters": {"hidden_size": 5, "name": "net"}}
    record("lightning", language(), "model.embed,model.lstm,model.fc", plain,
           TOKENS, wrap=lightning, formats=("zip",), key="state_dict",
           rename=lambda key: "model." + key)
    record("more", language(), "embed,lstm,fc", plain, TOKENS,
           ignore="*.num_batches_tracked,criterion.*",
           state=lambda model: with_more(model, model.state_dict()))

    def views(model):
        """Weights that are parts of larger storages, and turned ones."""
        tensors = collections.OrderedDict()
        for key, tensor in model.state_dict().items():
            if tensor.dim() == 2:
                wide = torch.zeros(tensor.shape[1] + 2, tensor.shape[0] + 1)
                view = wide[1:-1, 1:].t()
                view.copy_(tensor)
                tensors[key] = view
            else:
                tensors[key] = tensor
        flat = torch.cat([tensors["lstm.bias_ih_l0"],
                          tensors["lstm.bias_hh_l0"]])
        tensors["lstm.bias_ih_l0"] = flat[:20]
        tensors["lstm.bias_hh_l0"] = flat[20:]
        return tensors
    record("views", language(), "embed,lstm,fc", plain, TOKENS, state=views,
           formats=("zip", "older"))

    def parameters(model, tensors):
        return dict(model.named_parameters())
    record("parameters", language(), "embed,lstm,fc", plain, TOKENS,
           wrap=parameters, formats=("zip", "older"))


def refused():
    torch.save(nn.LSTM(2, 3), FOLDER / "whole_module.pt")
    write("whole_module", {"files": ["whole_module.pt"],
                           "says": ["torch.nn.modules.rnn"]})
    torch.save({"a": 1, "b": [2.5]}, FOLDER / "no_tensors.pt")
    write("no_tensors", {"files": ["no_tensors.pt"], "says": []})
    tensors = nn.LSTM(3, 4).state_dict()
    del tensors["bias_hh_l0"]
    torch.save(tensors, FOLDER / "one_bias.pt")
    write("one_bias", {"files": ["one_bias.pt"], "says": ["bias_hh_l0"]})
    tensors = nn.LSTM(3, 4).state_dict()
    tensors["weight_hh_l0"] = torch.zeros(16, 5)
    torch.save(tensors, FOLDER / "not_square.pt")
    write("not_square", {"files": ["not_square.pt"],
                         "says": ["weight_hh_l0"]})
    tensors = nn.LSTM(3, 4, 3).state_dict()
    for key in list(tensors):
        if key.endswith("l1"):
            del tensors[key]
    torch.save(tensors, FOLDER / "no_level.pt")
    write("no_level", {"files": ["no_level.pt"], "says": ["_l1"]})
    torch.save(with_more(None, language().state_dict()),
               FOLDER / "unclaimed.pt")
    write("unclaimed", {"files": ["unclaimed.pt"],
                        "says": ["num_batches_tracked"]})


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    single_modules()
    models()
    checkpoints()
    refused()
