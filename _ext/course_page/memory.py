"""What the last build has rendered, so that after a small change only what is new is rendered.

It is stored in `_build`. When the code that renders, or a pinned version, changes, it is dropped.
"""

import hashlib
import pickle
from pathlib import Path

from tools.files import ROOT, write

HERE = Path(__file__).parent


def stamp():
    """A digest of everything that decides how something is rendered."""
    locks = [ROOT / "package-lock.json", ROOT / "requirements.lock"]
    code = [path for path in sorted(HERE.rglob("*.*")) if path.suffix in {".py", ".mjs"}]
    return hashlib.sha256(b"".join(path.read_bytes() for path in locks + code)).hexdigest()


class Memory:
    """The results of the last build by their tasks; what this build does not use is dropped."""

    def __init__(self, path):
        self.path, self.stamp, self.known, self.used = path, stamp(), {}, {}
        if path.exists():
            stored = pickle.loads(path.read_bytes())
            self.known = stored["results"] if stored["stamp"] == self.stamp else {}

    def results(self, work, tasks):
        """The results of `tasks`, in their order.

        `work` is a function from a list of tasks to the list of their results. It is called once
        with the tasks that are new, and not at all if there are none.
        """
        keys = [hashlib.sha256(f"{work.__qualname__} {task}".encode()).digest() for task in tasks]
        new = {key: task for key, task in zip(keys, tasks, strict=True) if key not in self.known}
        if new:
            self.known |= zip(new, work([*new.values()]), strict=True)
        self.used |= {key: self.known[key] for key in keys}
        return [self.known[key] for key in keys]

    def save(self):
        """Store the results for the next build."""
        write(self.path, pickle.dumps({"stamp": self.stamp, "results": self.used}))
