"""Forgeries on real photos by other code than training's, so that its habits are not what is measured.

All pixels are RGB uint8. Each species comes crude, as a first try in an image editor, and careful: in the colours,
sharpness and grain of what it covers.
"""
