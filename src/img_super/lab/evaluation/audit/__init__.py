"""Shortcut audit: what must not betray the class of a generated sample, and whether it does."""
