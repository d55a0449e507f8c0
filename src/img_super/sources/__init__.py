"""Finds and opens photos in folders, archives and buckets."""
