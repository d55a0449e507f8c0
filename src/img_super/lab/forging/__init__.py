"""Attacks made while training, on genuine photos: rendered ones and real captures."""
