"""Turns a trained network into a folder that serves: exported, measured, with its card."""
