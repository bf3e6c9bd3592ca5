from __future__ import annotations

import pickle
from typing import Any

import pytest

from twilio.task_router import AccessPolicy, Request

DIGITS = "0123456789abcdef" * 2
WORKER = "https://taskrouter.twilio.com/v1/Workspaces/WS1/Workers/WK1"


class TestRequest:
    @pytest.mark.parametrize(
        ("request_", "text"),
        [
            (Request("GET", WORKER), f"GET {WORKER}"),
            (
                Request("POST", WORKER, form=(("ActivitySid", "WA1"),)),
                f"POST {WORKER} with form ActivitySid=WA1",
            ),
            (
                Request("POST", WORKER, (("A", "x"), ("A", "y")), (("B", ""),)),
                f"POST {WORKER} with query A=x&A=y and form B=''",
            ),
            (Request("GET", WORKER, (("A b", "x&y=z"),)), f"GET {WORKER} with query 'A b'='x&y=z'"),
            (Request("GET", WORKER, (("A", "x&y"),)), f"GET {WORKER} with query A='x&y'"),
            (Request("GET", WORKER, (("A", "\n"),)), f"GET {WORKER} with query A='\\n'"),
            (Request("GET", WORKER, (("A", "\u200b"),)), f"GET {WORKER} with query A=\\u200b"),
            (Request("GET", f"{WORKER}\n"), f"GET {WORKER}\\n"),
        ],
    )
    def test_reads_as_one_line(self, request_: Request, text: str) -> None:
        assert str(request_) == text

    @pytest.mark.parametrize("place", range(4))
    def test_hides_an_auth_token(self, place: int) -> None:
        method, url, name, value = (DIGITS if place == one else "x" for one in range(4))
        for request in (Request(method, url, ((name, value),)), Request(method, url, (), ((name, value),))):
            assert DIGITS not in str(request)
            assert str(request).count("(32 hexadecimal digits, not shown)") == 1

    def test_is_a_value(self) -> None:
        request = Request("POST", WORKER, form=(("A", "x"),))
        assert request == Request("POST", WORKER, (), (("A", "x"),))
        assert {request: 1}[pickle.loads(pickle.dumps(request))] == 1  # noqa: S301 - our own

    def test_cannot_be_changed(self) -> None:
        request: Any = Request("GET", WORKER)
        with pytest.raises(AttributeError):
            request.method = "POST"


class TestDecideAboutARequest:
    POLICY = AccessPolicy(
        [{"url": WORKER, "method": "POST", "allow": True, "post_filter": {"A": {"required": True}}}]
    )

    def test_is_to_decide_about_its_parts(self) -> None:
        request = Request("POST", WORKER, form=(("A", "x"),))
        assert self.POLICY.allows(request)
        assert self.POLICY.decide(request) == self.POLICY.decide("POST", WORKER, form={"A": "x"})

    def test_reads_the_parts_as_ever(self) -> None:
        assert self.POLICY.allows(Request("post", f"{WORKER}?B=y#C", form=(("A", "x"),)))
        assert not self.POLICY.allows(Request("POST", WORKER, form=(("A", "x"), ("A", "y"))))

    def test_takes_no_further_arguments(self) -> None:
        decide: Any = self.POLICY.decide
        for more in ({"url": WORKER}, {"form": {"A": "x"}}, {"query": ()}):
            with pytest.raises(TypeError, match=r"^a Request must be the only argument$"):
                decide(Request("POST", WORKER), **more)

    def test_refuses_a_bad_part(self) -> None:
        bad: Any = Request("POST", WORKER, form={"A": 5})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="form must be names and values that are str"):
            self.POLICY.decide(bad)

    def test_a_url_is_still_required(self) -> None:
        decide: Any = self.POLICY.decide
        with pytest.raises(TypeError, match="url must be a str"):
            decide("POST")
