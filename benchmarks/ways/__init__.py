"""Other ways of doing the same, each in a process of its own: what the service is measured beside."""
