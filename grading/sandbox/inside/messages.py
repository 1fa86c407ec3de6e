"""Messages between the grader and a submission's process: a JSON header, then bounded raw bytes.

Pickle would run what a submission sends, and a compressed file of 1 MB can unpack to 1 GB; here
the receiver checks every dtype and shape against what it is ready to hold before it reads on.
"""

import json
import math
import struct

import numpy as np

HEADER_BYTES = 1 << 18
"""The longest header, with all numbers and strings of a case."""
ARRAY_BYTES = 1 << 26
"""The most that all arrays of a message may hold together."""
ARRAYS, DIMENSIONS, NAME_LENGTH = 256, 8, 100
DTYPES = {"|b1": 1, "|i1": 1, "|u1": 1} | {f"<{k}{size}": size for k in "iuf" for size in (2, 4, 8)}
"""Numbers only, and the bytes of one: no objects, strings, dates or structures; little-endian."""


class Malformed(ValueError):
    """What arrived is no message, or none that the receiver is ready to hold."""


def encode(header, arrays=None):
    """The bytes of a message: `header` a dict for JSON, `arrays` {name: array of numbers}.

    Raises Malformed where an array is of no dtype in `DTYPES`, or where all are too large.
    """
    arrays = {name: np.asarray(array) for name, array in (arrays or {}).items()}
    described, parts = [], []
    for name, array in arrays.items():
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        described.append([name, array.dtype.str, list(array.shape)])
        parts.append(array.tobytes())
    _size(described)
    text = json.dumps({**header, "arrays": described}).encode()
    if len(text) > HEADER_BYTES:
        raise Malformed(f"A header has at most {HEADER_BYTES} bytes, received {len(text)}.")
    return b"".join([struct.pack("<I", len(text)), text, *parts])


def receive(read):
    """The next message, (header, arrays), where `read(n)` gives the next n bytes.

    Raises Malformed for anything else, before memory is taken for it.
    """
    (length,) = struct.unpack("<I", read(4))
    if length > HEADER_BYTES:
        raise Malformed(f"A header has at most {HEADER_BYTES} bytes, announced are {length}.")
    try:
        header = json.loads(read(length))
    except (ValueError, RecursionError) as error:
        raise Malformed("The header is not JSON.") from error
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise Malformed("The header is not an object with a kind.")
    described = header.pop("arrays", None)
    raw, start, arrays = read(_size(described)), 0, {}
    for name, dtype, shape in described:
        count = math.prod(shape)
        # bool bytes other than 0 and 1 would make values that are neither True nor False.
        flat = np.frombuffer(raw, "|u1" if dtype == "|b1" else dtype, count, start)
        flat = flat != 0 if dtype == "|b1" else flat.copy()
        arrays[name] = flat.reshape(shape)
        start += flat.nbytes
    return header, arrays


def _size(described):
    """The bytes of the arrays in a list of [name, dtype, shape]; raises Malformed out of bounds."""
    if not isinstance(described, list) or len(described) > ARRAYS:
        raise Malformed(f"A message holds a list of at most {ARRAYS} arrays.")
    total = largest = 0
    for entry in described:
        if not (isinstance(entry, list) and len(entry) == 3):
            raise Malformed("An array is described by its name, dtype and shape.")
        name, dtype, shape = entry
        if not (isinstance(name, str) and len(name) <= NAME_LENGTH):
            raise Malformed("The name of an array is not a short string.")
        if not (isinstance(dtype, str) and dtype in DTYPES):
            raise Malformed(f"Arrays hold numbers; the dtype received is {str(dtype)[:20]!r}.")
        whole = isinstance(shape, list) and len(shape) <= DIMENSIONS
        if not (whole and all(type(n) is int and 0 <= n <= ARRAY_BYTES for n in shape)):
            raise Malformed("A shape is a short list of sizes.")
        total += math.prod(shape) * DTYPES[dtype]
        largest = max(largest, math.prod(n or 1 for n in shape))  # NumPy minds it if empty, too
    if max(total, largest) > ARRAY_BYTES:
        raise Malformed(f"All arrays together hold at most {ARRAY_BYTES} bytes.")
    return total
