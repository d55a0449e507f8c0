"""Shortcut audit: whether anything but the attack reveals the class of a generated sample."""
