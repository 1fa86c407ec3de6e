"""Measure and print every row, or those of the modules named: python -m benchmarks [NAME ...]."""

import importlib
import os
import sys
from pathlib import Path

from tqdm import tqdm

from tools import faults

HERE = Path(__file__).parent
NOT_A_BENCHMARK = {"__init__", "__main__", "table", "timing"}


def main(names):
    os.environ.setdefault("MINI_CIFAR", "textures")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    all_names = sorted({path.stem for path in HERE.glob("*.py")} - NOT_A_BENCHMARK)
    all_hold = True
    for name in (progress := tqdm(names or all_names, unit="bench")):
        progress.set_postfix_str(name)
        for row in importlib.import_module(f"benchmarks.{name}").measure():
            tqdm.write(str(row))
            all_hold &= row.holds
    sys.exit(None if all_hold else "A bound does not hold: see the rows that say so.")


if __name__ == "__main__":
    with faults.in_one_line():
        main(sys.argv[1:])
