"""check_events FOLDER LOG [accumulator]: the events of a run against its JSON
lines; with a third word read by TensorBoard's own EventAccumulator as well.
"""
import json
import struct
import sys
import zlib

import read_events


def picture(data):
    """Width, height and the rows of a PNG with a palette."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        (check,) = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        assert zlib.crc32(name + body) == check, name
        chunks[name] = body
        at += 12 + size
    width, height, bits, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (bits, colours, len(chunks[b"PLTE"])) == (8, 3, 768)
    rows = zlib.decompress(chunks[b"IDAT"])
    assert len(rows) == height * (width + 1)
    assert not any(rows[::width + 1]), "a filter"
    return width, height, rows


def check_histogram(tag, data):
    got = read_events.fields(data)
    least, most, total = got[1][0], got[2][0], got[3][0]
    limits, counts = ([x for x, in struct.iter_unpack("<d", got[n][0])]
                      for n in (6, 7))
    assert len(limits) == len(counts) and limits == sorted(limits), tag
    assert abs(sum(counts) - total) < 1e-6 and total > 0, tag
    assert least <= most and limits[-1] >= most - 1e-9 * abs(most), tag
    assert got[5][0] >= 0 and abs(got[4][0]) <= total * max(
        abs(least), abs(most)) * (1 + 1e-9), tag


def main():
    folder, log = sys.argv[1:3]
    lines = [json.loads(line) for line in open(log)]
    rows = [line for line in lines if line["event"] == "evaluation"]
    numbers, kinds, count = {}, {}, 0
    for step, tag, value in read_events.values(folder):
        count += 1
        if 2 in value:
            numbers.setdefault(tag, {})[step] = value[2][0]
        elif 5 in value:
            kinds.setdefault("histogram", []).append(tag)
            check_histogram(tag, value[5][0])
        elif 4 in value:
            kinds.setdefault("image", []).append(tag)
            image = read_events.fields(value[4][0])
            width, height, pixels = picture(image[4][0])
            assert (image[2], image[1]) == ([width], [height]), tag
            assert max(pixels) == 255, f"{tag}: nothing flows"
        elif 8 in value:
            kinds.setdefault("text", []).append(tag)
        else:
            kinds.setdefault("parameters", []).append(tag)

    # every evaluation is there, with the numbers of the log
    for tag, names in {
            "validation/loss": ("validation", "loss"),
            "gradient/mean_norm": ("norm",),
            "gradient/horizon": ("horizon",),
            "gates/saturation": ("saturation",)}.items():
        for row in rows:
            want = row
            for name in names:
                want = want[name]
            got = numbers.get(tag, {}).get(row["step"])
            assert (want is None) == (got is None), (tag, row["step"])
            assert want is None or abs(got - want) <= 1e-6 * abs(want), tag
    steps = [line for line in lines if line["event"] == "step"]
    assert set(numbers["train/loss"]) >= {line["step"] for line in steps}

    assert sorted(set(kinds["parameters"])) == [
        "_hparams_/session_end_info", "_hparams_/session_start_info"]
    assert {"settings", "sample"} == set(kinds["text"])
    assert any(tag.startswith("gradients/") for tag in kinds["histogram"])
    assert any(tag.startswith("gates/") for tag in kinds["histogram"])
    assert any(tag.startswith("flow/") for tag in kinds["image"])
    print(f"{count} values")
    if len(sys.argv) > 3:
        accumulate(folder, numbers, kinds)


def accumulate(folder, numbers, kinds):
    """As many of each kind, and the same numbers, in TensorBoard."""
    from tensorboard.backend.event_processing import event_accumulator

    sizes = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
    events = event_accumulator.EventAccumulator(folder, size_guidance=sizes)
    events.Reload()
    tags = events.Tags()
    assert set(tags["scalars"]) == set(numbers)
    for tag, want in numbers.items():
        got = {e.step: e.value for e in events.Scalars(tag)}
        assert got == want, tag
    for kind, read in {"histogram": events.Histograms,
                       "image": events.Images}.items():
        for tag in set(kinds[kind]):
            assert len(read(tag)) == kinds[kind].count(tag), tag
    for tag in set(kinds["text"]):
        data = events.Tensors(tag)
        assert len(data) == kinds["text"].count(tag), tag
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        assert plugin == "text" and data[0].tensor_proto.string_val[0]
    check_parameters(events)
    print("the same in TensorBoard")


def check_parameters(events):
    from tensorboard.plugins.hparams import metadata

    content = events.PluginTagToContent("hparams")
    start = metadata.parse_session_start_info_plugin_data(
        content["_hparams_/session_start_info"])
    end = metadata.parse_session_end_info_plugin_data(
        content["_hparams_/session_end_info"])
    assert start.hparams["hidden"].number_value == 12
    assert start.hparams["cell"].string_value == "lstm"
    assert end.status == 1 and end.end_time_secs >= start.start_time_secs


main()
