"""Measure and print every row, or those of the modules named: python -m benchmarks [NAME ...]."""

import importlib
import os
import sys
from pathlib import Path

from tqdm import tqdm

import tools  # noqa: F401  (a fault of the machine, or an interruption, is one line here too)

HERE = Path(__file__).parent
APART = {"__init__", "__main__", "table", "timing"}


def main(names):
    os.environ.setdefault("MINI_CIFAR", "textures")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    names = names or sorted(path.stem for path in HERE.glob("*.py") if path.stem not in APART)
    kept = True
    for name in (progress := tqdm(names, unit="bench")):
        progress.set_postfix_str(name)
        for row in importlib.import_module(f"benchmarks.{name}").measure():
            tqdm.write(str(row))
            kept &= row.holds
    sys.exit(None if kept else "A bound does not hold: see the rows that say so.")


if __name__ == "__main__":
    main(sys.argv[1:])
