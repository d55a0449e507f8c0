"""From a manifest of crops to trained weights."""
