"""The other side of `decoder`: a process that forks a child for each photo.

A child decodes the photo in shared memory and ends. The kernel limits its processor time, its seconds and its memory.
It cannot open another file or connect anywhere; seccomp, where available, also forbids paths.

Run as `python -m img_super.pipeline.decoder_process <descriptor of a socket>`.
"""

import errno
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import msgspec
import numpy as np
import pyseccomp
from PIL import Image, ImageCms

from img_super.domain import RgbImage
from img_super.errors import InputError
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.decoder_messages import Answer, Job

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF")

_SECONDS_EACH: Final = 4
"""By the clock, for each second of the processor: the machine may be busy."""

_FORBIDDEN: Final = (
    *("open", "openat", "openat2", "creat", "truncate", "memfd_create", "shmget", "shmat", "userfaultfd"),
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "msgget", "semget"),
    *("execve", "execveat", "fork", "vfork", "kill", "tkill", "tgkill", "ptrace"),
    *("process_vm_readv", "process_vm_writev", "perf_event_open", "prlimit64", "setrlimit", "bpf", "keyctl"),
    *("unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
    *("mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "utimensat", "setxattr", "io_uring_setup"),
    *("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat"),
    *("mount", "umount2", "chroot", "pivot_root", "setns", "unshare"),
)
"""What a decoder never needs: files, the network, other processes, the system."""


_FAR_MORE: Final = "The file takes far more memory to decode than a photo does."
_CLONE_THREAD: Final = 0x10000


def main() -> None:
    """Wait for jobs until the service ends."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # reap ended children automatically
    cv2.setNumThreads(0)  # children may not start any
    _warm_up()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
        if not message:
            return
        job = msgspec.json.decode(message, type=Job)
        if job.pdf:
            import_module("img_super.pipeline.pdf_file")  # here, because the children can open nothing
        if os.fork() == 0:
            control.close()
            _work(job, *descriptors)
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _work(job: Job, answer_to: int, memory: int) -> None:
    """Decode one photo in place, in the shared memory."""
    signal.setitimer(signal.ITIMER_PROF, job.budget_ms / 1000)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS_EACH * job.budget_ms / 1000)
    short_of_memory = _confine(job.memory_bytes)
    limits = DecodeLimits(job.max_pixels, job.max_memory_bytes, job.budget_ms, job.pdf)
    try:
        pixels = decode_image(os.pread(memory, job.size_bytes, 0), limits)
        _write(memory, pixels)
        answer = Answer(shape=pixels.shape[:2])
    except InputError as error:
        answer = Answer(code=error.code, detail=error.detail)
    except MemoryError:
        answer = Answer(code="no_memory" if short_of_memory else "decode_too_slow", detail=_FAR_MORE)
    socket.socket(fileno=answer_to).sendall(msgspec.json.encode(answer))


def _write(memory: int, pixels: RgbImage) -> None:
    unwritten, at = memoryview(np.ascontiguousarray(pixels).data).cast("B"), 0
    os.ftruncate(memory, 0)
    while unwritten:
        written = os.pwrite(memory, unwritten, at)
        unwritten, at = unwritten[written:], at + written


def _confine(memory_bytes: int) -> bool:
    """Limit this process; return whether the service's own limit is lower than a photo's memory."""
    used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    inherited = [resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    for limit, value in (
        (resource.RLIMIT_AS, used_bytes + memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    if _filter is not None:
        _filter.load()
    return any(0 <= limit < used_bytes + memory_bytes for limit in inherited)


def _made_filter() -> Any:
    """None if the system has no seccomp."""
    with suppress(OSError, RuntimeError):
        syscall_filter = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        for name in _FORBIDDEN:
            with suppress(OSError):  # of another architecture
                syscall_filter.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        # Threads are allowed (HEIC's decoder needs them), processes are not; `clone3` hides which it creates.
        syscall_filter.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
        no_thread = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0)
        syscall_filter.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", no_thread)
        return syscall_filter
    return None


_filter: Any = None


def _warm_up() -> None:
    """Load whatever decoders load lazily, because the children can open nothing."""
    global _filter  # noqa: PLW0603
    _filter = _made_filter()
    image = Image.new("RGB", (16, 16))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for image_format in _FORMATS:
        file = BytesIO()
        image.save(file, image_format, icc_profile=profile)
        decode_image(file.getvalue())


if __name__ == "__main__":
    main()
