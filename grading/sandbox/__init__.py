"""Where a submission runs: shut in, bounded, and proved each time."""
