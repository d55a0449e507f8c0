"""Photographs a card and passes the file on. Both classes draw every parameter from the same distributions."""
