"""Portraits of people who do not exist: read from folders or generated, matted, framed as ID photos and toned."""
