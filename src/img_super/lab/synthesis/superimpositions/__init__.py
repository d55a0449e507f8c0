"""The attacks: another face over a complete genuine card, in its file, on paper, in its photo or on a screen."""

from img_super.lab.synthesis.superimpositions.attack import SPECIES, STAGES, Attack, Forgery
from img_super.lab.synthesis.superimpositions.drawing import draw_attack, stages_of
from img_super.lab.synthesis.superimpositions.laying import on_card, on_photo

__all__ = ["SPECIES", "STAGES", "Attack", "Forgery", "draw_attack", "on_card", "on_photo", "stages_of"]
