"""SIGTERM: not ready at once, while connections are still taken for as long as the load balancer needs to notice."""

import asyncio
import signal
import threading
from types import FrameType

from img_super.api.services import Services


def tell_when_stopping(services: Services) -> None:
    """Put `services.stopping` before what the server does at SIGTERM, and `stop_delay_s` between the two."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return  # in a test's thread; there is no server that could be stopped
    loop = asyncio.get_running_loop()

    def stop(number: int, frame: FrameType | None) -> None:
        services.stopping = True
        delay_s = services.settings.stop_delay_s
        if delay_s:
            loop.call_soon_threadsafe(loop.call_later, delay_s, before, number, frame)
        else:
            before(number, frame)

    signal.signal(signal.SIGTERM, stop)
