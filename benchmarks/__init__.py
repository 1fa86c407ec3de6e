"""Ratios against the peers, measured side by side; `python -m benchmarks` prints them all."""
