"""Many small nets trained at once, side by side along leading axes: seeds, then variants."""
