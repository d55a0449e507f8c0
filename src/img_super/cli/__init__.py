"""The command `img-super`: one verb a file."""
