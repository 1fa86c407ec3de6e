"""Solutions that are alike are found under other names; what everybody has is not."""

from grading import similarity
from grading.records.roster import Roster
from local.exercises.questions import QUESTIONS
from tests import submissions
from tests.submissions import SLUG, TARGET

RIGHT = "".join(submissions.cell_of(submissions.solved(), TARGET)["source"])
OWN = """
def batch_norm_backward(dy, cache):
    # my own way
    count = dy.size // cache.s.size
    total = np.zeros_like(cache.s)
    for row in dy.reshape(count, -1):
        total = total + row
    weighted = np.einsum("ij,ij->j", dy.reshape(count, -1), cache.x_hat.reshape(count, -1))
    inner = dy - total / count - cache.x_hat * weighted / count
    return cache.gamma / cache.s * inner, weighted, total
"""
RENAMED = '''
def batch_norm_backward(grad, memory):
    """Mine, really."""
    n = grad.size // memory.s.size
    acc = np.zeros_like(memory.s)   # begin with nothing
    for r in grad.reshape(n, -1):

        acc = acc + r
    w = np.einsum("ij,ij->j", grad.reshape(n, -1), memory.x_hat.reshape(n, -1))
    z = grad - acc / n - memory.x_hat * w / n
    return memory.gamma / memory.s * z, w, acc
'''
OTHER = """
def batch_norm_backward(dy, cache):
    axes = tuple(range(dy.ndim - 1))
    dbeta = np.sum(dy, axis=axes)
    dgamma = np.sum(dy * cache.x_hat, axis=axes)
    dx_hat = dy * cache.gamma
    mean = dx_hat.mean(axis=axes)
    along = (dx_hat * cache.x_hat).mean(axis=axes)
    return (dx_hat - mean - cache.x_hat * along) / cache.s, dgamma, dbeta
"""


def names(found):
    return [pair.names for pair in found]


def test_a_copy_under_other_names_is_found():
    found = similarity.pairs({"ada": OWN, "bo": RENAMED, "cy": OTHER}, [RIGHT])
    assert names(found) == [("ada", "bo")]
    assert found[0].share > 0.9
    shared = [line for line, is_shared in found[0].texts[0] if is_shared]
    assert any("einsum" in line for line in shared)
    assert not any("my own way" in line for line in shared)


def test_the_published_solution_tells_nothing():
    assert similarity.pairs({"ada": RIGHT, "bo": RIGHT, "cy": OTHER}, [RIGHT]) == []
    assert names(similarity.pairs({"ada": RIGHT, "bo": RIGHT, "cy": OTHER})) == [("ada", "bo")]


def test_what_many_write_tells_nothing():
    everybody = {f"student {n}": OTHER for n in range(20)}
    assert similarity.pairs(everybody, [RIGHT]) == []
    found = similarity.pairs(everybody | {"ada": OWN, "bo": RENAMED}, [RIGHT])
    assert names(found) == [("ada", "bo")]


def test_what_is_not_python_is_read_as_far_as_it_goes():
    assert similarity.pairs({"ada": OWN + "\n  x = (", "bo": RENAMED + "\n'''"}, [RIGHT])
    assert similarity.pairs({"ada": "", "bo": "\0"}, [RIGHT]) == []


def test_the_page_shows_both_and_escapes_them(tmp_path):
    for name, source in {"ada": OWN, "<b>": RENAMED, "cy": OTHER, "right": RIGHT}.items():
        place = tmp_path / "in" / name / SLUG
        place.mkdir(parents=True)
        entry = submissions.Entry(replaced={TARGET: source})
        (place / f"{SLUG}.ipynb").write_bytes(entry.data())
    (tmp_path / "in" / "eve.ipynb").write_text("broken")
    book = tmp_path / "book"
    book.mkdir()
    assert similarity.write_page(tmp_path / "in", book, QUESTIONS, Roster().of_owner) == 1
    page = (book / "similarity.html").read_text(encoding="utf-8")
    assert "&lt;b&gt; and ada" in page and "<b>" not in page
    assert "Nothing here changes a mark" in page
