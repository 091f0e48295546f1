"""A Jupyter server extension that lets a kernel's answers reach the page at once.

A stock server leaves Nagle's algorithm on where kernels talk to pages. An answer is several small
messages, and each waits until the page has acknowledged the one before: some 40 ms. This sets
TCP_NODELAY on those websockets. `invertviz lab` switches it on by itself; any Jupyter server does
when it is started with

    jupyter lab --ServerApp.jpserver_extensions=invertviz.server=True

or has `c.ServerApp.jpserver_extensions = {"invertviz.server": True}` in its configuration.
"""

from __future__ import annotations

from typing import Any


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
    settings["kernel_websocket_connection_class"] = without_delay(connection_class)


def without_delay(connection_class: type[Any]) -> type[Any]:
    """A subclass of a server's `kernel_websocket_connection_class` that sets TCP_NODELAY."""

    class WithoutDelay(connection_class):
        def connect(self) -> Any:
            """Connect page and kernel; what the page is sent goes out at once."""
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return WithoutDelay
