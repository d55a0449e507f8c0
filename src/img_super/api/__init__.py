"""HTTP, and nothing but HTTP, around the pipeline."""
