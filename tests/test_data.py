"""Mini CIFAR against a real server on the loopback interface, with every fault we could think of.

The "original" of these tests is a small file of their own; its size and hash stand in for the
real ones.
"""

import functools
import hashlib
import io
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import loopback
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local import data

ROOT = Path(__file__).parents[1]
TEXTURES = functools.cache(data.load_textures)


def images(n=60):
    random = np.random.default_rng(n)
    return random.random((n, 32, 32, 3), dtype=np.float32), np.arange(n, dtype=np.float32) % 3


def hdf5(**datasets):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return buffer.getvalue()


def blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


X, Y = images()
ORIGINAL = hdf5(x=X, y=Y)
ANOTHER = ORIGINAL[::-1]


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """A cache folder that does not exist yet; nothing from the environment, no other network."""
    for name in ("MINI_CIFAR", "MINI_CIFAR_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(data, "SIZE", len(ORIGINAL))
    monkeypatch.setattr(data, "BLOB_ID", blob_id(ORIGINAL))
    monkeypatch.setattr(data, "load_textures", TEXTURES)
    data.print_once.cache_clear()
    return tmp_path / "cache"


@pytest.fixture
def served(monkeypatch):
    """A function that loads mini CIFAR from a server with a script, and returns that server."""

    def load(*script):
        with loopback.serve(ORIGINAL, *script) as server:
            monkeypatch.setenv("MINI_CIFAR_URL", server.url)
            server.loaded = data.load_mini_cifar()
        return server

    return load


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(data, "TIMEOUT", 0.5)


def is_original(loaded):
    x, y = loaded
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    return np.array_equal(x, X) and np.array_equal(y, Y)


def is_stand_in(loaded):
    return all(a is b for a, b in zip(loaded, TEXTURES(seed=0), strict=True))


def said(capsys, reason):
    line = f"Mini CIFAR could not be fetched; photographs stand in: {reason}.\n"
    return capsys.readouterr().out == line


# --- The photographs ---


def test_textures_have_the_form_of_mini_cifar():
    x, y = TEXTURES()
    assert x.shape == (3004, 32, 32, 3)
    assert x.dtype == np.float32
    assert x.min() >= 0
    assert x.max() <= 1
    assert y.dtype == np.int64
    assert np.bincount(y).tolist() == [1002, 1001, 1001]
    assert len(np.unique(y[:100])) == 3, "classes come in random order"


@given(n=st.integers(1, 20), seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_textures_depend_on_the_seed_alone(n, seed):
    load = TEXTURES.__wrapped__
    x, y = load(n, seed)
    again, _ = load(n, seed)
    other, _ = load(n, seed + 1)
    assert x.shape == (n, 32, 32, 3)
    assert np.ptp(np.bincount(y, minlength=3)) <= 1
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)


def test_textures_refuse_to_be_none():
    with pytest.raises(data.DataError, match="received 0"):
        TEXTURES.__wrapped__(0)


def linear_score(features, y):
    """Share of the last third that a least-squares classifier of the rest gets right."""
    features = np.column_stack([features, np.ones(len(y))])
    weights, *_ = np.linalg.lstsq(features[:2000], np.eye(3)[y[:2000]])
    return np.mean((features[2000:] @ weights).argmax(axis=1) == y[2000:])


def test_colour_tells_the_textures_apart_but_not_well():
    x, y = TEXTURES()
    assert 0.4 < linear_score(x.mean(axis=(1, 2)), y) < 0.85


def test_textures_differ_in_structure_not_only_in_colour():
    x, y = TEXTURES()
    grey = x.mean(axis=3)
    steps = [np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)]
    features = np.log(np.stack([*steps, grey.std(axis=(1, 2))], axis=1))
    assert 0.45 < linear_score(features, y) < 0.99


def test_the_word_textures_forces_them_and_is_said_once(monkeypatch, capsys):
    monkeypatch.setenv("MINI_CIFAR", "textures")
    assert is_stand_in(data.load_mini_cifar())
    line = "Photographs stand in for mini CIFAR: MINI_CIFAR=textures asks for it.\n"
    assert capsys.readouterr().out == line
    assert is_stand_in(data.load_mini_cifar())
    assert capsys.readouterr().out == ""


# --- A file that is named ---


def test_argument_goes_before_environment_before_cache(monkeypatch, tmp_path, cache):
    def stored(name, n):
        x, y = images(n)
        (tmp_path / name).write_bytes(hdf5(x=x, y=y))
        return tmp_path / name

    cache.mkdir()
    (cache / "mini_cifar.h5").write_bytes(ORIGINAL)
    assert len(data.load_mini_cifar()[0]) == 60
    monkeypatch.setenv("MINI_CIFAR", str(stored("environment.h5", 7)))
    assert len(data.load_mini_cifar()[0]) == 7
    assert len(data.load_mini_cifar(stored("argument.h5", 5))[0]) == 5
    assert len(data.load_mini_cifar(str(tmp_path / "argument.h5"))[0]) == 5


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.h5").write_bytes(ORIGINAL)
    assert is_original(data.load_mini_cifar("~/mine.h5"))


@pytest.mark.parametrize("by", ["argument", "environment"])
@pytest.mark.parametrize(
    ("content", "received"),
    [
        (None, "no file"),
        (b"", "not a readable HDF5 file"),
        (b"<html>not found</html>", "not a readable HDF5 file"),
        (ORIGINAL[:5000], "not a readable HDF5 file"),
        (hdf5(y=Y), r"received \['y'\]"),
        (hdf5(x=X), r"received \['x'\]"),
        (hdf5(images=X, labels=Y), r"received \['images', 'labels'\]"),
        (hdf5(**{"x/train": X, "y": Y}), r"received \['y'\]"),
        (hdf5(x=X.reshape(60, -1), y=Y), r"\(60, 3072\)"),
        (hdf5(x=X[:, :28, :28], y=Y), r"\(60, 28, 28, 3\)"),
        (hdf5(x=X, y=Y[:, None]), r"\(60, 1\)"),
        (hdf5(x=X, y=Y[:59]), r"\(59,\)"),
        (hdf5(x=X[:0], y=Y[:0]), r"\(0,\)"),
        (hdf5(x=X, y=h5py.Empty("f")), "received float32 and object"),
        (hdf5(x=X, y=np.array([b"plane"] * 60)), r"received float32 and \|?S5"),
        (hdf5(x=X * 255, y=Y), "Divide bytes by 255"),
        (hdf5(x=X - 0.5, y=Y), r"received values from -0\.4"),
        (hdf5(x=np.where(X > 0.9, np.nan, X), y=Y), "received values from nan"),
        (hdf5(x=np.where(X > 0.9, np.inf, X), y=Y), "to inf"),
        (hdf5(x=X, y=Y + 0.5), r"received 0\.5"),
        (hdf5(x=X, y=np.where(Y > 1, np.nan, Y)), "received nan"),
        (hdf5(x=X, y=np.where(Y > 1, np.inf, Y)), "received inf"),
        (hdf5(x=X, y=Y + 1), "3 outputs, received 1 to 3"),
        (hdf5(x=X, y=Y - 1), "received -1 to 1"),
    ],
)
def test_a_named_file_is_refused_not_replaced(monkeypatch, tmp_path, by, content, received):
    path = tmp_path / "named.h5"
    if content is not None:
        path.write_bytes(content)
    if by == "environment":
        monkeypatch.setenv("MINI_CIFAR", str(path))
    with pytest.raises(data.DataError, match=received) as refusal:
        data.load_mini_cifar(path if by == "argument" else None)
    assert str(path) in str(refusal.value)
    assert isinstance(refusal.value, ValueError)


def test_an_empty_path_is_a_path_too(monkeypatch):
    monkeypatch.setenv("MINI_CIFAR", "textures")
    with pytest.raises(data.DataError, match="no file"):
        data.load_mini_cifar("")


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(data.DataError, match="no file"):
        data.load_mini_cifar(tmp_path)


@given(
    labels=st.lists(st.integers(0, data.CLASSES - 1), min_size=1, max_size=5),
    y_type=st.sampled_from(["bool", "i1", "u1", "i4", "i8", "u8", "f2", "f4", "f8"]),
    x_type=st.sampled_from(["bool", "u1", "f2", "f4", "f8"]),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whole_labels_of_every_type_become_int64(tmp_path, labels, y_type, x_type):
    stored_x, stored_y = (X[: len(labels)] > 0.5).astype(x_type), np.array(labels, y_type)
    path = tmp_path / "named.h5"
    path.write_bytes(hdf5(x=stored_x, y=stored_y))
    x, y = data.load_mini_cifar(path)
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    assert np.array_equal(x, stored_x)
    assert np.array_equal(y, stored_y)


# --- Downloads that succeed ---


def test_the_hash_of_the_original_is_the_one_git_gives():
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_download_is_kept_shown_on_stderr_and_silent_on_stdout(served, cache, capsys):
    server = served(loopback.ranges)
    assert is_original(server.loaded)
    assert is_original(data.load_mini_cifar()), "from the cache: the server is gone"
    assert server.asked == [None]
    assert (cache / "mini_cifar.h5").read_bytes() == ORIGINAL
    assert not (cache / "mini_cifar.h5.part").exists()
    out, err = capsys.readouterr()
    assert out == ""
    assert "B/s" in err


def test_the_cache_is_in_the_home_folder_by_default(served, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert is_original(served(loopback.ranges).loaded)
    assert (tmp_path / ".cache" / "batch-normalization" / "mini_cifar.h5").exists()


def test_a_file_in_the_cache_needs_no_network_and_no_lock(served, cache):
    cache.mkdir()
    (cache / "mini_cifar.h5").write_bytes(ORIGINAL)
    server = served(loopback.ranges)
    assert is_original(server.loaded)
    assert server.asked == []
    assert [path.name for path in cache.iterdir()] == ["mini_cifar.h5"]


@pytest.mark.parametrize(
    "damaged", [b"", ORIGINAL[:-1], ORIGINAL + b"!", ANOTHER], ids=["no", "short", "long", "wrong"]
)
def test_a_damaged_file_in_the_cache_is_replaced(served, cache, damaged):
    cache.mkdir()
    (cache / "mini_cifar.h5").write_bytes(damaged)
    assert is_original(served(loopback.ranges).loaded)
    assert (cache / "mini_cifar.h5").read_bytes() == ORIGINAL


@given(
    kept=st.none() | st.integers(0, len(ORIGINAL) + 10),
    sound=st.booleans(),
    breaks=st.lists(st.integers(0, len(ORIGINAL)), max_size=1),
    then=st.sampled_from([loopback.ranges, loopback.whole, loopback.unannounced]),
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_was_kept_is_completed_or_thrown_away(served, cache, kept, sound, breaks, then):
    for path in cache.glob("*"):
        path.unlink()
    cache.mkdir(exist_ok=True)
    if kept is not None:
        content = (ORIGINAL + bytes(10) if sound else bytes(len(ORIGINAL) + 10))[:kept]
        (cache / "mini_cifar.h5.part").write_bytes(content)
    server = served(*map(loopback.breaks_off, breaks), then)
    assert is_original(server.loaded)
    assert not (cache / "mini_cifar.h5.part").exists()


def test_a_broken_download_goes_on_where_it_broke(served):
    server = served(loopback.breaks_off(300_000), loopback.breaks_off(1000), loopback.ranges)
    assert is_original(server.loaded)
    assert server.asked == [None, "bytes=300000-", "bytes=301000-"]


def test_a_connection_that_is_reset_is_taken_up_again(served):
    assert is_original(served(loopback.resets(300_000), loopback.ranges).loaded)


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(served, capsys):
    first = served(loopback.breaks_off(200_000), loopback.breaks_off(0))
    assert is_stand_in(first.loaded)
    assert said(capsys, "the connection broke off")
    second = served(loopback.ranges)
    assert is_original(second.loaded)
    assert second.asked == ["bytes=200000-"]


@pytest.mark.parametrize("behaviour", [loopback.whole, loopback.unannounced])
def test_a_server_without_ranges_is_asked_once_all_the_same(served, cache, behaviour):
    cache.mkdir()
    (cache / "mini_cifar.h5.part").write_bytes(ORIGINAL[:1000])
    server = served(behaviour)
    assert is_original(server.loaded)
    assert server.asked == ["bytes=1000-"]


def test_a_complete_part_needs_no_request(served, cache):
    cache.mkdir()
    (cache / "mini_cifar.h5.part").write_bytes(ORIGINAL)
    server = served(loopback.ranges)
    assert is_original(server.loaded)
    assert server.asked == []


# --- Downloads that fail ---


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (loopback.answers(404), "the server answered 404"),
        (loopback.answers(500), "the server answered 500"),
        (loopback.circles, "the server answered 302"),
        (loopback.hangs_up, "the server cannot be reached"),
        (loopback.breaks_off(100), "the connection broke off"),
        (loopback.sends(ANOTHER), "the server sent another file"),
        (loopback.sends(b"<html>Please log in</html>"), "the server sent another file"),
        (loopback.sends(ORIGINAL + b"!"), "the server sent another file"),
        (loopback.endless, "the server sent another file"),
    ],
)
def test_a_faulty_server_leads_to_the_photographs(served, cache, capsys, behaviour, reason):
    assert is_stand_in(served(behaviour).loaded)
    assert said(capsys, reason)
    assert is_stand_in(served(behaviour).loaded)
    assert said(capsys, reason) is False, "once is enough"
    assert not (cache / "mini_cifar.h5").exists()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (loopback.says_nothing, "the server did not answer in time"),
        (loopback.drips_headers, "the server did not answer in time"),
        (loopback.falls_silent(1000), "the server fell silent"),
        (loopback.drips, "the download is too slow"),
    ],
)
def test_a_slow_server_is_given_up(served, cache, capsys, impatient, behaviour, reason):
    assert is_stand_in(served(behaviour).loaded)
    assert said(capsys, reason)
    assert not (cache / "mini_cifar.h5").exists()


def test_the_whole_download_has_a_limit(served, capsys, monkeypatch):
    monkeypatch.setattr(data, "TIME_LIMIT", 0.2)
    monkeypatch.setattr(data, "MIN_SPEED", 0)
    assert is_stand_in(served(loopback.drips).loaded)
    assert said(capsys, "the download is too slow")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/file", "the server cannot be reached"),
        ("http://nobody.invalid/file", "the server cannot be reached"),
        ("no address", "MINI_CIFAR_URL is no address"),
    ],
)
def test_no_server_leads_to_the_photographs(monkeypatch, capsys, url, reason):
    monkeypatch.setenv("MINI_CIFAR_URL", url)
    assert is_stand_in(data.load_mini_cifar())
    assert said(capsys, reason)


def test_a_cache_that_cannot_be_written_is_named(served, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    server = served(loopback.ranges)
    assert is_stand_in(server.loaded)
    assert said(capsys, "the cache (COURSE_CACHE) cannot be written")
    assert server.asked == []


def test_a_full_disk_is_named_and_given_its_room_back(served, cache, capsys):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(ORIGINAL) // 2, hard))
    try:
        loaded = served(loopback.ranges).loaded
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert is_stand_in(loaded)
    assert said(capsys, "the disk is full")
    assert [path.name for path in cache.iterdir() if path.stat().st_size] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_device_without_room_is_a_full_disk(served, cache, capsys):
    cache.mkdir()
    (cache / "mini_cifar.h5.part").symlink_to("/dev/full")
    assert is_stand_in(served(loopback.partial).loaded)
    assert said(capsys, "the disk is full")
    assert not (cache / "mini_cifar.h5.part").is_symlink()


# --- More than one process ---

CHILD = """
import sys
from local import data
data.SIZE, data.BLOB_ID = int(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
x, y = data.load_mini_cifar()
print(len(x), int(y.sum()))
"""


def child():
    arguments = [sys.executable, "-c", CHILD, str(len(ORIGINAL)), blob_id(ORIGINAL)]
    return subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def test_two_processes_share_one_download(monkeypatch):
    def patient(handler, body):
        assert handler.server.go.wait(60)
        loopback.ranges(handler, body)

    with loopback.serve(ORIGINAL, patient) as server:
        server.go = loopback.threading.Event()
        monkeypatch.setenv("MINI_CIFAR_URL", server.url)
        with child() as first, child() as second:
            assert first.stdout.readline() == second.stdout.readline() == "ready\n"
            time.sleep(0.2)  # time for both to reach the lock
            server.go.set()
            assert first.stdout.read() == second.stdout.read() == f"{len(X)} {int(Y.sum())}\n"
        assert server.asked == [None]


def test_a_process_that_is_killed_leaves_a_part_to_go_on_from(monkeypatch, cache):
    with loopback.serve(ORIGINAL, loopback.falls_silent(400_000), loopback.ranges) as server:
        monkeypatch.setenv("MINI_CIFAR_URL", server.url)
        part = cache / "mini_cifar.h5.part"
        with child() as process:
            until = time.monotonic() + 60
            while not (part.exists() and part.stat().st_size > 100_000):
                assert time.monotonic() < until
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        kept = part.stat().st_size
        assert not (cache / "mini_cifar.h5").exists()
        assert is_original(data.load_mini_cifar())
        assert server.asked == [None, f"bytes={kept}-"]


def test_a_wait_for_another_process_has_a_limit(served, cache, capsys, monkeypatch):
    monkeypatch.setattr(data, "TIME_LIMIT", 0.1)
    cache.mkdir()
    with FileLock(cache / "mini_cifar.h5.lock"):
        server = served(loopback.ranges)
    assert is_stand_in(server.loaded)
    assert said(capsys, "another process is still downloading it")
    assert server.asked == []


def test_before_anything_is_loaded_there_is_no_name():
    asks = "try: data.name()\nexcept data.DataError as error: print(error)"
    arguments = [sys.executable, "-c", f"from local import data\n{asks}"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Call load_mini_cifar first" in done.stdout


def test_the_name_is_that_of_what_was_loaded_last(tmp_path, monkeypatch):
    monkeypatch.setenv("MINI_CIFAR", "textures")
    x, y = data.load_mini_cifar()
    assert data.name() == "photographs"
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"], file["y"] = x[:9], y[:9]
    data.load_mini_cifar(tmp_path / "a.h5")
    assert data.name() == "mini CIFAR"
