"""Side-by-side measurements, one command each; the last line of each is JSON."""
