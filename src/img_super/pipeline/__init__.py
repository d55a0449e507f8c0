"""The photo pipeline without transport: decode, detect, crop, validate, decide."""
