"""What the network learns from: portraits, document designs, superimpositions, capture."""
