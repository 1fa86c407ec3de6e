"""Messages between the grader and a submission's process: a header in JSON, then raw arrays.

Pickle would run code that a submission sends, and a compressed file of 1 MB can unpack to 1 GB.
Here the receiver checks every dtype and shape against its bounds before it reads on.
"""

import json
import math
import struct

import numpy as np

HEADER_BYTES = 1 << 18
"""The longest header; it holds all numbers and strings of a case."""
ARRAY_BYTES = 1 << 26
"""The most that all arrays of a message may hold together."""
ARRAYS, DIMENSIONS, NAME_LENGTH = 256, 8, 100
DTYPES = {"|b1": 1, "|i1": 1, "|u1": 1} | {f"<{k}{size}": size for k in "iuf" for size in (2, 4, 8)}
"""The dtypes that a message may hold, and their bytes: only numbers, little-endian."""


class MessageError(ValueError):
    """What was received is not a message, or exceeds the bounds of one."""


def encode(header, arrays=None):
    """The bytes of a message: `header` a dict for JSON, `arrays` {name: array of numbers}.

    Raises MessageError if an array has a dtype that is not in `DTYPES`, or if they are too large.
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
        raise MessageError(f"A header has at most {HEADER_BYTES} bytes, received {len(text)}.")
    return b"".join([struct.pack("<I", len(text)), text, *parts])


def receive(read):
    """The next message, (header, arrays). read: a function that returns the next n bytes.

    Raises MessageError for anything else, before memory is allocated for it.
    """
    (length,) = struct.unpack("<I", read(4))
    if length > HEADER_BYTES:
        raise MessageError(f"A header has at most {HEADER_BYTES} bytes, announced are {length}.")
    try:
        header = json.loads(read(length))
    except (ValueError, RecursionError) as error:
        raise MessageError("The header is not JSON.") from error
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise MessageError("The header is not an object with a kind.")
    described = header.pop("arrays", None)
    raw, start, arrays = read(_size(described)), 0, {}
    for name, dtype, shape in described:
        count = math.prod(shape)
        # Bytes of a bool other than 0 and 1 would be values that are neither True nor False.
        flat = np.frombuffer(raw, "|u1" if dtype == "|b1" else dtype, count, start)
        flat = flat != 0 if dtype == "|b1" else flat.copy()
        arrays[name] = flat.reshape(shape)
        start += flat.nbytes
    return header, arrays


def buffered(more):
    """A function read(n) that returns the next n bytes of what more() returns in parts."""
    rest = b""

    def read(n):
        nonlocal rest
        parts = [rest]
        while n > len(rest):
            n -= len(rest)
            rest = more()
            parts.append(rest)
        parts[-1], rest = rest[:n], rest[n:]
        return b"".join(parts)

    return read


def _size(described):
    """The bytes of the arrays in a list of [name, dtype, shape].

    Raises MessageError if they exceed the bounds.
    """
    if not isinstance(described, list) or len(described) > ARRAYS:
        raise MessageError(f"A message holds a list of at most {ARRAYS} arrays.")
    total = largest = 0
    for entry in described:
        if not (isinstance(entry, list) and len(entry) == 3):
            raise MessageError("An array is described by its name, dtype and shape.")
        name, dtype, shape = entry
        if not (isinstance(name, str) and len(name) <= NAME_LENGTH):
            raise MessageError("The name of an array is not a short string.")
        if not (isinstance(dtype, str) and dtype in DTYPES):
            raise MessageError(f"Arrays hold numbers; the dtype received is {str(dtype)[:20]!r}.")
        whole = isinstance(shape, list) and len(shape) <= DIMENSIONS
        if not (whole and all(type(n) is int and 0 <= n <= ARRAY_BYTES for n in shape)):
            raise MessageError("A shape is a short list of sizes.")
        total += math.prod(shape) * DTYPES[dtype]
        # NumPy bounds the product of all sizes but the zeros, also for an array that is empty.
        largest = max(largest, math.prod(n or 1 for n in shape))
    if max(total, largest) > ARRAY_BYTES:
        raise MessageError(f"All arrays together hold at most {ARRAY_BYTES} bytes.")
    return total
