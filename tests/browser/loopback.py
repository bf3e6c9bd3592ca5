"""A TaskRouter on this machine: the event bridge, and a workspace in memory behind it.

Whether a request is allowed is decided from the token that came with it, by PyJWT and the second opinion, so
that the library is not its own judge. What it answers has the form that Worker.js reads.
"""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
from aiohttp import web

from tests.example import WORKSPACE_URL
from tests.judges import second_opinion

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine
    from pathlib import Path

    from typing_extensions import Self

BRIDGE = "https://event-bridge.twilio.com"
_OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*"}


@dataclass
class Seen:
    """A request that came through the event bridge, and how it was answered."""

    method: str
    path: str
    params: dict[str, str]
    status: int


class Loopback:
    """The server. It runs in a thread of its own; ``seen`` and the workspace may be read from any."""

    def __init__(self, auth_token: str, worker_js: Path, tls: ssl.SSLContext) -> None:
        self._auth_token = auth_token
        self._worker_js = worker_js
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._sockets: list[web.WebSocketResponse] = []
        self.seen: list[Seen] = []
        self.activities = {"WA1": "Idle", "WA2": "On a break"}
        self.worker = {
            "sid": "WK789",
            "friendly_name": "Zoë",
            "attributes": "{}",
            "activity_sid": "WA1",
            "activity_name": "Idle",
        }
        self.tasks: dict[str, dict[str, str]] = {}
        self.reservations: dict[str, dict[str, str]] = {}
        self.port = 0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/js/{path:.*}", self._serve_worker_js)
        app.router.add_get("/v1/wschannels/{account}/{channel}", self._open_socket)
        app.router.add_post("/v1/wschannels/{account}/{channel}", self._relay)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        for socket in self._sockets:
            await socket.close()
        await self._runner.cleanup()

    def reserve(self, number: int, title: str) -> None:
        """Offer a task to the worker, as TaskRouter does: with an event on her websocket."""
        task, reservation = f"WT{number}", f"WR{number}"
        self.tasks[task] = {
            "sid": task,
            "attributes": json.dumps({"title": title}),
            "assignment_status": "reserved",
        }
        self.reservations[reservation] = {
            "sid": reservation,
            "task_sid": task,
            "reservation_status": "pending",
        }
        self.push("reservation.created", {"sid": task, "reservation_sid": reservation})

    def push(self, event_type: str, payload: dict[str, str]) -> None:
        async def send() -> None:
            for socket in self._sockets:
                await socket.send_json({"event_type": event_type, "payload": payload})

        self._do(send())

    def close_sockets(self) -> None:
        async def close() -> None:
            for socket in tuple(self._sockets):
                await socket.close()

        self._do(close())

    async def _serve_worker_js(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(self._worker_js, headers={"Content-Type": "text/javascript"})

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        status = self._judge(request.query.get("token", ""), "GET", BRIDGE + request.path)
        if status != 200:
            return web.Response(status=status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        async for _ in socket:
            pass  # Worker.js says nothing on it
        self._sockets.remove(socket)
        return socket

    async def _relay(self, request: web.Request) -> web.Response:
        wanted = json.loads(await request.text())
        method, url, params = wanted["method"], wanted["url"], wanted.get("params", {})
        status = self._judge(wanted["token"], "POST", BRIDGE + request.path)
        if status == 200:
            status = self._judge(wanted["token"], method, url, params)
        path = url.removeprefix(WORKSPACE_URL)
        self.seen.append(Seen(method, path, params, status))
        if status != 200:
            return web.Response(status=status, headers=_OPEN_TO_ALL)
        answer = {"payload": self._carry_out(method, urlsplit(path).path.strip("/").split("/"), params)}
        if "event_type" in wanted:
            answer["event_type"] = wanted["event_type"]
        return web.json_response(answer, headers=_OPEN_TO_ALL)

    def _judge(self, token: str, method: str, url: str, params: dict[str, str] | None = None) -> int:
        """200, 401 for a token that is not good, 403 for a request that the token does not allow."""
        try:
            claims = jwt.decode(token, self._auth_token, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return 401
        pairs = list((params or {}).items())
        query, form = (pairs, []) if method == "GET" else ([], pairs)
        return 200 if second_opinion.is_allowed(claims["policies"], method, url, query, form) else 403

    def _list(self, key: str, items: list[dict[str, str]]) -> dict[str, Any]:
        return {"meta": {"key": key, "page": 0, "page_size": 50}, key: items}

    def _carry_out(  # noqa: PLR0911 - a workspace has so many resources
        self, method: str, path: list[str], params: dict[str, str]
    ) -> dict[str, Any]:
        match method, path:
            case "GET", ["Activities"]:
                listed = [{"sid": sid, "friendly_name": name} for sid, name in self.activities.items()]
                return self._list("activities", listed)
            case "GET", [""]:
                return {"sid": "WS456", "friendly_name": "Support"}
            case "GET", ["Workers"]:
                return self._list("workers", [self.worker])
            case "GET", ["Tasks"]:
                return self._list("tasks", [*self.tasks.values()])
            case "GET", ["Workers", _]:
                return self.worker
            case "POST", ["Workers", _]:
                self.worker["activity_sid"] = params.get("ActivitySid", self.worker["activity_sid"])
                return self.worker
            case _, ["Tasks", task]:
                return self.tasks[task]
            case "GET" | "DELETE", ["Tasks", _, "Reservations", reservation]:
                return self.reservations[reservation]
            case "POST", ["Tasks", _, "Reservations", reservation]:
                status = params.get("ReservationStatus", "pending")
                self.reservations[reservation]["reservation_status"] = status
                return self.reservations[reservation]
            case _:
                return {}
