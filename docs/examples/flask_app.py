"""A worker's page with Flask. Run it: ``flask --app flask_app run``."""

import os
import secrets
import sys

from flask import Flask, abort, redirect, request, session
from flask.typing import ResponseReturnValue
from twilio.task_router import TaskRouterWorkerCapability

NAMES = [
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_WORKSPACE_SID",
    "TWILIO_WORKER_SID",
]
if missing := [name for name in NAMES if not os.environ.get(name)]:
    sys.exit(f"Set these environment variables: {', '.join(missing)}")
ACCOUNT_SID, AUTH_TOKEN, WORKSPACE_SID, WORKER_SID = (os.environ[name] for name in NAMES)

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_bytes()
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


def token_for(worker_sid: str) -> str:
    capability = TaskRouterWorkerCapability(
        ACCOUNT_SID, AUTH_TOKEN, WORKSPACE_SID, worker_sid
    )
    capability.allow_activity_updates()
    capability.allow_reservation_updates()
    return capability.generate_token(ttl=600)  # seconds; the page renews it


@app.get("/")
def page() -> str:
    return PAGE if "worker_sid" in session else LOGIN


@app.post("/login")
def login() -> ResponseReturnValue:  # your own login asks for more than a name
    sid_of = {"alice": WORKER_SID}  # from your side, never from the browser
    session["worker_sid"] = sid_of.get(request.form["user"]) or abort(403)
    return redirect("/")


@app.get("/token")
def token() -> ResponseReturnValue:
    worker_sid = session.get("worker_sid") or abort(401)
    return {"token": token_for(worker_sid)}, {"Cache-Control": "no-store"}


LOGIN = """<!doctype html><title>Log in</title><form method="post" action="/login">
<label>User <input name="user"></label> <button>Log in</button></form>"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<style>
body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid #ccc; padding: .5rem; margin: .5rem 0 }
button, select { font: inherit; margin: 0 .5rem } #status { font-weight: bold }</style>
<title>Worker</title>
<h1 id="name">Worker</h1><p role="status" id="status">Connecting ...</p>
<label>Activity <select id="activity"></select></label>
<h2>Reservations</h2><section id="reservations"></section>
<script src="https://sdk.twilio.com/js/taskrouter/v1.21/taskrouter.min.js"
  integrity="sha384-5fq+0qjayReAreRyHy38VpD3Gr9R2OYIzonwIkoGI4M9dhfKW6RWeRnZjfwSrpN8"
  crossorigin="anonymous"></script>
<script type="module">
const HINT = "The browser's network view shows the request that failed.";
const $ = (id) => document.getElementById(id);
const button = (textContent, onclick) =>
  Object.assign(document.createElement("button"), { textContent, onclick });
const then = (act) => (error, result) =>
  error ? say(`TaskRouter answered ${error.code}. ${HINT}`) : act(result);
let worker, late, retry;
function say(text) {
  clearTimeout(late);
  $("status").textContent = text;
}
async function fetchToken() {
  const answer = await fetch("/token");
  if (answer.status === 401) location.reload();  // the session has ended
  const hint = "The server's log says why.";
  if (!answer.ok) throw Error(`/token answered ${answer.status}. ${hint}`);
  return (await answer.json()).token;
}
async function renew() {
  clearTimeout(retry);
  try {
    const token = await fetchToken();
    if (retry) say("");  // the page has said that it could not get one
    retry = undefined;
    if (worker) worker.updateToken(token); else connect(token);
  } catch (error) {
    say(`This page could not get a token: ${error.message}`);
    retry = setTimeout(renew, 5000);
  }
}
function connect(token) {
  say("Connecting ...");
  late = setTimeout(say, 5000, `Still connecting. ${HINT}`);  // Worker.js says nothing
  worker = new Twilio.TaskRouter.Worker(token);
  const show = (me) => {
    $("name").textContent = me.friendlyName;
    $("activity").value = me.activitySid;
  };
  // Without the pause, a page whose clock is fast would ask again and again.
  worker.on("token.expired", () => setTimeout(renew, 1000));
  worker.on("error", (error) => say(`Worker.js reports an error: ${error.message}`));
  worker.on("disconnected", () =>
    say("The connection to Twilio is closed. Worker.js tries to open it again."));
  worker.on("ready", (me) => {
    say("");
    worker.activities.fetch(then((list) => {
      const options = list.data.map((one) => new Option(one.friendlyName, one.sid));
      $("activity").replaceChildren(...options);
      show(me);
    }));
  });
  worker.on("activity.update", show);
  $("activity").onchange = () =>
    worker.update("ActivitySid", $("activity").value, then(show));
  worker.on("reservation.created", (one) => {
    if ($(one.sid)) return;  // Worker.js offers it again when it has connected again
    const item = $("reservations").appendChild(document.createElement("article"));
    const gone = then(() => item.remove());
    item.id = one.sid;
    item.append(one.task.attributes.title ?? one.task.sid,
      button("Accept", () => one.accept(gone)),
      button("Reject", () => one.reject(undefined, gone)));
  });
  addEventListener("online", renew);  // after a laptop slept, the token may be old
  document.addEventListener("visibilitychange", () => document.hidden || renew());
}
if (window.Twilio) renew();
else say("This page could not load Worker.js. "
  + "Something blocks sdk.twilio.com, such as an ad blocker or a proxy.");
</script>"""
