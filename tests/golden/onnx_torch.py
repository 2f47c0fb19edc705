"""Models as PyTorch's two exporters write them."""

import contextlib
import io
import logging
import warnings
import zlib

import onnx
import torch

from onnx_book import runtime
from onnx_models import MODELS, Wanted
from onnx_sizes import SEED
import onnx_models_cells  # noqa: F401 adds its models
import onnx_models_deployed  # noqa: F401 adds its models

logging.disable(logging.WARNING)


def quiet(call, *arguments, **options):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return call(*arguments, **options)


def older(module, given, wanted):
    """torchscript: axes by name where they are free."""
    file = io.BytesIO()
    axes = {name: dict(free) for name, free in wanted.axes.items()
            if wanted.dynamic}
    quiet(torch.onnx.export, module, tuple(given.values()), file,
          dynamo=False, input_names=list(given), output_names=wanted.outputs,
          dynamic_axes=axes, **wanted.options)
    return onnx.load_from_string(file.getvalue())


def newer(module, given, wanted):
    free = torch.export.Dim.DYNAMIC
    shapes = None
    if wanted.dynamic:
        shapes = tuple({axis: free for axis in wanted.axes.get(name, {})}
                       for name in given)
    program = quiet(torch.onnx.export, module, tuple(given.values()),
                    dynamo=True, input_names=list(given),
                    output_names=wanted.outputs, dynamic_shapes=shapes,
                    external_data=False, verbose=False, **wanted.options)
    return program.model_proto


EXPORTERS = {"torchscript": older, "dynamo": newer}


def agree(name, module, given, got):
    """ONNX Runtime gives what PyTorch gives."""
    with torch.no_grad():
        want = module(*given.values())
    want = [want] if torch.is_tensor(want) else list(want)
    for (output, array), tensor in zip(got.items(), want, strict=True):
        far = (torch.tensor(array).double() - tensor.double()).abs().max()
        bar = 2e-2 if array.dtype.itemsize == 2 else 1e-5
        assert far < bar, f"{name}: {output} is {far} from PyTorch's"


def torch_cases(book):
    for wanted in MODELS:
        assert isinstance(wanted, Wanted)
        for exporter in wanted.exporters:
            name = f"{exporter}_{wanted.name}"
            if book.wants(name):
                record(book, name, exporter, wanted)


def record(book, name, exporter, wanted):
    torch.manual_seed(zlib.crc32(wanted.name.encode()) + SEED)
    module = wanted.make().eval().to(wanted.type)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.6, 0.6)
    given = [wanted.inputs(T, B) for T, B in wanted.sizes]
    for inputs in given:
        for key, tensor in inputs.items():
            if tensor.is_floating_point():
                inputs[key] = tensor.to(wanted.type)
    model = EXPORTERS[exporter](module, given[0], wanted)
    # an input that was folded away is not an input of the graph
    left = {value.name for value in model.graph.input}
    sets = [{key: tensor.numpy() for key, tensor in inputs.items()
             if key in left} for inputs in given]
    expected = source = None
    if wanted.by_torch:  # ONNX Runtime does not take it
        source = "PyTorch " + torch.__version__.split("+")[0]
        expected = []
        for inputs in given:
            with torch.no_grad():
                out = module(*inputs.values())
            out = [out] if torch.is_tensor(out) else out
            expected.append({key: value.numpy() for key, value
                             in zip(wanted.outputs, out, strict=True)})
    else:
        expected = [runtime(model, inputs) for inputs in sets]
        for inputs, got in zip(given, expected):
            agree(name, module, inputs, got)
    more = {"streams": not module.rnn.bidirectional} if (
        exporter == "dynamo" and name.startswith("dynamo_rnn_")
        and hasattr(module, "rnn")) else wanted.more
    book.add(name, model, sets, expected, source, dynamic=wanted.dynamic,
             longer=[longer(module, wanted, *size) for size in wanted.longer],
             **more)


def longer(module, wanted, T, B):
    """Inputs that no export was made for, and what PyTorch gives."""
    inputs = {key: tensor.to(wanted.type) if tensor.is_floating_point()
              else tensor for key, tensor in wanted.inputs(T, B).items()}
    with torch.no_grad():
        out = module(*inputs.values())
    out = [out] if torch.is_tensor(out) else out
    return ({key: tensor.numpy() for key, tensor in inputs.items()},
            {key: value.numpy() for key, value in zip(wanted.outputs, out)})
