"""A Jupyter server extension that lets a kernel's answers reach the page at once.

A stock server leaves Nagle's algorithm on where kernels talk to pages. An answer is several small
messages, and each waits until the page has acknowledged the one before: some 40 ms. This sets
TCP_NODELAY on those websockets. And it does not tell a page of each stroke that the kernel is busy,
which JupyterLab paints before it looks at the answer: that is told of longer work only.

`invertviz lab` switches it on by itself; any Jupyter server does when it is started with

    jupyter lab --ServerApp.jpserver_extensions=invertviz.server=True

or has `c.ServerApp.jpserver_extensions = {"invertviz.server": True}` in its configuration.
"""

from __future__ import annotations

import asyncio
from typing import Any

MOMENT = 0.05  # seconds for which a kernel may work for a widget before it is called busy


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "invertviz.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Have the server send without delay, whatever class its kernel connections are of."""
    settings = server.web_app.settings
    connection_class = settings.get("kernel_websocket_connection_class")
    if not isinstance(connection_class, type) or not hasattr(connection_class, "connect"):
        server.log.warning(
            "invertviz.server: this server's kernel connections are not as expected "
            f"({connection_class!r}); they stay as they are."
        )
        return
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

    connection_class = without_delay(connection_class)
    if issubclass(connection_class, ZMQChannelsWebsocketConnection):
        connection_class = without_flicker(connection_class)
    settings["kernel_websocket_connection_class"] = connection_class


def without_delay(connection_class: type[Any]) -> type[Any]:
    """A subclass of a server's `kernel_websocket_connection_class` that sets TCP_NODELAY."""

    class WithoutDelay(connection_class):
        def connect(self) -> Any:
            """Connect page and kernel; what the page is sent goes out at once."""
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return WithoutDelay


def without_flicker(connection_class: type[Any]) -> type[Any]:
    """A subclass of a `ZMQChannelsWebsocketConnection` that holds "busy" back for a `MOMENT`.

    Only of a widget's messages, and only until the kernel is idle again; then it is not sent at
    all. Everything else, "idle" included, is sent as it comes.
    """

    class WithoutFlicker(connection_class):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._held: dict[bytes, asyncio.TimerHandle] = {}  # by what the kernel is busy with

        def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
            """Send what the kernel says, or hold it back."""
            _, message = self.session.feed_identities(outgoing_msg)
            _, header, parent, _, content, *_ = message
            send = super().handle_outgoing_message
            if b'"status"' in bytes(header) and b'"comm_msg"' in (parent := bytes(parent)):
                if b'"busy"' in bytes(content):
                    loop = asyncio.get_running_loop()
                    self._held[parent] = loop.call_later(MOMENT, send, stream, outgoing_msg)
                    return
                if held := self._held.pop(parent, None):
                    held.cancel()
            send(stream, outgoing_msg)

        def disconnect(self) -> None:
            """Send nothing any more."""
            for held in self._held.values():
                held.cancel()
            self._held.clear()
            super().disconnect()

    return WithoutFlicker
