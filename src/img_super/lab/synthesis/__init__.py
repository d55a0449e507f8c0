"""Generates training data: portraits, document designs, superimpositions, capture."""
