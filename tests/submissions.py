"""Submissions as they come in: honest, unlucky, odd and hostile, made from the first assignment.

    python tests/submissions.py FOLDER 100     writes so many into FOLDER, to try the grading with

Each entry of CORPUS says what must become of it. All cells but the one named are right, so that
every other question must keep its points, whatever that one does.
"""

import copy
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

SLUG = "forward-and-backward"
SOURCES = Path(__file__).resolve().parents[1] / "content" / "assignments"
FULL, PART, LOST, ZERO, REVIEW = "full", "half or more", "less than half", "zero", "review"
TARGET = "batch_norm_backward"
"""The question that most entries get wrong: nothing else depends on it."""


def solved(slug=SLUG):
    """A submission with every question solved, as a dict."""
    return json.loads((SOURCES / f"{slug}.ipynb").read_text(encoding="utf-8"))


def cell_of(notebook, name):
    """The solution cell of a question."""
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name:
            return cell
    raise KeyError(name)


def code(source):
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


@dataclass(frozen=True)
class Entry:
    """A submission and what it must get.

    target: a question; other: what it must get; why: a pattern of its reason.  look: a pattern of
    what a person is told to look at, or "" for nothing.  notebook, if given, is what is handed in
    (a dict or bytes); else the solved one, with `replaced` {question: source} and `added` cells.
    name: of the file.
    """

    other: str = FULL
    why: str = ""
    look: str = ""
    target: str = TARGET
    replaced: dict = field(default_factory=dict)
    added: tuple = ()
    notebook: object = None
    name: str = f"{SLUG}.ipynb"
    rest: str = FULL

    def data(self):
        """The bytes of the file."""
        if isinstance(self.notebook, bytes):
            return self.notebook
        notebook = copy.deepcopy(self.notebook) or solved()
        for name, source in self.replaced.items():
            cell_of(notebook, name)["source"] = source
        notebook["cells"][2:2] = [code(source) for source in self.added]
        return json.dumps(notebook).encode()


def instead(body, other, why, **more):
    """The backward pass with this body, after which it would be right."""
    text = "".join(f"    {line}\n" for line in body.splitlines())
    right = "".join(cell_of(solved(), TARGET)["source"]).partition("\n")[2]
    source = f"def {TARGET}(dy, cache):\n{text}{right}"
    return Entry(other, why, replaced={TARGET: source}, **more)


def whole(source, other, why, target=TARGET, **more):
    """A cell in the place of a solution."""
    return Entry(other, why, target=target, replaced={target: source}, **more)


def beside(*sources, look=""):
    """Cells that must cost nothing."""
    return Entry(added=sources, look=look)


def changed(change, **more):
    """The solved notebook after `change(notebook)`."""
    notebook = solved()
    return Entry(notebook=change(notebook) or notebook, **more)


FORWARD = """
def batch_norm_forward(x, gamma, beta, epsilon=1e-3):
    batch = {axes}
    mean, variance = x.mean(axis=batch{keepdims}), x.var(axis=batch{keepdims}{ddof})
    s = np.sqrt(variance{epsilon})
    x_hat = (x - mean) / s
    return {result}
"""
RESULT = "gamma * x_hat + beta, Cache(x_hat, s, gamma, x.dtype)"
AXES = "tuple(range(x.ndim - 1))"


def forward(
    other, why, axes=AXES, keepdims="", ddof="", epsilon=" + epsilon", result=RESULT, **more
):
    """The forward pass with one of its parts replaced."""
    source = FORWARD.format(axes=axes, keepdims=keepdims, ddof=ddof, epsilon=epsilon, result=result)
    return whole(source, other, why, target="batch_norm_forward", **more)


HONEST = {
    "right": Entry(),
    "divides by N - 1": forward(LOST, "N - 1", ddof=", ddof=1"),
    "neurons for batch": forward(
        LOST, "layer normalization", axes="-1", keepdims=", keepdims=True"
    ),
    "no epsilon": forward(LOST, "epsilon", epsilon=""),
    "lists": whole(
        "def mean_and_variance(x):\n    b = tuple(range(x.ndim - 1))\n"
        "    return [x.mean(b, dtype=float).tolist(), x.var(b, dtype=float).tolist()]",
        FULL,
        "Right",
        target="mean_and_variance",
        rest=None,
    ),
    "a tuple for the cache": forward(
        FULL, "Right", result="gamma * x_hat + beta, (x_hat, s, gamma)", rest=FULL
    ),
    "float32": instead(
        "import numpy as np\nreturn tuple(np.float32(g) for g in right(dy, cache))",
        FULL,
        "Right",
        added=("".join(cell_of(solved(), TARGET)["source"]).replace(TARGET, "right"),),
    ),
    "nothing returned": instead("return None", ZERO, "Not filled in yet"),
    "a cell beside the stub": Entry(
        ZERO,
        "Not filled in yet",
        look="2 cells",
        replaced={TARGET: f"def {TARGET}(dy, cache):\n    raise NotImplementedError"},
        added=("".join(cell_of(solved(), TARGET)["source"]),),
    ),
    "forward inputs destroyed": Entry(
        PART,
        "inputs are left",
        target="batch_norm_forward",
        replaced={
            "batch_norm_forward": "".join(cell_of(solved(), "batch_norm_forward")["source"])
            + "\ndef spoiling(right):\n    def forward(x, *more, **named):\n"
            "        result = right(x, *more, **named)\n        x *= 0\n        return result\n"
            "    return forward\nbatch_norm_forward = spoiling(batch_norm_forward)\n"
        },
    ),
    "an ellipsis": instead("return ...", ZERO, "Not filled in yet"),
    "the stub": instead("raise NotImplementedError('not filled in yet')", ZERO, "Not filled in"),
    "NaN": instead("return dy * np.nan, dy[0] * np.nan, dy[0] * np.inf", LOST, "properties hold"),
    "a generator": instead("yield from (dy, dy, dy)\nreturn", ZERO, "TypeError"),
    "one array for three": instead("return dy", ZERO, "TypeError"),
    "wrong shapes": instead("return dy[0], dy, dy.T", LOST, "properties hold"),
    "inputs changed": instead("dy *= 1.0 + 1e-9\nx_hat = cache.x_hat", PART, ""),
    "no such function": whole("x = 3", REVIEW, "does not define it"),
    "another name": whole("def backward(dy, cache): return dy", REVIEW, "but backward"),
    "syntax error in it": whole(f"def {TARGET}(dy, cache:\n    pass", ZERO, "not Python"),
    "error in it": instead("return dy @ undefined", ZERO, "NameError.*line 2.*undefined"),
    "error of a helper": Entry(
        ZERO,
        "ZeroDivisionError",
        replaced={TARGET: f"half = 1 / 0\ndef {TARGET}(dy, cache):\n    return half"},
    ),
    "syntax error elsewhere": beside("for in range(3:", "def (", "'''"),
    "exception elsewhere": beside("1 / 0", "raise SystemExit", "assert False, 'no'"),
    "magics": beside("%matplotlib inline\n!pip install torch\n%%time", "%%bash\nrm -rf /", "?np"),
    "magic in it": whole(
        "%load_ext autoreload\n" + "".join(cell_of(solved(), TARGET)["source"]), FULL, "Right"
    ),
    "google.colab": beside("from google.colab import drive\ndrive.mount('/content/drive')"),
    "input": beside("name = input('Your name? ')", "input()"),
    "input in it": instead("input()", ZERO, r"input\(\)"),
    "plots": beside("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),
    "warnings": instead(
        "import sys, warnings\nwarnings.warn('careful')\nprint('warning', file=sys.stderr)",
        FULL,
        "Right",
    ),
    "much printed": instead("print('x' * 10_000_000)", FULL, "Right"),
    "undecided": instead(
        "import secrets\nreturn dy + secrets.randbits(30), dy[0], dy[0]",
        LOST,
        "",
        look="different results",
    ),
    "uses the course": instead("from local import equations", ZERO, "course's own files"),
    "helper elsewhere": Entry(
        added=("def total(a):\n    return a.sum(axis=tuple(range(a.ndim - 1)))",),
        replaced={
            TARGET: f"def {TARGET}(dy, cache):\n    n = dy.size // cache.s.size\n"
            "    db, dg = total(dy), total(dy * cache.x_hat)\n"
            "    return cache.gamma / cache.s * (dy - db / n - cache.x_hat * dg / n), dg, db"
        },
    ),
    "an experiment further down": changed(
        lambda notebook: notebook["cells"].append(
            code("def mean_and_variance(x):\n    return x.mean(0), x.var(0, ddof=1)")
        ),
        target="batch_norm_forward",
        rest=None,
    ),
    "a trial further down": changed(
        lambda notebook: notebook["cells"].append(
            code(
                "def slow():\n    while True:\n        pass\n"
                f"big = slow()\n{TARGET}(big, 1)[0].mean(axis=0)"
            )
        )
    ),
    "a cell that is indented": whole(
        "\n" + indent("".join(cell_of(solved(), TARGET)["source"]), "    "), FULL, "Right"
    ),
    "a command in two lines": whole(
        "!echo a \\\n    --quiet b\n" + "".join(cell_of(solved(), TARGET)["source"]), FULL, "Right"
    ),
    "a table filled by a list": Entry(
        added=(
            "PARTS = []\n[PARTS.append(n) for n in (1, 2)]",
            "KEPT = {}\nKEPT.setdefault('b', []).append(3)",
        ),
        replaced={
            TARGET: f"def {TARGET}(dy, cache):\n    n = dy.size // cache.s.size\n"
            "    assert PARTS == [1, 2] and KEPT == {'b': [3]}\n"
            "    b = tuple(range(dy.ndim - 1))\n"
            "    db, dg = dy.sum(b), (dy * cache.x_hat).sum(b)\n"
            "    return cache.gamma / cache.s * (dy - db / n - cache.x_hat * dg / n), dg, db"
        },
    ),
    "classes that only their parent knows": Entry(
        replaced={
            TARGET: f"class Part:\n    pass\nclass Sum(Part):\n    axes = 1\n"
            f"def {TARGET}(dy, cache):\n    n = dy.size // cache.s.size\n"
            "    (part,) = Part.__subclasses__()\n"
            "    b = tuple(range(dy.ndim - part.axes))\n"
            "    db, dg = dy.sum(b), (dy * cache.x_hat).sum(b)\n"
            "    return cache.gamma / cache.s * (dy - db / n - cache.x_hat * dg / n), dg, db"
        },
    ),
    "somebody else's gradient": instead(
        "tape = 'tf.GradientTape'", FULL, "Right", look="GradientTape, which it does not need"
    ),
    "star import": Entry(
        added=("from numpy import *",),
        replaced={
            TARGET: f"def {TARGET}(dy, cache):\n    n = dy.size // cache.s.size\n"
            "    b = tuple(range(ndim(dy) - 1))\n"
            "    db, dg = sum(dy, b), sum(dy * cache.x_hat, b)\n"
            "    return cache.gamma / cache.s * (dy - db / n - cache.x_hat * dg / n), dg, db"
        },
    ),
    "Unicode": instead("größe, Δ = dy.size, 'ünï𝔠öde'\nprint(größe, Δ, '😀')", FULL, "Right"),
    "long training elsewhere": beside("while True:\n    pass", "import time\ntime.sleep(10**6)"),
}

READ = """
import os
for path in {paths!r}:
    try:
        found = open(path).read() if os.path.isfile(path) else os.listdir(path)
    except OSError as error:
        last = error
    else:
        raise AssertionError('could read ' + path)
raise last
"""
CALL = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
COURSE = str(Path(__file__).resolve().parents[1])
GRADEBOOK = str(Path.home() / "gradebook")
MESSAGE = "struct.pack('<I', len(h)) + h"
"""A message with the header h, as the grader reads it."""


def forged(header, message=MESSAGE, look=""):
    """The backward pass that writes a message into every file descriptor, and ends its process."""
    return instead(
        f"import os, json, struct\n{header}for n in range(3, 99):\n"
        f"    try: os.write(n, {message})\n    except OSError: pass\nos._exit(0)",
        ZERO,
        "",
        look=look,
    )


def announced(arrays):
    """A header that announces outputs with these arrays."""
    return f"h = json.dumps({{'kind': 'outputs', 'arrays': {arrays}}}).encode()\n"


HOSTILE = {
    "endless loop": instead("while True: pass", ZERO, "time limit"),
    "endless sleep": instead("import time\ntime.sleep(10**6)", ZERO, "waits.*time limit"),
    "ignores signals": instead(
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass",
        ZERO,
        "time limit",
    ),
    "catches everything": instead(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        ZERO,
        "time limit",
    ),
    "memory bomb": instead(  # which of the two limits it meets first is the machine's affair
        "a = []\nwhile True: a.append(bytearray(10**7))", ZERO, "memory limit|time limit"
    ),
    "one huge array": instead("return dy, np.ones(10**12), dy", ZERO, "memory limit"),
    "huge result": instead("return dy, np.zeros(10**8), dy", LOST, ""),
    "print bomb": instead("while True: print('x' * 10**6)", ZERO, "time limit"),
    "file bomb": instead(
        "with open('big', 'wb') as f:\n    while True: f.write(bytes(10**6))", ZERO, "OSError"
    ),
    "fork bomb": instead("import os\nwhile True: os.fork()", ZERO, "may not do"),
    "thread bomb": instead(
        "import threading, time\nthreading.stack_size(32768)\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()",
        ZERO,
        "RuntimeError.*thread|time limit",
    ),
    "threads left over": instead(
        "import threading, time\nfor _ in range(2):\n"
        "    threading.Thread(target=time.sleep, args=(10**6,)).start()",
        FULL,
        "Right",
    ),
    "subprocess": instead("import subprocess\nsubprocess.run(['id'])", ZERO, "may not do"),
    "os.system": instead(
        "import os\nif os.system('id') == 0: raise AssertionError('it ran')", FULL, "Right"
    ),
    "network": instead(
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:80')", ZERO, "raises"
    ),
    "a socket": instead("import socket\nsocket.socket()", ZERO, "may not do"),
    "reads the course": instead(
        READ.format(
            paths=[f"{COURSE}/local/exercises/judging.py", f"{COURSE}/content", f"{COURSE}/tests"]
        ),
        ZERO,
        "FileNotFoundError|OSError|may not do",
    ),
    "reads home": instead(
        READ.format(
            paths=[str(Path.home() / ".bashrc"), "/etc/passwd", "/etc/hostname", "/proc/1/environ"]
        ),
        ZERO,
        "OSError|may not do",
    ),
    "reads the gradebook": instead(
        f"import os\nfound = []\nfor top in ({COURSE!r}, '/tmp', '/home', {GRADEBOOK!r}):\n"
        "    for _, folders, files in os.walk(top):\n"
        "        folders[:] = [one for one in folders if one != 'site-packages']  # too many\n"
        "        found += [one for one in files if one in ('by-hand.csv', 'seed')]\n"
        "if found: raise AssertionError(found)",
        FULL,
        "Right",
    ),
    "reads the environment": instead(
        "import os\nif 'GRADING_SECRET' in os.environ: raise AssertionError('seen')", FULL, "Right"
    ),
    "writes outside": instead(
        READ.replace(
            "open(path).read() if os.path.isfile(path) else os.listdir(path)", "open(path, 'w')"
        ).format(
            paths=[
                "/written",
                "/usr/lib/written",
                "/dev/written",
                "/dev/shm/written",
                f"{COURSE}/written",
                "/tmp/../written",
            ]
        ),
        ZERO,
        "OSError|may not do",
    ),
    "changes Python": instead(
        "import numpy\nopen(numpy.__file__, 'a').write('#')", ZERO, "OSError|may not do"
    ),
    "a leaves files": instead(
        "import os, tempfile\nfor d in ('.', '/tmp', '/dev/shm', tempfile.gettempdir()):\n"
        "    try: open(d + '/answer', 'w').write('42')\n    except OSError: pass\n"
        "    try: os.makedirs(d + '/deep' + '/d' * 200)\n    except OSError: pass",
        FULL,
        "Right",
    ),
    "b looks for files": instead(
        "import os, tempfile\nfor d in ('.', '/tmp', '/dev/shm', tempfile.gettempdir()):\n"
        "    for f in ('answer', 'deep'):\n"
        "        if os.path.exists(d + '/' + f): raise AssertionError(d + f)",
        FULL,
        "Right",
    ),
    "links": instead("import os\nos.symlink('/etc/passwd', 'link')", ZERO, "may not do"),
    "os._exit": instead("import os\nos._exit(0)", ZERO, "ended its own process"),
    "sys.exit": instead("import sys\nsys.exit(0)", ZERO, "calls for Python to exit"),
    "quits at once": Entry(
        ZERO,
        "ended its own process",
        replaced={TARGET: f"import os\nnow = os._exit(0)\ndef {TARGET}(dy, cache): return now"},
    ),
    "segfault": instead("import ctypes\nctypes.string_at(0)", ZERO, "crashed.*SIGSEGV"),
    "abort": instead("import os\nos.abort()", ZERO, "crashed"),
    "recursion": instead("def f(): return f()\nf()", ZERO, "RecursionError"),
    "deep recursion": instead(
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return [*map(f, [n])]\nf(0)",
        ZERO,
        "crashed|memory|RecursionError",
    ),
    "too deep for the parser": whole(
        f"def {TARGET}(dy, cache):\n    return " + "(" * 5000 + ")" * 5000, ZERO, "not Python"
    ),
    "long sums": whole(
        f"def {TARGET}(dy, cache):\n    return " + "+".join(["1"] * 50000), ZERO, ""
    ),
    "NUL bytes": whole(f"def {TARGET}(dy, cache):\n    return '\0'", ZERO, "not Python"),
    "patched np.allclose": Entry(
        LOST,
        "properties hold",
        replaced={
            TARGET: "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n"
            "np.testing.assert_allclose = lambda *a, **k: None\n"
            f"def {TARGET}(dy, cache):\n    return dy, dy[0], dy[0]"
        },
    ),
    "patched json": Entry(
        LOST,
        "",
        replaced={
            TARGET: 'import json, os\njson.dumps = lambda *a, **k: \'{"kind": "outputs"}\'\n'
            f"def {TARGET}(dy, cache):\n    return dy, dy[0], dy[0]"
        },
    ),
    "patched builtins": Entry(
        LOST,
        "",
        replaced={
            TARGET: "import builtins\nbuiltins.all = builtins.any = builtins.abs = "
            "builtins.sum = lambda *a: True\n"
            f"def {TARGET}(dy, cache):\n    return dy, dy[0], dy[0]"
        },
    ),
    "patched IPython": beside(
        "ip = get_ipython()\nip.input_transformers_cleanup.append(lambda lines: ['pass\\n'])"
    ),
    "lying subclass": Entry(
        LOST,
        "",
        replaced={
            TARGET: "class Liar(np.ndarray):\n    def __eq__(self, other): return True\n"
            "    def __array_ufunc__(self, *a, **k): return np.zeros(())\n"
            "    def __array_function__(self, *a, **k): return True\n"
            f"def {TARGET}(dy, cache):\n    return (dy.view(Liar),) * 3"
        },
    ),
    "equal to everything": Entry(
        LOST,
        "",
        replaced={
            TARGET: "class Equal:\n    def __eq__(self, other): return True\n"
            "    def __array__(self, *a, **k): raise ValueError('no')\n"
            f"def {TARGET}(dy, cache):\n    return Equal(), Equal(), Equal()"
        },
    ),
    "objects that reduce": Entry(
        LOST,
        "",
        replaced={
            TARGET: "import os\nclass Bomb:\n    def __reduce__(self): return os.system, ('id',)\n"
            f"def {TARGET}(dy, cache):\n    return (np.array([Bomb()], object),) * 3"
        },
    ),
    "walks the heap": instead(
        "import gc\nfor o in gc.get_objects():\n"
        "    if isinstance(o, dict) and {'judge', 'answer', 'wanted'} & {*map(str, o)}:\n"
        "        raise AssertionError('found')",
        FULL,
        "Right",
    ),
    "walks the frames": instead(
        "import sys\nframe = sys._getframe()\nwhile frame:\n"
        "    if {'wanted_outputs', 'question', 'judge', 'seed'} & {*frame.f_locals}:\n"
        "        raise AssertionError('found')\n    frame = frame.f_back",
        FULL,
        "Right",
        look="_getframe",
    ),
    "traces": instead(
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)", FULL, "Right"
    ),
    "forged garbage": forged("", "b'garbage' * 99", look="header|JSON"),
    "inputs changed, and the comparison too": instead(
        "np.array_equal = lambda *a, **k: True\nkept, dy = dy, dy.copy()\nkept *= 0", PART, ""
    ),
    "forged lengths": forged(announced("[['dx', '<f8', [2**40]]]"), look="shape"),
    "forged shapes": forged(announced("[['dx', '<f8', [-1, 8]]]"), look="shape"),
    "forged objects": forged(
        announced("[['dx', '|O', [1]]]"), f"{MESSAGE} + bytes(8)", look="dtype"
    ),
    "forged exception": forged(
        "h = json.dumps({'kind': 'error', 'kinds': 5, 'arrays': []}).encode()\n",
        look="no exception",
    ),
    "forged nesting": forged("h = b'[' * 200000\n", look="JSON"),
    "forged mark": forged(
        "h = json.dumps({'kind': 'outputs', 'points': 99, 'passed': True,\n"
        "                'arrays': []}).encode()\n",
        f"({MESSAGE}) * 9",
    ),
    "endless questions": forged(
        "h = json.dumps({'kind': 'ask', 'name': 'x', 'arrays': []}).encode()\n",
        f"({MESSAGE}) * 9",
        look="asks",
    ),
    "closes the line": instead("import os\nos.closerange(0, 99)\nwhile True: pass", ZERO, "closed"),
    "kills the grader": instead("import os\nos.kill(os.getppid(), 9)", ZERO, "may not do"),
    "kills everybody": instead("import os\nos.kill(-1, 9)", ZERO, "may not do"),
    "signals by way of a file": instead(
        "import fcntl, os\n"
        "for n in range(3, 9):\n"
        "    for command in (fcntl.F_SETOWN, 10, 15, 16):\n"
        "        try: fcntl.fcntl(n, command, os.getppid())\n"
        "        except OSError: continue\n"
        "        raise AssertionError('the kernel would send it')",
        FULL,
        "Right",
    ),
    "raw kill": instead(
        CALL + "if libc.kill(1, 9) == 0 or libc.kill(-1, 9) == 0: raise AssertionError('killed')\n"
        "if libc.syscall(62, -1, 9) == 0: raise AssertionError('killed')",
        FULL,
        "Right",
    ),
    "raw calls": instead(
        CALL + "# fork, ptrace, unshare, mount, socket, process_vm_readv, io_uring, bpf, clone3\n"
        "for n in (57, 101, 272, 165, 41, 310, 425, 321, 435, 56, 434, 438, 323, 319, 59, 322):\n"
        "    if libc.syscall(n, 0, 0, 0, 0, 0, 0) >= 0: raise AssertionError(n)",
        FULL,
        "Right",
    ),
    "raises its limits": instead(
        "import resource\nfor name in ('AS', 'NPROC', 'FSIZE', 'CPU'):\n"
        "    try: resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (-1, -1))\n"
        "    except (ValueError, OSError): continue\n    raise AssertionError(name)",
        FULL,
        "Right",
    ),
    "lowers its limits": instead(
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
        ZERO,
        "not allowed",
    ),
    "huge text": instead("raise ValueError('x' * 10**8)", ZERO, "ValueError.{,20}: xxx.{,400}$"),
    "HTML in a text": instead(
        "raise ValueError('<script>alert(1)</script><img src=x onerror=alert(1)>')",
        ZERO,
        "<script>",
    ),
    "text that raises": Entry(
        ZERO,
        "raises an exception|raises Exception",
        replaced={
            TARGET: "class Mute(Exception):\n    def __str__(self): raise self\n"
            f"def {TARGET}(dy, cache):\n    raise Mute"
        },
    ),
    "text that never ends": Entry(
        ZERO,
        "time limit",
        replaced={
            TARGET: "class Endless(Exception):\n    def __str__(self):\n        while True: pass\n"
            f"def {TARGET}(dy, cache):\n    raise Endless"
        },
    ),
    "unwritable text": instead(r"raise ValueError('\ud800\x00\x1b[2J')", ZERO, "ValueError"),
    "text with the case": instead(
        "raise ValueError('CASE ' + ' '.join(f'{v:.17g}' for v in dy.flat))", ZERO, "CASE"
    ),
    "warning bomb": instead(
        "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('now')", ZERO, "raises"
    ),
    "alarm": instead(
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nwhile True: pass",
        ZERO,
        "crashed|ended",
    ),
}


def no_metadata(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def duplicated(notebook):
    cells = notebook["cells"]
    place = cells.index(cell_of(notebook, TARGET))
    cells.insert(place, copy.deepcopy(cells[place]))


def deleted(notebook):
    notebook["cells"].remove(cell_of(notebook, TARGET))


def renamed(notebook):
    cell_of(notebook, TARGET)["metadata"]["nbgrader"]["grade_id"] = "cell-1"


def become_text(notebook):
    cell_of(notebook, TARGET)["cell_type"] = "markdown"


def other_kernel(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}


def format_3(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    sheets = [{"cells": notebook["cells"]}]
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": sheets}).encode()


def listed(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)


def huge(notebook):
    text = {"output_type": "stream", "name": "stdout", "text": "x" * (20 << 20)}
    notebook["cells"][-2].setdefault("outputs", []).append(text)


def odd_types(notebook):
    for cell, value in zip(notebook["cells"], (None, 3, [], "x", {"nbgrader": 5}), strict=False):
        cell["metadata"] = value
    notebook["cells"].append({"cell_type": "code", "source": {"a": 1}})


def carriage_returns(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


def all_review(why):
    return {"other": REVIEW, "why": why, "rest": REVIEW}


ODD = {
    "no metadata": changed(no_metadata, look="lost its id"),
    "duplicated cell": changed(duplicated, look="2 cells"),
    "deleted cell": changed(deleted, other=REVIEW, why="no cell defines"),
    "renamed cell": changed(renamed, look="lost its id"),
    "cell become text": changed(become_text),
    "another kernel": changed(other_kernel),
    "format 3": changed(format_3),
    "lines in lists": changed(listed),
    "20 MB of output": changed(huge),
    "odd metadata": changed(odd_types),
    "carriage returns": changed(carriage_returns),
    "renamed file": Entry(name="Copy of my homework FINAL (2).ipynb"),
    "broken JSON": Entry(notebook=Entry().data()[:5000], **all_review("not JSON")),
    "empty file": Entry(notebook=b"", **all_review("empty")),
    "another file": Entry(notebook=b"\x89PNG\r\n\x1a\n\x00", **all_review("not JSON")),
    "JSON of something else": Entry(notebook=b"[1, 2]", **all_review("no cells")),
    "nested JSON": Entry(notebook=b"[" * 10**6, **all_review("not JSON")),
    "no cells": Entry(notebook=b'{"cells": [], "metadata": {}}', **all_review("no cell defines")),
    "another assignment": Entry(
        notebook=json.dumps(solved("layer")).encode(), **all_review("no cell defines")
    ),
    "much code": Entry(
        notebook=json.dumps({"cells": [code("x = 1\n" * 300_000)]}).encode(),
        **all_review("1 MB of code"),
    ),
    "=cmd|' <b>calc&amp;": Entry(),
    "Ωμέγα 😀": Entry(),
}
CORPUS = HONEST | HOSTILE | ODD


def write(folder, names):
    """Write these entries of the corpus into `folder`, as nbgrader would collect them."""
    for name in names:
        place = Path(folder, name.replace("/", "-"), SLUG)
        place.mkdir(parents=True, exist_ok=True)
        (place / CORPUS[name].name).write_bytes(CORPUS[name].data())


def main(folder, count):
    """Write `count` submissions: what a course would get, the honest entries again and again."""
    names = list(HONEST)
    for k in range(int(count)):
        place = Path(folder, f"student-{k:05}", SLUG)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{SLUG}.ipynb").write_bytes(CORPUS[names[k % len(names)]].data())


if __name__ == "__main__":
    main(*sys.argv[1:])
