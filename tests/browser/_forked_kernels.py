"""Kernels that start at once: forked from a process that has imported what notebooks import.

Those imports take a kernel two seconds, longer than many a test takes for all the rest. The kernel
is ipykernel's own. The server knows it by a process that hands on signals, and that ends when the
kernel does; the kernel ends when that process does.

    python _forked_kernels.py                           forks for those that connect to its stdin
    python _forked_kernels.py SOCKET CONNECTION_FILE    what the server starts for each kernel
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMPORTED = [
    *("ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell", "matplotlib.pyplot"),
    *("invertviz.figures", "invertviz.teaching", "invertviz.widgets"),
]
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # as ipykernel sets it


@contextmanager
def forked_kernels(folder: Path) -> Iterator[dict[str, str]]:
    """Serve forks; give the environment in which a Jupyter server starts them as its python3."""
    address = folder / "forks"
    # Without site-packages a process starts in no time.
    argv = [sys.executable, "-IS", __file__, str(address), "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3 (ipykernel)", "language": "python"}
    path = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(spec))
    with _socket() as listening:
        listening.bind(str(address))
        listening.listen()
        process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=listening,
            env=os.environ | INLINE,
            start_new_session=True,
        )
    try:
        yield {"JUPYTER_PATH": str(folder / "jupyter")}
    finally:
        process.kill()
        process.wait()


def ask(address: str, connection_file: str) -> None:
    """Have a kernel forked, hand on signals to it, and return when it ends."""
    with _socket() as kernel:
        kernel.connect(address)
        wish = {"file": connection_file, "folder": str(Path.cwd()), "environment": {**os.environ}}
        socket.send_fds(kernel, [json.dumps(wish).encode()], [0, 1, 2])
        process = int(kernel.recv(20))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: os.kill(process, number))
        kernel.recv(1)  # nothing comes but the end


def serve(listening: socket.socket) -> None:
    """Import what notebooks import, then be a kernel for each that asks, in a fork."""
    import gc
    from importlib import import_module

    for name in IMPORTED:
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel
    while True:
        asking, _ = listening.accept()
        if not os.fork():
            listening.close()
            return become_kernel(asking)
        asking.close()


def become_kernel(asking: socket.socket) -> None:
    """Be a kernel as `ipykernel_launcher` would start it, until that or who asked ends."""
    import threading

    import numpy as np
    from ipykernel import kernelapp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, descriptors, *_ = socket.recv_fds(asking, 1 << 20, 3)
    wish = json.loads(message)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(wish["environment"], JPY_PARENT_PID=str(os.getppid()))
    os.chdir(wish["folder"])
    np.random.seed()  # noqa: NPY002  (notebooks that use it would draw the same in every kernel)
    asking.sendall(str(os.getpid()).encode())
    threading.Thread(target=lambda: (asking.recv(1), os._exit(1)), daemon=True).start()
    sys.argv = ["ipykernel_launcher", "-f", wish["file"]]
    kernelapp.launch_new_instance()


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a message comes as a whole


if __name__ == "__main__":
    del sys.path[0]  # this folder is on no notebook's path
    if sys.argv[1:]:
        ask(*sys.argv[1:])
    else:
        serve(socket.socket(fileno=0))
