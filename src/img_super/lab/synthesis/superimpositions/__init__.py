"""The attacks: another face over the complete genuine card, as a file, on paper, in the photo of it, on a screen."""

from img_super.lab.synthesis.superimpositions.attack import SPECIES, STAGES, Attack, Forgery
from img_super.lab.synthesis.superimpositions.drawing import draw_attack, stages_of
from img_super.lab.synthesis.superimpositions.laying import on_card, on_photo

__all__ = ["SPECIES", "STAGES", "Attack", "Forgery", "draw_attack", "on_card", "on_photo", "stages_of"]
