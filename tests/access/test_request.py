from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.datastructures import MultiDict

from tests.access.samples import WORKER
from twilio.task_router import AccessPolicy, Request

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = "0123456789abcdef" * 2


def pickled(request: Request) -> Request:
    again: Request = pickle.loads(pickle.dumps(request))  # noqa: S301 - our own
    return again


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
                Request("POST", WORKER, query=[("A", "x"), ("A", "y")], form={"B": ""}),
                f"POST {WORKER} with query A=x&A=y and form B=''",
            ),
            (Request("GET", WORKER, query={"A b": "x&y=z"}), f"GET {WORKER} with query 'A b'='x&y=z'"),
            (Request("GET", WORKER, query={"A": "x&y"}), f"GET {WORKER} with query A='x&y'"),
            (Request("GET", WORKER, query={"A": "\n"}), f"GET {WORKER} with query A='\\n'"),
            (Request("GET", WORKER, query={"A": "\u200b"}), f"GET {WORKER} with query A=\\u200b"),
            (Request("GET", f"{WORKER}\n"), f"GET {WORKER}\\n"),
        ],
    )
    def test_text_is_one_line(self, request_: Request, text: str) -> None:
        assert str(request_) == text

    @pytest.mark.parametrize("place", range(4))
    def test_text_hides_an_auth_token(self, place: int) -> None:
        method, path, name, value = (DIGITS if place == one else "x" for one in range(4))
        for kind in ("query", "form"):
            text = str(Request(method, f"https://t/{path}", **{kind: {name: value}}))
            assert DIGITS not in text.lower()
            assert text.count("(32 hexadecimal digits, not shown)") == 1

    @pytest.mark.parametrize(
        "same",
        [
            Request("POST", WORKER, query=(("A", "x"), ("A", "y")), form=(("B", "z"),)),
            Request("post", WORKER, query=[("A", "x"), ("A", "y")], form={"B": "z"}),
            Request("POST", f"{WORKER}?A=x", query=iter([("A", "y")]), form=MultiDict({"B": "z"})),
            Request("POST", f"{WORKER}?A=x&A=y#top", form=[("B", "z")]),
        ],
    )
    def test_equal_however_written(self, same: Request) -> None:
        method, url, query, form = same
        assert (method, url, query, form) == ("POST", WORKER, (("A", "x"), ("A", "y")), (("B", "z"),))
        assert (same.method, same.url, same.query, same.form) == same

    @pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled, dataclasses.replace])
    def test_request_can_be_copied(self, again: Callable[[Request], Request]) -> None:
        request = Request("POST", f"{WORKER}?A=x", form={"B": "y"})
        assert {again(request), request} == {request}
        assert type(again(request)) is Request

    def test_replace_normalizes_again(self) -> None:
        request = dataclasses.replace(Request("GET", WORKER), method="delete", url=f"{WORKER}?A=x")
        assert request == ("DELETE", WORKER, (("A", "x"),), ())

    def test_repr_makes_it_again(self) -> None:
        request = Request("POST", WORKER, form={"A": "x"})
        assert eval(repr(request)) == request  # noqa: S307 - our own


class TestDecideAboutARequest:
    POLICY = AccessPolicy(
        [{"url": WORKER, "method": "POST", "allow": True, "post_filter": {"A": {"required": True}}}]
    )

    def test_decided_like_its_parts(self) -> None:
        request = Request("POST", WORKER, form=(("A", "x"),))
        assert self.POLICY.allows(request)
        assert self.POLICY.decide(request) == self.POLICY.decide("POST", WORKER, form={"A": "x"})

    def test_repeated_parameters(self) -> None:
        assert self.POLICY.allows(Request("post", f"{WORKER}?B=y#C", form=(("A", "x"),)))
        assert not self.POLICY.allows(Request("POST", WORKER, form=(("A", "x"), ("A", "y"))))

    def test_request_stands_alone(self) -> None:
        decide: Any = self.POLICY.decide
        for more in ({"url": WORKER}, {"form": {"A": "x"}}, {"query": ()}):
            with pytest.raises(TypeError, match=r"^a Request must be the only argument$"):
                decide(Request("POST", WORKER), **more)

    def test_url_is_still_required(self) -> None:
        decide: Any = self.POLICY.decide
        with pytest.raises(TypeError, match="url must be a str"):
            decide("POST")


def test_repr_hides_secrets() -> None:
    """Programs log decisions, whose repr has the request's."""
    digits = "0123456789abcdef" * 2
    request = Request("GET", f"https://t/{digits}", query={"A": f"eyJhbGci.eyJpc3Mi.{'x' * 43}"})
    hidden = "(32 hexadecimal digits, not shown)"
    parameters = "query=(('A', '(a token, not shown)'),), form=()"
    assert repr(request) == f"Request(method='GET', url='https://t/{hidden}', {parameters})"
