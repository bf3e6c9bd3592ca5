"""Driving the example's page, and the real Worker.js on it call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def log_in(page: Page, user: str = "alice") -> None:
    page.get_by_label("User").fill(user)
    page.get_by_role("button", name="Log in").click()


def connect(page: Page) -> None:
    """Make a Worker of the test's own, once the page has loaded Worker.js."""
    page.wait_for_function("() => typeof Twilio !== 'undefined'")
    page.evaluate(CONNECT)


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come to pass")


# A Worker of the test's own on the example's page, whose calls can be made one by one. An event with the SID
# of a reservation makes Worker.js hand out a Reservation without fetching it first.
CONNECT = """async () => {
  window.token = (await (await fetch("/token")).json()).token;
  window.worker = new Twilio.TaskRouter.Worker(token);
  worker.on("a.test", (reservation) => { window.reservation = reservation });
  worker._emitMessage("a.test", { sid: "WR1", task_sid: "WT1" });
  window.outcome = (call, patience) => new Promise((resolve) => {
    call((error) => resolve(error ? error.code : 200));
    setTimeout(() => resolve("no callback"), patience);
  });
  window.ask = (method, path, params) => (callback) => worker.apiRequester._postMessage(
    JSON.stringify({ url: worker.workspaceUrl + path, method, params, token }), callback);
}"""
#: Each call of Worker.js 1.1.1, and those that only later versions have as the request that they would send.
JS = {
    "connect": """(callback) => {
        const socket = new WebSocket(`${worker.channelUrl}?token=${token}`);
        socket.onopen = () => callback();
        socket.onerror = () => callback({ code: 403 });
    }""",
    "ready": "(callback) => { worker.on('ready', () => callback()); worker._fetchResourceOnReady() }",
    "worker.activities.fetch": "(callback) => worker.activities.fetch(callback)",
    'worker.update("ActivitySid", ...)': "(callback) => worker.update('ActivitySid', 'WA2', callback)",
    "worker.update({...})": "(callback) => worker.update({ActivitySid: 'WA2', Attributes: {}}, callback)",
    "worker.fetchReservations": """(callback) =>
        worker.fetchReservation(callback, {ReservationStatus: 'pending'})""",
    "worker.fetchChannels": "ask('GET', '/Workers/WK789/Channels')",
    "reservation.created": """(callback) => {
        worker.on('reservation.created', () => callback());
        worker._emitMessage('reservation.created', {sid: 'WT1', reservation_sid: 'WR1'});
    }""",
    "reservation.accept": "(callback) => reservation.accept(callback)",
    "reservation.reject": "(callback) => reservation.reject(undefined, callback)",
    "reservation.reject(activity)": "(callback) => reservation.reject('WA2', callback)",
    "reservation.dequeue": "(callback) => reservation.dequeue('+1', undefined, callback)",
    "reservation.call": "(callback) => reservation.call('+1', 'https://t', undefined, undefined, callback)",
    "reservation.redirect": """ask('POST', '/Tasks/WT1/Reservations/WR1',
        {Instruction: 'redirect', RedirectCallSid: 'CA1', RedirectUrl: 'https://t'})""",
    "reservation.conference": """ask('POST', '/Tasks/WT1/Reservations/WR1',
        {Instruction: 'conference', From: '+1'})""",
    "worker.updateTask": "(callback) => reservation.task.update({Attributes: {title: 'x'}}, callback)",
    "worker.completeTask": "ask('POST', '/Tasks/WT1', {AssignmentStatus: 'completed'})",
    "task.complete": "ask('POST', '/Tasks/WT1', {AssignmentStatus: 'completed'})",
    "worker.fetch": "(callback) => worker.fetch(callback)",
    "worker.updateActivity": "(callback) => worker.updateActivity('WA2', callback)",
    "worker.delete": "(callback) => worker.delete(callback)",
    "worker.fetchActivityList": "(callback) => worker.fetchActivityList(callback)",
    "worker.activities.fetch(sid)": "(callback) => worker.activities.fetch('WA1', callback)",
    "worker.activities.create": "(callback) => worker.activities.create({FriendlyName: 'x'}, callback)",
    "worker.activities.update": """(callback) =>
        worker.activities.update('WA1', {FriendlyName: 'x'}, callback)""",
    "worker.activities.delete": "(callback) => worker.activities.delete('WA1', callback)",
    "worker.statistics.fetch": "(callback) => worker.statistics.fetch({Minutes: '60'}, callback)",
    "reservation.fetch": "(callback) => reservation.fetch(callback)",
    "reservation.update": """(callback) =>
        reservation.update({ReservationStatus: 'accepted', X: ''}, callback)""",
    "reservation.delete": "(callback) => reservation.delete(callback)",
    "task.fetch": "(callback) => reservation.task.fetch(callback)",
    "task.update": "(callback) => reservation.task.update({Attributes: {title: 'x'}}, callback)",
    "task.delete": "(callback) => reservation.task.delete(callback)",
}
