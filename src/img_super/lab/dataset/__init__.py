"""Data sets: rows, splits, crops, photos and training batches."""
