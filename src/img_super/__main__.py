"""`python -m img_super` is the command `img-super`."""

import signal
import sys

# The first process of a container has no default for SIGTERM: without this, being stopped while the imports below
# still run (about a second, with TensorFlow ten) would be ignored until the container is killed. To stop a service is
# no failure; a verb that judges photos and is stopped must not end as if it had found nothing.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0 if "serve" in sys.argv[1:2] else 143))

from img_super.cli.app import app  # noqa: E402

app(prog_name="img-super")
