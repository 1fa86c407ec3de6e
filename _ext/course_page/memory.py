"""What the last build has rendered, so that after a small change only what is new is rendered.

It lies in `_build` and holds for the tools that made it: when their code or their pinned versions
change, all of it is forgotten.
"""

import hashlib
import pickle
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def stamp():
    """One digest of all that decides how something is rendered."""
    locks = [ROOT / "package-lock.json", ROOT / "requirements.lock"]
    code = [path for path in sorted(HERE.rglob("*.*")) if path.suffix in {".py", ".mjs"}]
    return hashlib.sha256(b"".join(path.read_bytes() for path in locks + code)).hexdigest()


class Memory:
    """The answers of the last build, by what was asked; those not asked for again are dropped."""

    def __init__(self, path):
        self.path, self.stamp, self.known, self.used = path, stamp(), {}, {}
        if path.exists():
            kept = pickle.loads(path.read_bytes())
            self.known = kept["answers"] if kept["stamp"] == self.stamp else {}

    def answers(self, work, tasks):
        """What `work` answers to `tasks`, in their order.

        `work` is a function from a list of tasks to the list of their answers. It is given the
        tasks that are new, and is not called if there are none.
        """
        keys = [hashlib.sha256(f"{work.__qualname__} {task}".encode()).digest() for task in tasks]
        new = {key: task for key, task in zip(keys, tasks, strict=True) if key not in self.known}
        if new:
            self.known |= zip(new, work([*new.values()]), strict=True)
        self.used |= {key: self.known[key] for key in keys}
        return [self.known[key] for key in keys]

    def keep(self):
        """Write it down for the next build."""
        temporary = self.path.with_suffix(".tmp")
        temporary.write_bytes(pickle.dumps({"stamp": self.stamp, "answers": self.used}))
        temporary.replace(self.path)
