"""img_super tells how likely it is that the portrait of an identity document was superimposed."""

__version__ = "0.1.0"
