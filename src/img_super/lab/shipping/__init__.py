"""From a trained network to a folder that serves: exported, measured, with its card."""
