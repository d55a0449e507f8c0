"""The command `img-super`: one verb per file."""
