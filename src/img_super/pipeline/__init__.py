"""The way of a photo, without transport: decode, detect, crop, validate, decide."""
