"""Scores a portrait crop and maps the evidence."""
