from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import CHANNEL_URL, WORKER_URL, body_of, entry_of, har_of, token_of
from tests.judges.copied import FORMS
from twilio.task_router import Request
from twilio.task_router.diagnosis import json_stream
from twilio.task_router.diagnosis.body import Body
from twilio.task_router.diagnosis.har import Entry
from twilio.task_router.diagnosis.recording import read_recording

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = token_of()
BODY = body_of("GET", WORKER_URL, TOKEN)
HAR = json.dumps(har_of(entry_of(BODY), entry_of(BODY)))
REQUEST = Body(TOKEN, Request("GET", WORKER_URL))
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def read(text: str, encoding: str = "utf-8") -> list[Entry | None]:
    return list(read_recording(io.BytesIO(text.encode(encoding))))


class TestHar:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("indent", [None, 2])
    def test_har_is_read(self, indent: int | None, encoding: str) -> None:
        text = json.dumps(json.loads(HAR), indent=indent).replace("\n", "\r\n")
        assert len(read(text, encoding)) == 2

    def test_har_may_have_no_requests(self) -> None:
        assert read(json.dumps(har_of())) == []

    def test_har_may_have_odd_bytes(self) -> None:
        har = HAR.encode().replace(b'"creator": {"name": "', b'"creator": {"name": "\xff\xfe')
        assert len(list(read_recording(io.BytesIO(har)))) == 2

    def test_har_is_read_in_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 50)
        assert read(HAR) == read(HAR)
        assert len(read(HAR)) == 2

    def test_har_may_break_off(self) -> None:
        found = read_recording(io.BytesIO(HAR[:-60].encode()))
        assert next(found)
        with pytest.raises(ValueError, match="this is not a whole HAR file"):
            list(found)

    @pytest.mark.parametrize("text", ['{"logs": 5}', "{}", '{"entries": []}'])
    def test_har_may_be_none(self, text: str) -> None:
        with pytest.raises(
            ValueError, match="this is not a HAR file: it has no entries; and the body of the"
        ):
            read(text)

    def test_har_may_be_none_and_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 50)
        with pytest.raises(ValueError, match=r"this is not a HAR file: it has no entries$"):
            read(json.dumps({"x": "x" * 100}))


class TestCopies:
    def test_copies_may_be_a_body(self) -> None:
        assert read(BODY) == [Entry("", REQUEST, None, None)]

    @each_form
    def test_copies_may_be_one(self, form: Callable[[str, str | None], str]) -> None:
        assert read(form(f"{CHANNEL_URL}?a=b", BODY)) == [Entry(CHANNEL_URL, REQUEST, None, None)]

    @each_form
    def test_copies_may_be_several(self, form: Callable[[str, str | None], str]) -> None:
        copies = [form(CHANNEL_URL, BODY), form("https://t/x", "a=b"), form(CHANNEL_URL, None)]
        found = read(" ;\n".join([*copies, form(CHANNEL_URL, BODY)]))
        entry = Entry(CHANNEL_URL, REQUEST, None, None)
        assert found == [entry, None, Entry(CHANNEL_URL, None, None, None), entry]

    def test_copies_may_be_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 50)
        assert len(read("\n".join([FORMS["Chrome, fetch"](CHANNEL_URL, BODY)] * 30))) == 30

    def test_copies_may_be_of_a_websocket(self) -> None:
        url = CHANNEL_URL.replace("https", "wss")
        body = Body(TOKEN, Request("GET", CHANNEL_URL))
        assert read(f"curl '{url}?token={TOKEN}'") == [Entry(CHANNEL_URL, body, None, None)]

    @pytest.mark.parametrize("text", ["hello", TOKEN, "", "\0"])
    def test_copies_may_be_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="this is neither a HAR file"):
            read(text)


def chrome_har(entries: list[dict[str, Any]]) -> dict[str, Any]:
    for number, one in enumerate(entries):
        is_websocket = one["request"]["url"].startswith("wss")
        one |= {"_initiator": {"type": "script"}, "_priority": "High", "_resourceType": "xhr", "cache": {}}
        one |= {"connection": str(number), "pageref": "page_1", "serverIPAddress": "192.0.2.1", "timings": {}}
        if is_websocket:
            one |= {"_resourceType": "websocket", "_webSocketMessages": [{"type": "receive", "data": "{}"}]}
        if not one["response"]["status"]:
            one["response"] |= {"_error": "net::ERR_ABORTED", "_transferSize": 0, "bodySize": -1}
    return har_of(*entries)


def firefox_har(entries: list[dict[str, Any]]) -> dict[str, Any]:
    for one in entries:
        one |= {"pageref": "page_1", "cache": {}, "timings": {}, "connection": "443"}
        one["startedDateTime"] = "2015-04-26T00:13:20.123+02:00"
        if "postData" in one["request"]:
            posted = one["request"]["postData"]
            posted |= {"params": [], "mimeType": "application/json; charset=UTF-8"}
    har = har_of(*entries, creator="Firefox")
    har["log"]["browser"] = {"name": "Firefox", "version": "128.0"}
    return har


def safari_har(entries: list[dict[str, Any]]) -> dict[str, Any]:
    for one in entries:
        one |= {"pageref": "page_0", "time": 61.5, "cache": {}, "timings": {}, "_fetchType": "Network Load"}
        if "postData" in one["request"]:
            one["request"]["postData"]["params"] = []
    return har_of(*entries, creator="WebKit Web Inspector")


class TestBrowser:
    """The HAR files of browsers say the same, each in its own way."""

    @pytest.mark.parametrize("shape", [chrome_har, firefox_har, safari_har])
    def test_browser_is_read(self, shape: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> None:
        url = f"{CHANNEL_URL.replace('https', 'wss')}?token={TOKEN}&closeExistingSessions=false"
        ready = json.dumps(json.loads(BODY) | {"event_type": "ready"})
        entries = [
            entry_of(None, 200, url="https://example.org/page", method="GET"),
            entry_of(None, 101, url=url, method="GET"),
            entry_of(None, 204, method="OPTIONS"),
            entry_of(ready, 200),
            entry_of(BODY, 403),
            entry_of("", 403),
            entry_of(BODY[:-40], 403),
            entry_of(BODY, 0),
        ]
        found = [one for one in read(json.dumps(shape(entries), indent=2)) if one is not None]
        assert [one.status for one in found] == [101, 200, 403, 403, 403, 0]
        assert [one.body is not None for one in found] == [True, True, True, False, False, True]
        assert {one.channel_url for one in found} == {CHANNEL_URL}
        assert found[1].body == REQUEST._replace(event_type="ready")
