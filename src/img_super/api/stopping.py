"""On SIGTERM: unready at once, but accept connections until the load balancer has noticed."""

import asyncio
import signal
import threading
from types import FrameType

from img_super.api.services import Services


def tell_when_stopping(services: Services) -> None:
    """On SIGTERM, set `services.stopping`, then wait `stop_delay_s` before the server's own handler."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return  # in a test's thread, without a server to stop
    loop = asyncio.get_running_loop()

    def stop(number: int, frame: FrameType | None) -> None:
        services.stopping = True
        delay_s = services.settings.stop_delay_s
        if delay_s:
            loop.call_soon_threadsafe(loop.call_later, delay_s, before, number, frame)
        else:
            before(number, frame)

    signal.signal(signal.SIGTERM, stop)
