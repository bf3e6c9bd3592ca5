from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest

from tests.command_line.samples import CHANNEL_URL, WORKER_URL, body_of, entry_of, har_of
from twilio.task_router import Request
from twilio.task_router.diagnosis.body import Body
from twilio.task_router.diagnosis.har import Entry, read_har
from twilio.task_router.diagnosis.json_stream import JsonStream

BODY = body_of("GET", WORKER_URL, "t", A="x")
# What the browsers write besides; Firefox has params in postData, and a time in its own zone.
CHROME = {
    "_initiator": {"type": "script"},
    "_priority": "High",
    "cache": {},
    "timings": {},
    "pageref": "page_1",
}
FIREFOX = {"pageref": "page_1", "cache": {}, "timings": {}, "serverIPAddress": "1.2.3.4", "connection": "443"}

SAFARI = {"pageref": "page_0", "time": 61.5, "cache": {}, "timings": {}, "_fetchType": "Network Load"}


def read_text(text: str) -> list[Entry | None]:
    log = JsonStream(io.BytesIO(text.encode()))
    assert log.find("log")
    return list(read_har(log))


def read(*entries: Any) -> list[Entry | None]:
    return read_text(json.dumps(har_of(*entries)))


def only(entry: Any) -> Entry:
    (found,) = read(entry)
    assert found is not None
    return found


class TestEntry:
    def test_entry_of_chrome_is_read(self) -> None:
        entry = only(CHROME | entry_of(BODY, 403, "2015-04-25T22:13:20.123Z"))
        assert entry.channel_url == CHANNEL_URL
        assert entry.body == ("t", Request("GET", WORKER_URL, query=(("A", "x"),)), None)
        assert (entry.status, entry.started) == (403, 1_430_000_000)

    def test_entry_of_firefox_is_read(self) -> None:
        har: dict[str, Any] = FIREFOX | entry_of(BODY, 200, "2015-04-26T00:13:20.123+02:00")
        har["request"]["postData"]["params"] = []
        entry = only(har)
        assert entry.body == ("t", Request("GET", WORKER_URL, query=(("A", "x"),)), None)
        assert (entry.status, entry.started) == (200, 1_430_000_000)

    def test_entry_may_be_for_any_host(self) -> None:
        assert only(entry_of(BODY, url="http://localhost/x")).channel_url == "http://localhost/x"

    @pytest.mark.parametrize("started", ["2015-04-25T22:13:20Z", "2015-04-25T22:13:20.12+00:00"])
    def test_entry_with_another_time(self, started: str) -> None:
        assert only(entry_of(BODY, started=started)).started == 1_430_000_000

    @pytest.mark.parametrize("started", ["yesterday", 5, None, "0001-01-01T00:00:00+23:00x"])
    def test_entry_without_a_time(self, started: Any) -> None:
        assert only(entry_of(BODY) | {"startedDateTime": started}).started is None

    @pytest.mark.parametrize(
        "response", [{"status": 0, "_error": "net::ERR_FAILED"}, {"status": -1}, {"status": "403"}, {}, None]
    )
    def test_entry_may_have_had_no_answer(self, response: Any) -> None:
        assert only(entry_of(BODY) | {"response": response}).status == 0

    def test_entry_of_safari_is_read(self) -> None:
        har: dict[str, Any] = SAFARI | entry_of(BODY, 403, "2015-04-25T22:13:20.123Z")
        har["request"]["postData"]["params"] = []
        har["response"]["_error"] = "Forbidden"
        assert only(har).body == ("t", Request("GET", WORKER_URL, query=(("A", "x"),)), None)

    @pytest.mark.parametrize("method", ["post", "Post"])
    def test_entry_may_have_any_case(self, method: str) -> None:
        assert only(entry_of(BODY, method=method)).body is not None

    @pytest.mark.parametrize("said", [{"encoding": "base64"}, {"_encoding": "base64"}, {}])
    def test_entry_may_be_in_base64(self, said: dict[str, str]) -> None:
        entry = entry_of(base64.b64encode(BODY.encode()).decode())
        entry["request"]["postData"] |= said
        assert only(entry).body == only(entry_of(BODY)).body


class TestWebsocket:
    @pytest.mark.parametrize(("scheme", "read"), [("wss", "https"), ("ws", "http"), ("https", "https")])
    def test_websocket_asks_for_its_channel(self, scheme: str, read: str) -> None:
        url = CHANNEL_URL.replace("https", scheme)
        entry = only(entry_of(None, 401, url=f"{url}?token=a.b.c&closeExistingSessions=true", method="GET"))
        channel_url = CHANNEL_URL.replace("https", read)
        assert entry[:3] == (channel_url, Body("a.b.c", Request("GET", channel_url)), 401)

    def test_websocket_may_have_no_token(self) -> None:
        assert only(entry_of(None, 401, url=CHANNEL_URL, method="get")).body is None


OTHER_URL = "https://example.org/api"
NO_BODIES = [
    None,
    "",
    "a=b",
    "{",
    "[]",
    "5",
    '{"url": "x"}',
    '{"url": 5, "method": "GET", "token": "t"}',
    '{"url": "x", "method": "GET", "token": "t", "params": 5}',
    BODY[:-9],
    "[" * 100_000,
    "\u00e9",
]


class TestOthers:
    @pytest.mark.parametrize("body", NO_BODIES)
    def test_others_that_are_posts(self, body: str | None) -> None:
        assert read(entry_of(body, url=OTHER_URL)) == [None]

    @pytest.mark.parametrize("body", NO_BODIES)
    def test_others_to_a_channel(self, body: str | None) -> None:
        assert only(entry_of(body, 403))[:3] == (CHANNEL_URL, None, 403)

    @pytest.mark.parametrize("posted", [5, [], {}, {"text": None}, {"mimeType": "x", "params": []}])
    def test_others_with_odd_bodies(self, posted: Any) -> None:
        entry = entry_of(BODY, url=OTHER_URL)
        entry["request"]["postData"] = posted
        assert read(entry) == [None]

    @pytest.mark.parametrize(("method", "url"), [("GET", OTHER_URL), ("OPTIONS", CHANNEL_URL)])
    def test_others_that_do_not_count(self, method: str, url: str) -> None:
        assert read(entry_of(BODY, method=method, url=url)) == []

    @pytest.mark.parametrize("entry", [5, None, "x", [], {}, {"request": 5}])
    def test_others_that_are_no_entries(self, entry: Any) -> None:
        assert read(entry) == []

    def test_others_do_not_change_the_order(self) -> None:
        statuses = [200, 403, 401]
        other = entry_of(None, url=OTHER_URL)
        found = read(*(part for one in statuses for part in (entry_of(BODY, one), other)))
        assert [one and one.status for one in found] == [200, None, 403, None, 401, None]


class TestLog:
    ENTRY = json.dumps(entry_of(BODY))

    def test_log_may_have_entries_before(self) -> None:
        before = '{"entries": [5], "comment": "\\"entries\\": [", "log": {"creator": {"entries": [6]}, '
        assert len(read_text(f'{before}"entries": [{self.ENTRY}]}}}}')) == 1

    def test_log_may_have_deep_entries(self) -> None:
        deep = '{"request": ' + "[" * 100_000 + '"/wschannels/"' + "]" * 100_000 + "}"
        other = deep.replace("/wschannels/", "/")
        found = read_text(f'{{"log": {{"entries": [{other}, {deep}, {self.ENTRY}]}}}}')
        assert [one and one.status for one in found] == [None, 200]
        assert [one and one.body is None for one in found] == [True, False]

    @pytest.mark.parametrize("text", ["{}", "5", '{"entries": 5}', '{"entries": {}}', '{"pages": []}'])
    def test_log_may_have_no_entries(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^this is not a HAR file: it has no entries$"):
            read_text(f'{{"log": {text}}}')

    @pytest.mark.parametrize(
        "tail",
        ["", "{", '{"entries": ', '{"entries": [', *(f'{{"entries": [{{}}{end}' for end in ("", ",", " x"))],
    )
    def test_log_may_break_off(self, tail: str) -> None:
        with pytest.raises(ValueError, match=r"^this is not a whole HAR file: it breaks off or is damaged$"):
            read_text(f'{{"log": {tail}')
