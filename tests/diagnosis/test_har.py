from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import CHANNEL_URL, WORKER_URL, body_of, entry_of, har_of
from twilio.task_router import Request
from twilio.task_router.diagnosis.har import Entry, read_har

if TYPE_CHECKING:
    from pathlib import Path

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


def read(tmp_path: Path, *entries: Any) -> list[Entry | None]:
    file = tmp_path / "page.har"
    file.write_text(json.dumps(har_of(*entries)), encoding="utf-8")
    return list(read_har(str(file)))


def only(tmp_path: Path, entry: Any) -> Entry:
    (found,) = read(tmp_path, entry)
    assert found is not None
    return found


class TestEntry:
    def test_of_chrome_is_read(self, tmp_path: Path) -> None:
        entry = only(tmp_path, CHROME | entry_of(BODY, 403, "2015-04-25T22:13:20.123Z"))
        assert entry.channel_url == CHANNEL_URL
        assert entry.given == ("t", Request("GET", WORKER_URL, query=(("A", "x"),)))
        assert (entry.status, entry.started) == (403, 1_430_000_000)

    def test_of_firefox_is_read(self, tmp_path: Path) -> None:
        har = FIREFOX | entry_of(BODY, 200, "2015-04-26T00:13:20.123+02:00")
        har["request"]["postData"]["params"] = []
        entry = only(tmp_path, har)
        assert entry.given == ("t", Request("GET", WORKER_URL, query=(("A", "x"),)))
        assert (entry.status, entry.started) == (200, 1_430_000_000)

    def test_may_be_for_any_host(self, tmp_path: Path) -> None:
        assert only(tmp_path, entry_of(BODY, url="http://localhost/x")).channel_url == "http://localhost/x"

    @pytest.mark.parametrize("started", ["2015-04-25T22:13:20Z", "2015-04-25T22:13:20.12+00:00"])
    def test_may_say_its_time_in_other_ways(self, started: str, tmp_path: Path) -> None:
        assert only(tmp_path, entry_of(BODY, started=started)).started == 1_430_000_000

    @pytest.mark.parametrize("started", ["yesterday", 5, None, "0001-01-01T00:00:00+23:00x"])
    def test_may_not_say_its_time(self, started: Any, tmp_path: Path) -> None:
        assert only(tmp_path, entry_of(BODY) | {"startedDateTime": started}).started is None

    @pytest.mark.parametrize(
        "response", [{"status": 0, "_error": "net::ERR_FAILED"}, {"status": -1}, {"status": "403"}, {}, None]
    )
    def test_may_have_had_no_answer(self, response: Any, tmp_path: Path) -> None:
        assert only(tmp_path, entry_of(BODY) | {"response": response}).status is None


class TestOthers:
    @pytest.mark.parametrize(
        "body",
        [
            None,
            "",
            "a=b",
            "{",
            "[]",
            "5",
            '{"url": "x"}',
            '{"url": 5, "method": "GET", "token": "t"}',
            '{"url": "x", "method": "GET", "token": "t", "params": 5}',
            "[" * 100_000,
        ],
    )
    def test_that_are_posts_count_as_skipped(self, body: str | None, tmp_path: Path) -> None:
        assert read(tmp_path, entry_of(body)) == [None]

    @pytest.mark.parametrize("posted", [5, [], {}, {"text": None}, {"mimeType": "x", "params": []}])
    def test_with_odd_bodies_count_as_skipped(self, posted: Any, tmp_path: Path) -> None:
        entry = entry_of(BODY)
        entry["request"]["postData"] = posted
        assert read(tmp_path, entry) == [None]

    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    def test_that_are_no_posts_do_not_count(self, method: str, tmp_path: Path) -> None:
        assert read(tmp_path, entry_of(BODY, method=method)) == []

    @pytest.mark.parametrize("entry", [5, None, "x", [], {}, {"request": 5}])
    def test_that_are_no_entries_do_not_count(self, entry: Any, tmp_path: Path) -> None:
        assert read(tmp_path, entry) == []

    def test_do_not_change_the_order(self, tmp_path: Path) -> None:
        statuses = [200, 403, 401]
        found = read(tmp_path, *(part for one in statuses for part in (entry_of(BODY, one), entry_of(None))))
        assert [one and one.status for one in found] == [200, None, 403, None, 401, None]


class TestFile:
    @pytest.mark.parametrize("indent", [None, 2])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_may_be_written_in_several_ways(self, indent: int | None, encoding: str, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text(
            json.dumps(har_of(entry_of(BODY), entry_of(BODY)), indent=indent),
            encoding=encoding,
            newline="\r\n",
        )
        assert len(list(read_har(str(file)))) == 2

    def test_may_have_the_word_entries_elsewhere(self, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text(json.dumps({"comment": '"entries": [5', "log": {"entries": [entry_of(BODY)]}}))
        assert len(list(read_har(str(file)))) == 1

    def test_may_have_no_entries(self, tmp_path: Path) -> None:
        assert read(tmp_path) == []

    @pytest.mark.parametrize("text", ["", "hello", "{}", '{"log": {}}', '{"log": {"entries": 5}}', "\0\1\2"])
    def test_of_another_kind_is_refused(self, text: str, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text(text)
        with pytest.raises(ValueError, match=r"page\.har is not a HAR file: it has no entries"):
            list(read_har(str(file)))

    @pytest.mark.parametrize("tail", ["", "[{", '[{"a": ', "[{} x", "[,", "[" + "[" * 100_000])
    def test_that_is_damaged_is_refused(self, tail: str, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text('{"log": {"entries": ' + (tail or "["))
        with pytest.raises(
            ValueError, match=r"page\.har is not a whole HAR file: it breaks off or is damaged"
        ):
            list(read_har(str(file)))

    def test_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"x\.har cannot be read: No such file or directory"):
            list(read_har(str(tmp_path / "x.har")))

    def test_that_is_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="cannot be read: "):
            list(read_har(str(tmp_path)))

    def test_with_bytes_that_are_not_utf_8_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        whole = json.dumps(har_of(entry_of(BODY))).encode()
        file.write_bytes(whole.replace(b'"creator": {"name": "', b'"creator": {"name": "\xff\xfe'))
        assert len(list(read_har(str(file)))) == 1
