"""Trains networks: from a manifest of crops to weights."""
