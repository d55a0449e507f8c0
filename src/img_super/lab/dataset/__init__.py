"""Data sets: rows, splits, crops and photos, and the batches that networks learn from."""
