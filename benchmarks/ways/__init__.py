"""Other ways of doing the same, each in a separate process, to compare the service with."""
