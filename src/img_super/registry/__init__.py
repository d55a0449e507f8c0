"""Versions of the model on disk, of which one serves."""
