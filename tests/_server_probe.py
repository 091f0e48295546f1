"""A Jupyter server of its own: is its kernel websocket without delay, and what does a comm take?

Prints JSON: {"nodelay": bool, "milliseconds": [of each round trip], "short": [the states told of
each time that the kernel works for a moment], "long": [when it works longer]}.
Arguments are the server's.
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
import time

def opened(comm, message):
    def answer(message):
        time.sleep(message["content"]["data"].get("seconds", 0))
        comm.send(message["content"]["data"])
    comm.on_msg(answer)
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
        states = {
            name: [
                await ask(page, "comm_msg", {"comm_id": "1", "data": {"seconds": seconds}})
                for _ in range(times)
            ]
            for name, seconds, times in (("short", 0, TRIPS), ("long", 0.3, 1))
        }
        print(json.dumps({"nodelay": bool(nodelay), "milliseconds": milliseconds, **states}))
        page.close()
    finally:
        await server._cleanup()


async def ask(page, kind, content, until="status"):
    """Send a message; wait for its answer of a kind (of statuses, the last one).

    Give the kernel's states until then.
    """
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "probe"}
    header |= {"username": "", "version": "5.3", "date": "2024-01-01T00:00:00Z"}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    await page.write_message(json.dumps(message | {"content": content}))
    states = []
    while True:
        answer = json.loads(await page.read_message())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        state = answer["content"].get("execution_state")
        states += [state] if state else []
        if answer["msg_type"] == until and state != "busy":
            return states


asyncio.run(probe(sys.argv[1:]))
