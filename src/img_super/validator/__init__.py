"""From a portrait crop to a score and a map of the evidence."""
