"""From an image to its faces."""
