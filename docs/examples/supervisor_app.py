"""A supervisor's page with Flask. Run it: ``flask --app supervisor_app run``."""

import os
import secrets
import sys

from flask import Flask, abort, redirect, request, session
from flask.typing import ResponseReturnValue
from twilio.task_router import TaskRouterWorkspaceCapability

NAMES = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WORKSPACE_SID"]
if missing := [name for name in NAMES if not os.environ.get(name)]:
    sys.exit(f"Set these environment variables: {', '.join(missing)}")
ACCOUNT_SID, AUTH_TOKEN, WORKSPACE_SID = (os.environ[name] for name in NAMES)

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_bytes()
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


def new_token() -> str:
    capability = TaskRouterWorkspaceCapability(ACCOUNT_SID, AUTH_TOKEN, WORKSPACE_SID)
    # Worker.js asks for the workspace with this slash.
    capability.allow(f"{capability.resource_url}/", "GET")
    capability.allow(f"{capability.resource_url}/Workers", "GET")
    capability.allow(f"{capability.resource_url}/Tasks", "GET")
    return capability.generate_token(ttl=600)  # seconds; the page renews it


@app.get("/")
def page() -> str:
    return PAGE if "supervisor" in session else LOGIN


@app.post("/login")
def login() -> ResponseReturnValue:  # your own login asks for more than a name
    session["supervisor"] = request.form["user"] == "grace" or abort(403)
    return redirect("/")


@app.get("/token")
def token() -> ResponseReturnValue:
    if "supervisor" not in session:
        abort(401)
    return {"token": new_token()}, {"Cache-Control": "no-store"}


LOGIN = """<!doctype html><title>Log in</title><form method="post" action="/login">
<label>User <input name="user"></label> <button>Log in</button></form>"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<style>
body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
#status { font-weight: bold }</style>
<title>Workspace</title>
<h1 id="name">Workspace</h1><p role="status" id="status">Connecting ...</p>
<h2>Workers</h2><ul id="workers" aria-label="Workers"></ul>
<h2>Tasks</h2><ul id="tasks" aria-label="Tasks"></ul>
<script src="https://sdk.twilio.com/js/taskrouter/v1.21/taskrouter.min.js"
  integrity="sha384-5fq+0qjayReAreRyHy38VpD3Gr9R2OYIzonwIkoGI4M9dhfKW6RWeRnZjfwSrpN8"
  crossorigin="anonymous"></script>
<script type="module">
const $ = (id) => document.getElementById(id);
const item = (textContent) =>
  Object.assign(document.createElement("li"), { textContent });
const show = (id, words) => (error, list) => {
  if (error) $("status").textContent = `TaskRouter answered ${error.code}.`;
  else $(id).replaceChildren(...list.data.map((one) => item(words(one))));
};
async function fetchToken() {
  const answer = await fetch("/token");
  if (answer.status === 401) location.reload();  // the session has ended
  return (await answer.json()).token;
}
function refresh() {
  workspace.workers.fetch(
    show("workers", (worker) => `${worker.friendlyName}: ${worker.activityName}`));
  workspace.tasks.fetch(
    show("tasks", (task) => `${task.attributes.title}: ${task.assignmentStatus}`));
}
let workspace, timer;
async function connect() {
  workspace = new Twilio.TaskRouter.Workspace(await fetchToken());
  workspace.on("ready", (me) => {
    $("name").textContent = me.friendlyName;
    $("status").textContent = "";
    refresh();
    clearInterval(timer);
    timer = setInterval(refresh, 10_000);
  });
  const renew = async () => workspace.updateToken(await fetchToken());
  workspace.on("token.expired", () => setTimeout(renew, 1000));
}
connect();
</script>"""
