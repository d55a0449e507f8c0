"""Trains the one-pass detector on labelled whole photos."""
