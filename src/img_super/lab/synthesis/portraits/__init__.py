"""Portraits of people who do not exist: read from folders or drawn on demand, matted, framed as ID photos, toned."""
