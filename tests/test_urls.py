from __future__ import annotations

from typing import Any

import pytest

from twilio.task_router.urls import (
    base_before,
    channel_url,
    check_base_url,
    check_segment,
    is_of_twilio,
    is_whole,
    resource_url,
    root_and_path,
    workspace_url,
)

WORKSPACE = "https://taskrouter.twilio.com/v1/Workspaces/WS1"


def test_urls_of_twilio() -> None:
    assert workspace_url("WS1") == WORKSPACE
    assert channel_url("AC1", "WK1") == "https://event-bridge.twilio.com/v1/wschannels/AC1/WK1"


def test_urls_on_another_host() -> None:
    assert workspace_url("WS1", "http://t", "v2") == "http://t/v2/Workspaces/WS1"
    assert channel_url("AC1", "WK1", "ws://t/x") == "ws://t/x/AC1/WK1"


@pytest.mark.parametrize(
    ("sid", "path"), [("WK1", "/Workers/WK1"), ("WQ1", "/TaskQueues/WQ1"), ("WS1", ""), ("CI1", "")]
)
def test_url_of_a_resource(sid: str, path: str) -> None:
    assert resource_url(WORKSPACE, sid) == WORKSPACE + path


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (f"{WORKSPACE}/Tasks/**", "https://taskrouter.twilio.com/v1"),
        (WORKSPACE, "https://taskrouter.twilio.com/v1"),
        (f"{WORKSPACE}2", None),
        ("https://t/Workers/WS1", None),
    ],
)
def test_base_before_a_path(url: str, base: str | None) -> None:
    assert base_before(url, "/Workspaces/WS1") == base


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("twilio.com", True),
        ("taskrouter.twilio.com", True),
        ("mock-twilio.com", False),
        ("twilio.com.x", False),
    ],
)
def test_host_of_twilio(host: str, expected: bool) -> None:  # noqa: FBT001
    assert is_of_twilio(host) is expected


def test_root_and_path() -> None:
    assert root_and_path(WORKSPACE) == ("https://taskrouter.twilio.com", "v1/Workspaces/WS1")
    assert root_and_path("https://t") == ("https://t", "")


def test_whole_url() -> None:
    assert is_whole("https://t")
    assert is_whole("http://localhost:8080/v1?x")


@pytest.mark.parametrize(
    "url",
    [
        "/Workers/WK789",
        "taskrouter.twilio.com/v1",
        "//taskrouter.twilio.com/v1",
        "/login?next=https://t",
        "https:/t",
        "https://",
        "https:///Workers",
        "https://?A=x",
        "https://#top",
        " https://t",
        "\u212atp://t",
        "",
    ],
)
def test_part_of_a_url(url: str) -> None:
    assert not is_whole(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "https://[2001:db8::1]:8443/task-router",
        "ws://127.0.0.1",
        "wss://event-bridge.twilio.com/v1/wschannels",
        "https://API.Example.COM/TaskRouter",
        "https://task_router.internal/~alice/v_1/a%20b",
    ],
    ids=["a port", "IPv6", "a websocket", "a path", "upper case", "odd characters"],
)
def test_base_url(url: str) -> None:
    assert check_base_url("base_url", url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "taskrouter.twilio.com",
        "https://taskrouter.twilio.com/",
        "https://taskrouter.twilio.com/**",
        "https://taskrouter.twilio.com?x",
        "https://event-bridge.twilio.com/#x",
        "https:///v1",
        "https://event bridge",
        "https://taskrouter.twilio.com\\v1",
        "javascript://taskrouter",
        "https://t\n",
        "https://t\x00",
    ],
    ids=ascii,
)
def test_malformed_base_url(url: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        check_base_url("base_url", url)
    wanted = "an http(s) or ws(s) URL without query, wildcard or trailing slash"
    assert str(caught.value) == f"base_url must be {wanted}, got {url!r}"


@pytest.mark.parametrize("segment", ["v1", "2010-04-01", "v1.2_b"])
def test_segment(segment: str) -> None:
    assert check_segment("version", segment) == segment


@pytest.mark.parametrize("segment", ["", "/", "..", "v1/Workspaces", "v1\n"], ids=ascii)
def test_malformed_segment(segment: str) -> None:
    with pytest.raises(ValueError, match="version") as caught:
        check_segment("version", segment)
    assert str(caught.value) == f"version must be one segment of a URL's path, such as 'v1', got {segment!r}"


@pytest.mark.parametrize("check", [check_base_url, check_segment])
@pytest.mark.parametrize("bad", [None, 1, b"v1"])
def test_part_must_be_a_str(check: Any, bad: Any) -> None:
    with pytest.raises(TypeError, match=r"^base_url must be a str, not "):
        check("base_url", bad)
