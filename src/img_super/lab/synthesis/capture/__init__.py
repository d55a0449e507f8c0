"""Photographs a card and passes the file on. Both classes draw every parameter from the same distributions."""

from img_super.lab.synthesis.capture.camera import Capture, Shot, draw_capture, facts_of, photograph, set_up
from img_super.lab.synthesis.capture.screen import Screen, draw_screen, show_on_screen
from img_super.lab.synthesis.capture.transmission import PassedOn, Passing, draw_passing, pass_on
from img_super.lab.synthesis.capture.view import View, draw_view, look_at

__all__ = [
    "Capture", "PassedOn", "Passing", "Screen", "Shot", "View",
    "draw_capture", "draw_passing", "draw_screen", "draw_view", "facts_of", "look_at", "pass_on", "photograph",
    "set_up", "show_on_screen",
]  # fmt: skip
