"""The real Workspace and TaskQueue objects in a real browser, and the example's page of a supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.worker_page import log_in, wait_until
from tests.example_apps import supervisor_app
from twilio.task_router import (
    Capability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkspaceCapability,
    explain,
)
from twilio.task_router.pages import task_queue, workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.loopback import Loopback

GRANTS = (
    "allow_updates",
    "allow_delete",
    "allow_fetch_subresources",
    "allow_updates_subresources",
    "allow_delete_subresources",
)

# One object, and each of its calls at once: what they answer, by their names.
TRY_ALL = """async ([object, token, calls]) => {
  window.page = new Twilio.TaskRouter[object](token);
  window.ready = new Promise((resolve) => page.on("ready", () => resolve()));
  const url = page.workspaceUrl;
  window.given = {};
  for (const [name, payload] of Object.entries({
    activities: { sid: "WA1" }, workflows: { sid: "WW1" }, taskqueues: { sid: "WQ1" },
    workers: { sid: "WK1" }, tasks: { sid: "WT1" },
    ...Object.fromEntries([
      ["activities", "Activities"], ["workflows", "Workflows"], ["task_queues", "TaskQueues"],
      ["workers", "Workers"], ["tasks", "Tasks"],
    ].map(([key, path]) => [`${key}: next`, {
      meta: { key, next_page_url: `${url}/${path}?PageSize=1&Page=1&PageToken=P` }, [key]: [],
    }])),
  })) {
    page.once("a.test", (entity) => { given[name] = entity });
    page._emitMessage("a.test", payload);
  }
  const outcome = (call) => new Promise((resolve) => {
    call((error) => resolve(error ? error.code : 200));
    setTimeout(resolve, 2_000, "no callback");
  });
  const entries = Object.entries(calls).map(async ([name, code]) => [name, await outcome(eval(code))]);
  return Object.fromEntries(await Promise.all(entries));
}"""


def resource(object_: str) -> dict[str, str]:
    return {
        "fetch": f"(done) => {object_}.fetch(done)",
        "update": f"(done) => {object_}.update({{FriendlyName: 'x', More: 'y'}}, done)",
        "delete": f"(done) => {object_}.delete(done)",
    }


def scripts_of_a_workspace() -> dict[str, str]:
    scripts = {f"workspace.{call}": code for call, code in resource("page").items()}
    for name in ("activities", "workflows", "taskqueues", "workers", "tasks"):
        owner, full = f"page.{name}", f"workspace.{name}"
        key = {"taskqueues": "task_queues"}.get(name, name)
        scripts |= {
            f"{full}.fetch": f"(done) => {owner}.fetch(done)",
            f"{full}.fetch: next": f"(done) => given['{key}: next'].next(done)",
            f"{full}.fetch(sid)": f"(done) => {owner}.fetch(given.{name}.sid, done)",
            f"{full}.create": f"(done) => {owner}.create({{FriendlyName: 'x'}}, done)",
            f"{full}.update": f"(done) => {owner}.update(given.{name}.sid, {{FriendlyName: 'x'}}, done)",
            f"{full}.delete": f"(done) => {owner}.delete(given.{name}.sid, done)",
        }
        scripts |= {f"{name}[i].{call}": code for call, code in resource(f"given.{name}").items()}
    owners = {
        "workspace": "page",
        "workspace.workers": "page.workers",
        "workspace.taskqueues": "page.taskqueues",
    }
    owners |= {f"{name}[i]": f"given.{name}" for name in ("workers", "taskqueues", "workflows")}
    return scripts | {
        f"{name}.statistics.fetch": f"(done) => {owner}.statistics.fetch({{Minutes: '60'}}, done)"
        for name, owner in owners.items()
    }


def scripts_of_a_task_queue() -> dict[str, str]:
    scripts = {f"taskqueue.{call}": code for call, code in resource("page").items()}
    return scripts | {"taskqueue.statistics.fetch": "(done) => page.statistics.fetch(done)"}


# The object of 1.1.1, its class with each grant, and the script of each of its calls.
OBJECTS: dict[str, tuple[type[Capability], tuple[str, ...], dict[str, str], Any]] = {
    "Workspace": (TaskRouterWorkspaceCapability, (), scripts_of_a_workspace(), workspace.CALLS),
    "TaskQueue": (TaskRouterTaskQueueCapability, ("WQ789",), scripts_of_a_task_queue(), task_queue.CALLS),
}


def with_all_rules(name: str) -> Capability:
    kind, channel, _, _ = OBJECTS[name]
    capability = kind("AC123", "secret", "WS456", *channel)
    for grant in GRANTS:
        getattr(capability, grant)()
    if name == "Workspace":
        capability.allow(f"{capability.resource_url}/", "GET")
    return capability


def lacking_one_right_after_another() -> list[Any]:
    cases = [pytest.param(name, None, id=f"{name} with all") for name in OBJECTS]
    for name in OBJECTS:
        for index, rule in enumerate(with_all_rules(name).policies):
            if index:  # without the first, the websocket alone is refused, which is seen at "ready" only
                what = rule["url"].rpartition("/Workspaces/")[2] or "the channel"
                cases.append(pytest.param(name, index, id=f"{name} without {index} {rule['method']} {what}"))
    return cases


class TestEachCall:
    @pytest.mark.parametrize(("name", "lacking"), lacking_one_right_after_another())
    def test_is_answered_as_explain_says(
        self, name: str, lacking: int | None, browser: Browser, loopback: Loopback, supervisors_site: str
    ) -> None:
        loopback.reserve(1, "A call from Ada")
        capability = with_all_rules(name)
        if lacking is not None:
            del capability.policies[lacking]
        page = browser.new_page()
        page.goto(supervisors_site)
        page.add_script_tag(url="https://sdk.twilio.com/js/taskrouter/v1.21/taskrouter.min.js")
        _, _, scripts, calls = OBJECTS[name]
        answers = page.evaluate(TRY_ALL, [name, capability.generate_token(), scripts])
        told = explain(capability)
        assert {call.name for call in calls if call.only_in is None} - {"ready"} == scripts.keys()
        assert {call: answer == 200 for call, answer in answers.items()} == {
            call: bool(told[call]) for call in scripts
        }
        if told["ready"]:
            page.evaluate("ready")
        else:
            late = "Promise.race([ready.then(() => 'ready'), new Promise((r) => setTimeout(r, 500, 'late'))])"
            assert page.evaluate(late) == "late"


@pytest.fixture
def page(browser: Browser, supervisors_site: str) -> Page:
    """The supervisor's page, before the login."""
    opened = browser.new_page(viewport={"width": 640, "height": 480})
    opened.set_default_timeout(10_000)
    opened.goto(supervisors_site)
    return opened


class TestThePageOfTheExample:
    def test_workers_and_tasks(self, page: Page, loopback: Loopback) -> None:
        loopback.reserve(1, "A call from Ada")
        log_in(page, "grace")
        expect(page.get_by_role("heading", name="Support")).to_be_visible()
        expect(page.get_by_role("list", name="Workers")).to_have_text("Zoë: Idle")
        expect(page.get_by_role("list", name="Tasks")).to_have_text("A call from Ada: reserved")
        expect(page.get_by_role("status")).to_be_empty()
        assert {seen.status for seen in loopback.seen} == {200}

    def test_lists_are_read_again(self, page: Page, loopback: Loopback) -> None:
        page.clock.install()
        log_in(page, "grace")
        expect(page.get_by_role("list", name="Workers")).to_have_text("Zoë: Idle")
        loopback.worker["activity_name"] = "On a break"
        page.clock.fast_forward(10_000)
        expect(page.get_by_role("list", name="Workers")).to_have_text("Zoë: On a break")

    def test_refused_list(self, page: Page, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        capability = TaskRouterWorkspaceCapability("AC123", "secret", "WS456")
        capability.allow(f"{capability.resource_url}/", "GET")
        monkeypatch.setattr(supervisor_app, "new_token", capability.generate_token)
        log_in(page, "grace")
        wait_until(page, lambda: len(loopback.seen) == 3)
        expect(page.get_by_role("status")).to_have_text("TaskRouter answered 403.")
