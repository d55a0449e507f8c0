"""From whole photos with their truth to the one-pass detection network."""
