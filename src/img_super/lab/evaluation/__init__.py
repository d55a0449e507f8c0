"""Measures models."""
