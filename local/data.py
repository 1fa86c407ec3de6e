"""Mini CIFAR, the data set of every experiment: found, fetched once, or stood in for.

`load_mini_cifar` takes the first of these that there is:

1. the `path` it is given;
2. what the environment variable MINI_CIFAR names: a path, or `textures` for the photographs;
3. the original in the cache: the folder COURSE_CACHE, or ~/.cache/batch-normalization;
4. the original from its author's repository, or from the mirror that MINI_CIFAR_URL names;
5. photographs of brick, grass and gravel, with one line that says so and why.

A named path (1, 2) is read or refused, never replaced; trouble with the cache or the network
(3, 4) leads to the photographs. No half-written file ever bears the original's name.
"""

import errno
import functools
import hashlib
import os
import threading
import time
from concurrent.futures import Future
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import h5py
import numpy as np
import skimage
from filelock import FileLock, Timeout
from tqdm import tqdm

COMMIT = "29d1115ffd0ed545e2f331b54bc3ee20f2515436"
URL = f"https://raw.githubusercontent.com/rramosp/2021.deeplearning/{COMMIT}/content/mini_cifar.h5"
SIZE = 14_803_609  # bytes
BLOB_ID = "274da894756022e718413edd512b64301f8fb8aa"  # git's name for the content, a SHA-1
LIMIT = 300  # seconds for the download, or for the wait while another process downloads
PATIENCE = 10  # seconds without an answer or a byte; also the span over which pace is judged
SLOWEST = 50_000  # bytes per second: slower, and the original would not arrive within LIMIT
ATTEMPTS = 3  # connections a download may use, each going on where the last one broke off

PHOTOGRAPHS = ("brick", "grass", "gravel")  # in the order of their labels
SCALES = (0.5, 0.35, 0.25)
TINTS = np.array([(1.12, 0.96, 0.92), (0.95, 1.07, 0.90), (0.95, 0.99, 1.08)])

_say = functools.cache(print)  # a line is said once per process, not at each call
_loaded = []  # names of what was loaded in this process, for `name`


class DataError(ValueError):
    """The data are not what was asked for; says what was found and how to mend it."""


class _Unavailable(Exception):
    """Why the original cannot be had: a few words, free of anything of this machine."""


def load_mini_cifar(path=None):
    """Images and labels of mini CIFAR, from the first source that there is (see above).

    Returns x float32 (n, 32, 32, 3) in [0, 1] and y int64 (n,). The original, by Ramos (2021),
    holds 3,004 images of three classes of CIFAR-10 (Krizhevsky 2009). Raises DataError where the
    file that `path` or MINI_CIFAR names is missing or is not HDF5 with such x and y.
    """
    if path is None:
        path = os.environ.get("MINI_CIFAR") or None
        if path == "textures":
            return _stand_in("MINI_CIFAR=textures asks for it")
    try:
        images = _read(_original() if path is None else path)
        _loaded.append("mini CIFAR")
        return images
    except _Unavailable as reason:
        return _stand_in(reason)


def name():
    """What the latest `load_mini_cifar` of this process returned: "mini CIFAR", "photographs".

    Raises DataError where nothing has been loaded yet.
    """
    if not _loaded:
        raise DataError("No data have been loaded yet. Call load_mini_cifar first.")
    return _loaded[-1]


def load_textures(n=3004, seed=0):
    """The stand-in for mini CIFAR: crops of three photographs that scikit-image ships.

    Returns x float32 (n, 32, 32, 3) in [0, 1] and y int64 (n,): 0 brick, 1 grass, 2 gravel, as
    evenly as n allows, in random order, the same for the same n and seed. A crop's scale, place,
    contrast, brightness and tint are random: a small net gets about three in four right, as with
    mini CIFAR. Raises DataError where n is less than 1.
    """
    if n < 1:
        raise DataError(f"n must be at least 1, received {n}. Say how many images you need.")
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(n) % len(PHOTOGRAPHS))
    scale = random.integers(len(SCALES), size=n)
    corner = random.random((n, 2))
    flipped = random.random(n) < 0.5
    contrast = random.uniform(0.5, 1.2, (n, 1, 1, 1))
    brightness = random.uniform(0.3, 0.7, (n, 1, 1, 1))
    tint = TINTS[y] + 0.10 * random.standard_normal((n, 3))

    crops = np.empty((n, 32, 32))
    for label, name in enumerate(PHOTOGRAPHS):
        photograph = skimage.util.img_as_float(getattr(skimage.data, name)())
        for level, factor in enumerate(SCALES):
            image = skimage.transform.rescale(photograph, factor, anti_aliasing=True)
            windows = np.lib.stride_tricks.sliding_window_view(image, (32, 32))
            chosen = (y == label) & (scale == level)
            rows, columns = (corner[chosen] * windows.shape[:2]).astype(int).T
            crops[chosen] = windows[rows, columns]
    crops[flipped] = crops[flipped, :, ::-1]
    crops -= crops.mean(axis=(1, 2), keepdims=True)
    x = (contrast * crops[..., None] + brightness) * tint[:, None, None, :]
    return x.clip(0, 1).astype(np.float32), y


def _stand_in(reason):
    _say(f"Photographs stand in for mini CIFAR: {reason}.")
    _loaded.append("photographs")
    return load_textures()


def _read(path):
    """Images and labels in the HDF5 file `path`, or a DataError."""
    mend = "Give the path of an HDF5 file with x and y, or none (and no MINI_CIFAR) to download it."
    try:
        path = Path(path).expanduser()
        if not path.is_file():
            raise DataError(f"There is no file {path}. {mend}")
        with h5py.File(path, "r") as file:
            found = sorted(name for name in file if isinstance(file.get(name), h5py.Dataset))
            if not {"x", "y"} <= set(found):
                raise DataError(f"{path} needs data sets x and y, received {found}. {mend}")
            return _checked(np.asarray(file["x"][()]), np.asarray(file["y"][()]), path)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path} is not a readable HDF5 file: {error}. {mend}") from None


def _checked(x, y, path):
    """The images as float32 and the labels as int64, or a DataError that names `path`."""
    if x.dtype.kind not in "fiub" or y.dtype.kind not in "fiub":
        raise DataError(f"x and y of {path} must be numbers, received {x.dtype} and {y.dtype}.")
    if x.ndim != 4 or x.shape[1:] != (32, 32, 3) or y.shape != x.shape[:1] or not len(x):
        raise DataError(
            f"x and y of {path} must have shapes (n, 32, 32, 3) and (n,) with n at least 1, "
            f"received {x.shape} and {y.shape}. Store one image and one label a row."
        )
    if not (x.min() >= 0 and x.max() <= 1):
        raise DataError(
            f"x of {path} must lie in [0, 1], received values from {x.min()} to {x.max()}. "
            "Divide bytes by 255 and drop images that are not finite."
        )
    with np.errstate(invalid="ignore"):
        labels = y.astype(np.int64)
    if (wrong := labels != y).any():
        raise DataError(
            f"y of {path} must be whole numbers, received {y[wrong][0]}. Number the classes."
        )
    return x.astype(np.float32), labels


def _original():
    """The path of the verified original in the cache, downloaded if it is not there."""
    try:
        folder = os.environ.get("COURSE_CACHE") or Path.home() / ".cache" / "batch-normalization"
        target = Path(folder).expanduser() / "mini_cifar.h5"
        if not _is_original(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{target}.lock", timeout=LIMIT):
                if not _is_original(target):  # another process may have brought it meanwhile
                    _download(os.environ.get("MINI_CIFAR_URL") or URL, target)
        return target
    except Timeout:
        raise _Unavailable("another process is still downloading it") from None
    except (OSError, RuntimeError) as error:  # no home, no locks, read-only, no room
        if getattr(error, "errno", None) not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _Unavailable("the cache (COURSE_CACHE) cannot be written") from None
        Path(f"{target}.part").unlink(missing_ok=True)  # others need the room
        raise _Unavailable("the disk is full") from None


def _is_original(path):
    if not path.is_file() or path.stat().st_size != SIZE:
        return False
    blob = b"blob %d\0" % SIZE + path.read_bytes()
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest() == BLOB_ID


def _download(url, target):
    """Fetch `url` into `target` by way of a .part file, which a later call can complete."""
    part = target.with_name(target.name + ".part")
    deadline = time.monotonic() + LIMIT
    for _ in range(ATTEMPTS):
        if not part.exists() or part.stat().st_size < SIZE:
            _append(url, part, deadline)
        if part.stat().st_size < SIZE:
            trouble = "the connection broke off"
        elif _is_original(part):
            part.replace(target)
            return
        else:
            trouble = "the server sent another file"
            part.unlink()  # the fault may lie in an older part: once more from the start
    raise _Unavailable(trouble)


def _append(url, part, deadline):
    """Add to `part` what is missing, or all of it where the server knows no ranges."""
    with part.open("ab") as file, _connect(url, start=file.tell()) as response:
        if response.status != 206:
            if response.headers.get("Content-Length", str(SIZE)) != str(SIZE):
                raise _Unavailable("the server sent another file")
            file.seek(0)
            file.truncate()
        _copy(response, file, deadline)


def _connect(url, start):
    """The response to a request for `url` from byte `start` on.

    A thread of its own asks: neither looking up a name nor headers that trickle in keep a limit.
    """
    answer = Future()

    def ask():
        try:
            headers = {"Range": f"bytes={start}-"} if start else {}
            answer.set_result(urlopen(Request(url, headers=headers), timeout=PATIENCE))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.result(PATIENCE)
    except HTTPError as error:
        error.close()
        raise _Unavailable(f"the server answered {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        kind = type(getattr(error, "reason", error)).__name__
        raise _Unavailable(f"the server cannot be reached ({kind})") from None


def _copy(response, file, deadline):
    """Write to `file` what arrives, until it ends, breaks off or is longer than the original."""
    since, arrived = time.monotonic(), 0
    with tqdm(total=SIZE, initial=file.tell(), unit="B", unit_scale=True, leave=False) as bar:
        while file.tell() <= SIZE:
            try:
                chunk = response.read1(1 << 16)
            except TimeoutError:
                raise _Unavailable("the server fell silent") from None
            except (OSError, HTTPException):
                chunk = b""
            if not chunk:
                break
            arrived += file.write(chunk)
            bar.update(len(chunk))
            now = time.monotonic()
            if now > since + PATIENCE and arrived >= SLOWEST * PATIENCE:
                since, arrived = now, 0
            if now > min(deadline, since + PATIENCE):
                raise _Unavailable("the download is too slow")
