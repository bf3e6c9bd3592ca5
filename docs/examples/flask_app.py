"""A worker's page with Flask. Run it: ``flask --app flask_app run``."""

import os
import secrets

from flask import Flask, abort, redirect, request, session
from flask.typing import ResponseReturnValue

from twilio.task_router import TaskRouterWorkerCapability

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_bytes()
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


def token_for(worker_sid: str) -> str:
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WORKSPACE_SID")
    account_sid, auth_token, workspace_sid = (os.environ[name] for name in names)
    capability = TaskRouterWorkerCapability(account_sid, auth_token, workspace_sid, worker_sid)
    capability.allow_activity_updates()
    capability.allow_reservation_updates()
    return capability.generate_token(ttl=600)  # seconds; the page asks for a fresh one in time


@app.get("/")
def page() -> str:
    return PAGE if "worker_sid" in session else LOGIN


@app.post("/login")
def login() -> ResponseReturnValue:  # your own login asks for more than a name
    sid_of = {"alice": os.environ["TWILIO_WORKER_SID"]}  # from your side, never from the browser
    session["worker_sid"] = sid_of.get(request.form["user"]) or abort(403)
    return redirect("/")


@app.get("/token")
def token() -> ResponseReturnValue:
    worker_sid = session.get("worker_sid") or abort(401)
    return {"token": token_for(worker_sid)}, {"Cache-Control": "no-store"}


LOGIN = """<!doctype html><title>Log in</title>
<form method="post" action="/login"><label>User <input name="user"></label> <button>Log in</button></form>"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 2rem auto; padding: 0 1rem } #error { color: #b00 }
article { border: 1px solid #ccc; padding: .5rem; margin: .5rem 0 } button, select { font: inherit; margin: 0 .5rem }</style>
<title>Worker</title><h1 id="name">Connecting ...</h1><label>Activity <select id="activity"></select></label>
<h2>Reservations</h2><section id="reservations"></section><p role="alert" id="error"></p>
<script src="https://sdk.twilio.com/js/taskrouter/v1.21/taskrouter.min.js"></script><script>
const $ = (id) => document.getElementById(id);
const fetchToken = () => fetch("/token").then((answer) => answer.status === 401 ? location.reload() : answer.json());
const then = (act) => (error, result) => error ? $("error").textContent = error.message : act(result);
const button = (textContent, onclick) => Object.assign(document.createElement("button"), { textContent, onclick });
fetchToken().then(({ token }) => {
  const worker = new Twilio.TaskRouter.Worker(token);
  const show = (me) => { $("name").textContent = me.friendlyName; $("activity").value = me.activitySid };
  worker.on("token.expired", () => fetchToken().then(({ token }) => worker.updateToken(token)));
  worker.on("ready", (me) => worker.activities.fetch(then((list) => {
    $("activity").replaceChildren(...list.data.map((one) => new Option(one.friendlyName, one.sid))); show(me);
  })));
  worker.on("activity.update", show);
  $("activity").onchange = () => worker.update("ActivitySid", $("activity").value, then(show));
  worker.on("reservation.created", (one) => {
    const item = $("reservations").appendChild(document.createElement("article"));
    const gone = then(() => item.remove());
    item.append(one.task.attributes.title ?? one.task.sid,
      button("Accept", () => one.accept(gone)), button("Reject", () => one.reject(undefined, gone)));
  });
});</script>"""
