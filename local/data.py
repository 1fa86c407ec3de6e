"""Mini CIFAR, the data set of every experiment: read, downloaded once, or replaced by photographs.

`load_mini_cifar` takes the first of these sources that exists:

1. the `path` it is given;
2. what the environment variable MINI_CIFAR names: a path, or `textures` for the photographs;
3. the original in the cache: the folder COURSE_CACHE, or ~/.cache/batch-normalization;
4. the original from its author's repository, or from the mirror that MINI_CIFAR_URL names;
5. photographs of brick, grass and gravel, with one line for readers that says so and why.

A path that is named (1, 2) is read or refused, never replaced; where the cache or the network
fails (3, 4), the photographs are used. Only a complete, verified file has the original's name.
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

from local import worlds

COMMIT = "29d1115ffd0ed545e2f331b54bc3ee20f2515436"
URL = f"https://raw.githubusercontent.com/rramosp/2021.deeplearning/{COMMIT}/content/mini_cifar.h5"
SIZE = 14_803_609  # bytes
BLOB_ID = "274da894756022e718413edd512b64301f8fb8aa"  # git's name for the content, a SHA-1
TIME_LIMIT = 300  # seconds for the download, or for the wait while another process downloads
TIMEOUT = 10  # seconds without an answer or a byte; the speed is measured over as long a time
MIN_SPEED = 50_000  # bytes per second; below, the original would not arrive within TIME_LIMIT
ATTEMPTS = 3  # connections for a download, each of which continues where the last one broke off

PHOTOGRAPHS = ("brick", "grass", "gravel")  # in the order of their labels
CLASSES = len(PHOTOGRAPHS)  # as many as mini CIFAR has, and the nets have outputs
SCALES = (0.5, 0.35, 0.25)
TINTS = np.array([(1.12, 0.96, 0.92), (0.95, 1.07, 0.90), (0.95, 0.99, 1.08)])

AS_ASKED = "Photographs stand in for mini CIFAR: MINI_CIFAR=textures asks for it."

print_once = functools.cache(print)  # once in a process, however often the data are loaded
_loaded = []  # the names of all data sets that this process has loaded, the latest last


class DataError(ValueError):
    """The data are not what was asked for; says what was found and how to mend it."""


class _UnavailableError(Exception):
    """The original cannot be had; the reason, in a few words that name nothing of this machine."""


def load_mini_cifar(path=None):
    """Images and labels of mini CIFAR, from the first source that there is (see above).

    Returns x float32 (n, 32, 32, 3) in [0, 1] and y int64 (n,), 0 to 2. The original, by Ramos
    (2021), holds 3,004 images of three classes of CIFAR-10 (Krizhevsky 2009). Raises DataError
    where the file that `path` or MINI_CIFAR names is missing or is not HDF5 with such x and y.
    """
    if path is None:
        path = os.environ.get("MINI_CIFAR") or None
        if path == "textures":
            return _substitute(AS_ASKED)
    try:
        images = _read(_cached_original() if path is None else path)
        _loaded.append("mini CIFAR")
        return images
    except _UnavailableError as reason:
        return _substitute(f"Mini CIFAR could not be fetched; photographs stand in: {reason}.")


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


def _substitute(line):
    """The photographs in place of mini CIFAR; the first time, one `line` says so and why."""
    print_once(line)
    _loaded.append("photographs")
    return load_textures(seed=worlds.current().photographs)


def _read(path):
    """Images and labels in the HDF5 file `path`. Raises DataError if it has none that fit."""
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
    """The images as float32 and the labels as int64. Raises DataError if they do not fit."""
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
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise DataError(
            f"y of {path} must number {CLASSES} classes from 0, as the nets of the course have "
            f"{CLASSES} outputs, received {labels.min()} to {labels.max()}. Choose {CLASSES} "
            "classes, and number them anew."
        )
    return x.astype(np.float32), labels


def _cached_original():
    """The path of the verified original in the cache, downloaded if it is not there."""
    try:
        folder = os.environ.get("COURSE_CACHE") or Path.home() / ".cache" / "batch-normalization"
        target = Path(folder).expanduser() / "mini_cifar.h5"
        if not _is_original(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{target}.lock", timeout=TIME_LIMIT):
                if not _is_original(target):  # another process may have stored it by now
                    _download(os.environ.get("MINI_CIFAR_URL") or URL, target)
        return target
    except Timeout:
        raise _UnavailableError("another process is still downloading it") from None
    except (OSError, RuntimeError) as error:  # no home, no locks, read-only, full
        if getattr(error, "errno", None) not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _UnavailableError("the cache (COURSE_CACHE) cannot be written") from None
        Path(f"{target}.part").unlink(missing_ok=True)  # leave the space to others
        raise _UnavailableError("the disk is full") from None


def _is_original(path):
    if not path.is_file() or path.stat().st_size != SIZE:
        return False
    blob = b"blob %d\0" % SIZE + path.read_bytes()
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest() == BLOB_ID


def _download(url, target):
    """Download `url` to `target` through a .part file, which a later call can complete."""
    part = target.with_name(target.name + ".part")
    deadline = time.monotonic() + TIME_LIMIT
    for _ in range(ATTEMPTS):
        if not part.exists() or part.stat().st_size < SIZE:
            _append(url, part, deadline)
        if part.stat().st_size < SIZE:
            reason = "the connection broke off"
        elif _is_original(part):
            part.replace(target)
            return
        else:
            reason = "the server sent another file"
            part.unlink()  # its beginning may come from an earlier call: try again from the start
    raise _UnavailableError(reason)


def _append(url, part, deadline):
    """Append to `part` what is missing; begin it anew where the server supports no ranges."""
    with part.open("ab") as file, _connect(url, start=file.tell()) as response:
        if response.status != 206:
            if response.headers.get("Content-Length", str(SIZE)) != str(SIZE):
                raise _UnavailableError("the server sent another file")
            file.seek(0)
            file.truncate()
        _copy(response, file, deadline)


def _connect(url, start):
    """The response to a request for `url` from byte `start` on.

    The request has a thread of its own, because urlopen's timeout covers neither the look-up of the
    host's name nor headers that arrive byte by byte.
    """
    answer = Future()

    def request():
        try:
            headers = {"Range": f"bytes={start}-"} if start else {}
            answer.set_result(urlopen(Request(url, headers=headers), timeout=TIMEOUT))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=request, daemon=True).start()
    try:
        return answer.result(TIMEOUT)
    except HTTPError as error:
        error.close()
        raise _UnavailableError(f"the server answered {error.code}") from None
    except TimeoutError:
        raise _UnavailableError("the server did not answer in time") from None
    except (OSError, HTTPException):
        raise _UnavailableError("the server cannot be reached") from None
    except ValueError:
        raise _UnavailableError("MINI_CIFAR_URL is no address") from None


def _copy(response, file, deadline):
    """Write the response to `file` until it ends, breaks off or is longer than the original."""
    since, arrived = time.monotonic(), 0
    with tqdm(total=SIZE, initial=file.tell(), unit="B", unit_scale=True, leave=False) as bar:
        while file.tell() <= SIZE:
            try:
                chunk = response.read1(1 << 16)
            except TimeoutError:
                raise _UnavailableError("the server fell silent") from None
            except (OSError, HTTPException):
                chunk = b""
            if not chunk:
                break
            arrived += file.write(chunk)
            bar.update(len(chunk))
            now = time.monotonic()
            if now > since + TIMEOUT and arrived >= MIN_SPEED * TIMEOUT:
                since, arrived = now, 0
            if now > min(deadline, since + TIMEOUT):
                raise _UnavailableError("the download is too slow")
