"""Python's garbage collector looks at what requests leave behind, not at what stays for as long as the service runs.

A full collection of all packages and models stops every thread for 40 to 60 ms; a client that leaves a hundred uploads
a second causes one every few seconds.
"""

import gc


def set_aside_what_stays() -> None:
    """Call it when everything is loaded. What is frozen and no longer used is still freed, but for cycles."""
    gc.collect()
    gc.freeze()
