"""Notebooks whose own check passes, each in a way that a reading of the text alone gets wrong.

Each Entry of KINDS is as in `tests.submissions`: what must become of its target. No kind may end at
points below its check without a person being asked. FILES lie beside the notebook of a kind.
"""

import json
from textwrap import indent

from tests.submissions import FULL, REVIEW, SLUG, TARGET, Entry, cell_of, code, solved

RIGHT = "".join(cell_of(solved(), TARGET)["source"])
FORWARD = "".join(cell_of(solved(), "batch_norm_forward")["source"])
MEAN = "".join(cell_of(solved(), "mean_and_variance")["source"])
STUB = f"def {TARGET}(dy, cache):\n    raise NotImplementedError('not filled in yet')"
MINE = RIGHT.replace(TARGET, "mine")
BODY = RIGHT.partition("\n")[2]
CHECK = f"checks.check_{TARGET}"
TEXT = {"cell_type": "raw", "source": STUB}
NAMES = {"layer": "BatchNorm", "bug-hunt": "find_bugs", SLUG: TARGET}


def kind(own=RIGHT, above=(), between=(), below=(), other=FULL, slug=SLUG, files=(), more=None):
    """An Entry: the cell of the target, and cells above all, before its check, and at the end.

    more: {another question: its source}.
    """
    notebook, target = solved(slug), NAMES[slug]
    cell = cell_of(notebook, target)
    cell["source"] = own
    for name, source in (more or {}).items():
        cell_of(notebook, name)["source"] = source
    cells = notebook["cells"]
    place = cells.index(cell) + 1
    cells[place:place] = map(code, between)
    cells += map(code, below)
    cells[3:3] = map(code, above)
    entry = Entry(other, look="" if other == REVIEW else ".*", target=target, notebook=notebook)
    return entry, slug, dict(files)


def with_first(line, right=RIGHT):
    """The right solution with one more line at its beginning."""
    head, _, rest = right.partition("\n")
    return f"{head}\n    {line}\n{rest}"


def needs(expression, value):
    """The right solution where an expression has its value, and an exception elsewhere."""
    return with_first(f"assert {expression} == {value}, 'it is not what it was'")


def without_check(notebook, name=TARGET):
    """The notebook without the cell that checks a question."""
    cells = notebook["cells"]
    cells.remove(
        next(
            c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == f"check-{name}"
        )
    )
    return notebook


def changed(entry, change):
    """A kind with its notebook changed."""
    one, slug, files = entry
    change(one.notebook)
    return one, slug, files


SHADOWED = {
    f"{name} given away below": kind(with_first(f"assert {used}"), below=[line])
    for name, used, line in [
        ("sum", "sum([1, 2]) == 3", "sum = 0\nfor k in range(9): sum += k"),
        ("max", "max(1, 2) == 2", "for min, max in [(0, 1)]: print(min, max)"),
        ("len", "len([1]) == 1", "len = 12"),
        ("range", "list(range(2)) == [0, 1]", "range = (0, 1)"),
        ("abs", "abs(-1) == 1", "with open('x', 'w') as abs: pass"),
        ("list", "list('a') == ['a']", "list = [1, 2]"),
        ("round", "round(1.2) == 1", "def round(x): return None"),
        ("type", "type(1) is int", "import json as type"),
        ("np", "np.sum([1, 2]) == 3", "np = 'no more'"),
        ("tuple", "tuple([1]) == (1,)", "tuple: int = 3"),
    ]
}
ORDER = {
    "an annotation above an import": kind(
        "import numpy as np\n" + RIGHT,
        more={
            "mean_and_variance": MEAN.replace("(x)", "(x: np.ndarray)"),
            "batch_norm_forward": "import numpy as np\n" + FORWARD,
        },
    ),
    "a default above an import": kind(
        "import numpy as np\n" + with_first("help_it()"),
        above=["def help_it(eps=np.float32(1e-3)): return eps"],
    ),
    "a class above an import": kind(
        "import numpy as np\n" + with_first("Axes((1, 2)).total()"),
        above=[
            "class Axes(np.ndarray):\n    def __new__(cls, x): return np.ones(x).view(cls)\n"
            "    def total(self): return np.sum(self)"
        ],
    ),
    "a decorator above an import": kind(
        "import functools\n" + with_first("assert twice(2) == 4"),
        above=["import functools", "@functools.lru_cache\ndef twice(x): return 2 * x"],
    ),
    "a helper above, and its name again": kind(
        "scale = 1.0\n" + with_first("assert scaled(2) == 2"),
        above=["scale = 1.0", "START = scale * 1\ndef scaled(x): return START * x"],
    ),
    "a helper redefined below the check": kind(
        with_first("assert axes() == 1"),
        above=["def axes(): return 1"],
        between=[],
        below=["def axes(x): return x"],
    ),
    "a constant changed below": kind(needs("SIZE", 4), above=["SIZE = 4"], below=["SIZE = 5"]),
    "a list emptied below": kind(
        needs("TABLE", [1]), above=["TABLE = [1]"], below=["TABLE.clear()"]
    ),
    "itself spoilt below": kind(below=[f"{TARGET} = None"]),
    "itself deleted below": kind(below=[f"del {TARGET}"]),
    "what it needs deleted below": kind(needs("SIZE", 4), above=["SIZE = 4"], below=["del SIZE"]),
    "a wrapper below": kind(
        below=[f"def wrapped(f):\n    return lambda *a: 1 / 0\n{TARGET} = wrapped({TARGET})"]
    ),
}
STATE = {
    "an alias is filled": kind(
        needs("TABLE", [3]), above=["TABLE = []\nalias = TABLE", "alias.append(3)"]
    ),
    "a call fills it": kind(
        needs("SET", {"a": 1}),
        above=["SET = {}\ndef configure(**named): SET.update(named)", "x = configure(a=1)"],
    ),
    "exec makes it": kind(needs("SIZE", 4), above=["exec('SIZE = 4')"]),
    "globals make it": kind(needs("SIZE", 4), above=["globals()['SIZE'] = 4"]),
    "globals are updated": kind(needs("SIZE", 4), above=["globals().update(SIZE=4)"]),
    "vars make it": kind(needs("SIZE", 4), above=["vars().update({'SIZE': 4})"]),
    "setattr makes it": kind(
        needs("Tools.size", 4), above=["class Tools: pass", "setattr(Tools, 'size', 4)"]
    ),
    "a module is given it": kind(
        needs("np.size_of_all", 4), above=["import numpy", "numpy.size_of_all = 4"]
    ),
    "a builtin is made": kind(
        needs("size_of_all", 4), above=["import builtins", "builtins.size_of_all = 4"]
    ),
    "an object is filled by a function": kind(
        needs("TABLE.tolist()", [1, 1]),
        above=["TABLE = np.zeros(2)", "np.add.at(TABLE, [0, 1], 1)"],
    ),
    "out fills it": kind(
        needs("TABLE.tolist()", [2, 2]),
        above=["TABLE = np.zeros(2)", "_ = np.add([1, 1], 1, out=TABLE)"],
    ),
    "a method in a loop": kind(
        needs("TABLE", [0, 1]),
        above=["TABLE = []\nadd = TABLE.append", "for k in range(2): add(k)"],
    ),
    "a global in a function": kind(
        needs("SIZE", 4),
        above=["def start():\n    global SIZE\n    SIZE = 4", "done = [start() for _ in range(1)]"],
    ),
    "an environment variable": kind(
        needs("os.environ['SIZE']", "'4'"), above=["import os", "os.environ.update(SIZE='4')"]
    ),
    "the output of a cell": kind(needs("Out[len(In) and min(Out)]", 4), above=["2 + 2"]),
}
SHELL = {
    "display in it": kind(with_first("display(dy.shape)")),
    "get_ipython in it": kind(with_first("get_ipython()")),
    "timed assignment": kind(needs("TABLE", [1]), above=["%time TABLE = [1]"]),
    "timed assignment in its cell": kind("%time TABLE = [1]\n" + needs("TABLE", [1])),
    "timeit with a result": kind(
        with_first("assert took.best >= 0"), above=["took = %timeit -o sum([1])"]
    ),
    "prun": kind("%%prun\n" + RIGHT),
    "prun with options": kind("%%prun -l 5 -q\n" + RIGHT),
    "time": kind("%%time\n" + with_first("display(1)")),
    "capture": kind("%%capture out\n" + with_first("display(1)")),
    "writefile and import": kind(
        f"from helper import mine as {TARGET}", above=[f"%%writefile helper.py\n{MINE}"]
    ),
    "writefile and run": kind("%run helper.py", above=[f"%%writefile helper.py\n{RIGHT}"]),
    "file and star": kind("from helper import *", above=[f"%%file helper.py\n{RIGHT}"]),
    "autoreload in its cell": kind(
        "%load_ext autoreload\n%autoreload 2\n" + with_first("display(1)")
    ),
    "pip in its cell": kind("%pip install -q numpy\n!pip list\n" + with_first("display(1)")),
    "env": kind(needs("os.environ['SIZE']", "'4'"), above=["import os", "%env SIZE=4"]),
    "an unknown magic above it": kind("%tensorflow_version 2.x\n" + with_first("display(1)")),
    "matplotlib in its cell": kind("%matplotlib inline\n" + with_first("display(1)")),
    "a command assigned": kind("files = !ls\n" + with_first("display(1)")),
    "colab in its cell": kind(
        "from google.colab import drive\ndrive.mount('/content/drive')\n" + with_first("display(1)")
    ),
    "help in its cell": kind("np.sum?\n" + with_first("display(1)")),
    "automatic parentheses": kind(with_first("display(1)"), above=["/print 1"]),
}
DEFINED = {
    "by exec": kind(f"exec({RIGHT!r})"),
    "by globals": kind(f"{MINE}\nglobals()['{TARGET}'] = mine"),
    "in a tuple": kind(f"{MINE}\n{TARGET}, other = mine, None"),
    "by a walrus": kind(f"{MINE}\n({TARGET} := mine)"),
    "by a loop": kind(f"{MINE}\nfor {TARGET} in [mine]: pass"),
    "by an import": kind(f"from helper import {TARGET}", files={"helper.py": RIGHT.encode()}),
    "by an import of a module": kind(
        f"import helper\n{TARGET} = helper.mine", files={"helper.py": MINE.encode()}
    ),
    "with a table beside it": kind(
        needs("TABLE", "'1,2'"),
        above=["TABLE = open('table.csv').read()"],
        files={"table.csv": b"1,2"},
    ),
    "with an annotation": kind(f"{MINE}\n{TARGET}: object = mine"),
    "in an if": kind("if True:\n" + indent(RIGHT, "    ")),
    "in a try": kind("try:\n    import torch\nexcept ImportError:\n" + indent(RIGHT, "    ")),
    "by a class": kind(
        f"class Mine:\n    def __call__(self, dy, cache):\n{indent(BODY, '    ')}\n"
        f"{TARGET} = Mine()"
    ),
    "below its stub": kind(STUB, between=[RIGHT]),
    "below its stub and the check": kind(STUB, below=[RIGHT]),
    "below its stub, with its own check": kind(
        STUB, below=[RIGHT, f"checks.check_{TARGET}({TARGET})"]
    ),
    "another name is checked": kind(STUB, between=[MINE, f"checks.check_{TARGET}(mine)"]),
    "the checker has another name": kind(
        STUB,
        between=[f"from local.exercises.checks import check_backward as look\n{MINE}\nlook(mine)"],
    ),
    "an error further down its cell": kind(f"{with_first('display(1)')}\n1 / 0"),
    "an error above": kind(with_first("display(1)"), above=["1 / 0", "raise SystemExit"]),
    "a course's figure above": kind(
        with_first("display(1)"),
        above=["from local import plots\nBLUE = plots.COLORS['with']\nplots.use_style()"],
    ),
    "a training above": kind(with_first("display(1)"), above=["while True: pass"]),
    "a wait above": kind(with_first("display(1)"), above=["import time\ntime.sleep(10**6)"]),
    "without its check": changed(kind(with_first("display(1)")), without_check),
}
ASKED = {
    "another name": kind(MINE, other=REVIEW),
    "quotes of Python 3.12": kind(with_first("f'{dict(a=1)['a']}'"), other=REVIEW),
    "generics of Python 3.12": kind(
        RIGHT.replace("(dy, cache)", "[T](dy: T, cache)"), other=REVIEW
    ),
    "a type of Python 3.12": kind("type Table = list\n" + RIGHT, other=REVIEW),
    "a template of Python 3.14": kind(with_first("t'{dy}'"), other=REVIEW),
    "a helper in newer syntax": kind(
        with_first("help_it()"), above=["def help_it[T](): pass"], other=REVIEW
    ),
    "a compiled cell": kind("%%cython\n" + RIGHT, other=REVIEW),
    "a downloaded helper": kind(
        f"!wget http://127.0.0.1/helper.py\nfrom helper import mine as {TARGET}", other=REVIEW
    ),
    "a command in it": kind(with_first("n = !nproc\n    int(n[0])"), other=REVIEW),
    "a package that is not there": kind(
        "import flux_of_tensors as torch\n" + with_first("torch.no_grad()"), other=REVIEW
    ),
    "a package in it": kind(with_first("import flux_of_tensors"), other=REVIEW),
    "a file that is not there": kind(
        with_first("np.ones(3) * TABLE"), above=["TABLE = np.load('table.npy')"], other=REVIEW
    ),
    "a file read in it": kind(with_first("open('table.csv').read()"), other=REVIEW),
    "an answer": kind(with_first("int(SIZE)"), above=["SIZE = input()"], other=REVIEW),
}
COMPUTED = {
    "an await above": kind(
        needs("SIZE", 4), above=["async def load(): return 4\nSIZE = await load()"]
    ),
    "an await of nothing in its cell": kind(
        "import asyncio\nawait asyncio.sleep(0)\n" + with_first("display(1)")
    ),
    "pylab": kind(with_first("assert allclose(dot(1, 2), 2)"), above=["%pylab inline"]),
    "its check by a keyword": kind(STUB, between=[MINE, f"checks.check_{TARGET}(written=mine)"]),
    "its check by name": kind(STUB, between=[MINE, f"checks.check('{TARGET}', mine)"]),
    "a fourth check": kind(
        STUB,
        between=[f"for k in range(3): {CHECK}(None)", MINE, f"{CHECK}(mine)"],
    ),
    "warnings are errors": kind(
        "import warnings\nwarnings.filterwarnings('error')\n"
        + with_first("np.ones(2) / np.zeros(2)")
    ),
    "numpy raises": kind(
        with_first("np.ones(2) / np.zeros(2)\n    display(1)"), above=["np.seterr(all='raise')"]
    ),
    "its cell turned into a text": changed(
        kind(STUB, between=[RIGHT]), lambda notebook: cell_of(notebook, TARGET).update(TEXT)
    ),
}
LACKING = {
    "a package beside what it needs": kind(
        with_first("display(1)\n    assert SIZE == 4"),
        above=["import flux_of_tensors\nSIZE = 4"],
        other=REVIEW,
    ),
    "the course's figures in its cell": kind(
        "from local import plots\nplots.use_style()\n" + with_first("display(1)"), other=REVIEW
    ),
    "a number of a command": kind(
        with_first("int(found[0])"), above=["found = !nproc"], other=REVIEW
    ),
    "a name of another version": kind(with_first("np.in1d_of_old([1], [1])"), other=REVIEW),
    "below its stub in newer syntax": kind(
        STUB, between=[RIGHT.replace("(dy, cache)", "[T](dy: T, cache)")], other=REVIEW
    ),
    "a helper redefined in newer syntax": kind(
        with_first("assert axes(1) == 1"),
        above=["def axes(x): return 0", "def axes[T](x: T): return x"],
        other=REVIEW,
    ),
    "a file beside it in newer syntax": kind(
        with_first("import helper"), files={"helper.py": b"type X = int"}, other=REVIEW
    ),
}
KERAS = "".join(cell_of(solved("layer"), "BatchNorm")["source"])
LAYERS = {
    "a base above, and keras again": kind(
        "import keras\n" + KERAS.replace("keras.layers.Layer", "Base"),
        above=["class Base(keras.layers.Layer):\n    pass"],
        slug="layer",
    ),
    "a layer with display": kind(
        KERAS.replace(
            'x = tf.cast(inputs, "float32")', 'x = tf.cast(inputs, "float32"); display(1)'
        ),
        slug="layer",
    ),
    "a layer's builtin given away": kind(
        KERAS, below=["for list, len in [(0, 1)]: pass"], slug="layer"
    ),
}
HUNT = "".join(cell_of(solved("bug-hunt"), "find_bugs")["source"])
HUNTS = {
    "a hunt with display": kind(
        HUNT.replace("    look_forward(Layer)", "    display(1); look_forward(Layer)", 1),
        slug="bug-hunt",
    ),
}
KINDS = SHADOWED | ORDER | STATE | SHELL | DEFINED | ASKED | COMPUTED | LACKING | LAYERS | HUNTS


def write(folder):
    """Write all kinds into `folder`, as nbgrader would collect them."""
    for name, (entry, slug, files) in KINDS.items():
        place = folder / name / slug
        place.mkdir(parents=True)
        (place / f"{slug}.ipynb").write_text(json.dumps(entry.notebook), encoding="utf-8")
        for file, data in files.items():
            (place / file).write_bytes(data)
