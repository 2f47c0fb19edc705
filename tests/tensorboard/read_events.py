"""read_events: event files read by the format alone, without TensorBoard:
every record with both of its checks, every field by its number.
"""
import pathlib
import struct

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def masked(data):
    total = 0xFFFFFFFF
    for byte in data:
        total = total >> 8 ^ TABLE[(total ^ byte) & 255]
    total ^= 0xFFFFFFFF
    return ((total >> 15 | total << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    data, at = path.read_bytes(), 0
    while at < len(data):
        head = data[at:at + 8]
        size, check = struct.unpack("<QI", data[at:at + 12])
        assert masked(head) == check, f"{path}: length at byte {at}"
        body = data[at + 12:at + 12 + size]
        assert len(body) == size, f"{path}: cut at byte {at}"
        (check,) = struct.unpack("<I", data[at + 12 + size:at + 16 + size])
        assert masked(body) == check, f"{path}: content at byte {at}"
        yield body
        at += 16 + size


def varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def fields(data):
    """A message as {number: [values]}."""
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            (value,), at = struct.unpack_from("<d", data, at), at + 8
        elif kind == 5:
            (value,), at = struct.unpack_from("<f", data, at), at + 4
        else:
            assert kind == 2, f"wire type {kind}"
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        found.setdefault(key >> 3, []).append(value)
    return found


def values(folder):
    """(step, tag, fields) of each value; the version is checked."""
    files = sorted(pathlib.Path(folder).glob("*tfevents*"))
    assert files, f"{folder}: no event file"
    for path in files:
        first = True
        for record in records(path):
            event = fields(record)
            assert event[1][0] > 1e9, "wall time"
            if first:
                assert event[3] == [b"brain.Event:2"], event
                first = False
                continue
            for value in fields(event[5][0])[1]:
                value = fields(value)
                yield event.get(2, [0])[0], value[1][0].decode(), value
