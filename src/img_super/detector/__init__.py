"""Detects faces in an image."""
