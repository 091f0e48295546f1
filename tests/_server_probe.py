"""A Jupyter server of its own: is its kernel websocket without delay, and what does a comm take?

Prints JSON: {"nodelay": bool, "milliseconds": [of each round trip]}. Arguments are the server's.
"""

import asyncio
import json
import socket
import sys
import time
import uuid

from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

TRIPS = 40
ECHO = """
def opened(comm, message):
    comm.on_msg(lambda message: comm.send(message["content"]["data"]))
get_ipython().kernel.comm_manager.register_target("echo", opened)
"""


async def probe(arguments):
    server = ServerApp()
    server.initialize(["--ServerApp.ip=127.0.0.1", "--allow-root", "--no-browser", *arguments])
    kernel = await server.kernel_manager.start_kernel(kernel_name="python3")
    sockets = []
    connection_class = server.web_app.settings["kernel_websocket_connection_class"]
    try:
        page = await websocket_connect(
            HTTPRequest(
                f"ws://127.0.0.1:{server.port}/api/kernels/{kernel}/channels?session_id=probe",
                headers={"Authorization": f"token {server.identity_provider.token}"},
            )
        )
        await ask(page, "execute_request", {"code": ECHO, "silent": True}, until="execute_reply")
        await ask(page, "comm_open", {"comm_id": "1", "target_name": "echo", "data": {}})
        milliseconds = []
        for _ in range(TRIPS):
            begin = time.perf_counter()
            await ask(page, "comm_msg", {"comm_id": "1", "data": {"x": [0.5] * 20}}, "comm_msg")
            milliseconds.append(1000 * (time.perf_counter() - begin))
        for connection in connection_class._open_sockets:
            stream = connection.websocket_handler.ws_connection.stream
            sockets.append(stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        (nodelay,) = sockets
        print(json.dumps({"nodelay": bool(nodelay), "milliseconds": milliseconds}))
        page.close()
    finally:
        await server._cleanup()


async def ask(page, kind, content, until="status"):
    """Send a message; wait for its answer of a kind (of statuses, the last one)."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "probe"}
    header |= {"username": "", "version": "5.3", "date": "2024-01-01T00:00:00Z"}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    await page.write_message(json.dumps(message | {"content": content}))
    while True:
        answer = json.loads(await page.read_message())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        if answer["msg_type"] == until and answer["content"].get("execution_state") != "busy":
            return


asyncio.run(probe(sys.argv[1:]))
