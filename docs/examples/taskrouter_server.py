"""A TaskRouter for tests: the event bridge, a worker, and a task for her.

Run it: ``python taskrouter_server.py``.
"""

import json
import os

import jwt
from aiohttp import web
from twilio.task_router import AccessPolicy, verify_token

AUTH_TOKEN = os.environ.get("TWILIO_AUTH_TOKEN", "secret")
PORT = int(os.environ.get("PORT", "8080"))
BASE_URL = f"http://127.0.0.1:{PORT}"  # the capability's base_url
BRIDGE = f"{BASE_URL}/v1/wschannels"  # the capability's base_ws_url
WORKSPACE = f"{BASE_URL}/v1/Workspaces/WS456"
OPEN = {"Access-Control-Allow-Origin": "*"}
RESOURCES = {
    "/Workers/WK789": {
        "sid": "WK789",
        "friendly_name": "Zoe",
        "attributes": "{}",
        "activity_sid": "WA1",
    },
    "/Tasks/WT1": {"sid": "WT1", "attributes": '{"title": "A call from Ada"}'},
    "/Tasks/WT1/Reservations/WR1": {
        "sid": "WR1",
        "task_sid": "WT1",
        "reservation_status": "pending",
    },
}
Params = dict[str, str] | None
sockets: list[web.WebSocketResponse] = []


def policy_of(token: str) -> AccessPolicy:
    try:
        return verify_token(token, AUTH_TOKEN).access_policy
    except jwt.InvalidTokenError as error:
        raise web.HTTPUnauthorized(text=str(error), headers=OPEN) from error


def check(policy: AccessPolicy, method: str, url: str, params: Params = None) -> None:
    kind = "query" if method == "GET" else "form"
    try:
        decision = policy.decide(method, url, **{kind: params})
    except (TypeError, ValueError) as error:
        raise web.HTTPBadRequest(text=str(error), headers=OPEN) from error
    if not decision:
        raise web.HTTPForbidden(text=decision.reason, headers=OPEN)


def channel_of(request: web.Request) -> str:
    return f"{BRIDGE}/AC123/{request.match_info['channel']}"


async def connect(request: web.Request) -> web.StreamResponse:
    """Open the websocket: events go out on it, and Worker.js says nothing."""
    check(policy_of(request.query["token"]), "GET", channel_of(request))
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    sockets.append(socket)
    async for _ in socket:
        pass
    sockets.remove(socket)
    return socket


async def relay(request: web.Request) -> web.Response:
    """Answer a POST of the page to the channel, whose body has the wanted request."""
    wanted = json.loads(await request.text())
    policy = policy_of(wanted["token"])
    check(policy, "POST", channel_of(request))
    check(policy, wanted["method"], wanted["url"], wanted.get("params"))
    resource = RESOURCES.get(wanted["url"].removeprefix(WORKSPACE), {})
    if wanted["method"] == "POST":
        status = wanted["params"].get("ReservationStatus", "pending")
        resource |= {"reservation_status": status}
    answer = {"event_type": wanted["event_type"]} if "event_type" in wanted else {}
    return web.json_response({**answer, "payload": resource}, headers=OPEN)


async def offer(_: web.Request) -> web.Response:
    """Push the event that offers the task to the worker, when a test asks for that."""
    payload = {"sid": "WT1", "reservation_sid": "WR1"}
    for socket in sockets:
        await socket.send_json({"event_type": "reservation.created", "payload": payload})
    return web.Response()


app = web.Application()
app.router.add_get("/v1/wschannels/AC123/{channel}", connect)
app.router.add_post("/v1/wschannels/AC123/{channel}", relay)
app.router.add_post("/offer", offer)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=PORT)
