"""Models on disk: weights, cards, hashes, exports."""
