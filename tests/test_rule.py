from __future__ import annotations

from typing import Any

import pytest

from tests.example import WORKER_URL
from twilio.task_router import OPTIONAL, REQUIRED, make_policy


class TestMatchers:
    def test_matchers_are_dicts(self) -> None:
        assert REQUIRED == {"required": True}
        assert OPTIONAL == {"required": False}


class TestMakePolicy:
    def test_all_five_keys(self) -> None:
        assert make_policy(WORKER_URL, "GET") == {
            "url": WORKER_URL,
            "method": "GET",
            "allow": True,
            "query_filter": {},
            "post_filter": {},
        }

    def test_order_of_3_7_0(self) -> None:
        query_filter, post_filter = {"FriendlyName": OPTIONAL}, {"ActivitySid": REQUIRED}
        assert make_policy(WORKER_URL, "POST", query_filter, post_filter, False) == {
            "url": WORKER_URL,
            "method": "POST",
            "allow": False,
            "query_filter": {"FriendlyName": {"required": False}},
            "post_filter": {"ActivitySid": {"required": True}},
        }

    @pytest.mark.parametrize("method", ["delete", "Delete", "DELETE"])
    def test_method_in_upper_case(self, method: str) -> None:
        assert make_policy(WORKER_URL, method)["method"] == "DELETE"

    def test_every_kind_of_matcher(self) -> None:
        given: dict[str, Any] = {"A": "x", "B": {}, "C": REQUIRED, "D": {"required": False, "value": "y"}}
        assert make_policy(WORKER_URL, "GET", given)["query_filter"] == given

    def test_filters_are_copied(self) -> None:
        matcher = {"required": True}
        given = {"ActivitySid": matcher}
        rule = make_policy(WORKER_URL, "POST", post_filter=given)
        given["FriendlyName"] = matcher
        matcher["required"] = False
        assert rule["post_filter"] == {"ActivitySid": {"required": True}}

    @pytest.mark.parametrize("name", ["query_filter", "post_filter"])
    def test_constants_are_copied(self, name: str) -> None:
        rule: Any = make_policy(WORKER_URL, "POST", **{name: {"A": REQUIRED, "B": OPTIONAL}})  # type: ignore[arg-type]
        rule[name]["A"]["required"] = rule[name]["B"]["required"] = None
        assert (REQUIRED, OPTIONAL) == ({"required": True}, {"required": False})

    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("url", None, TypeError),
            ("url", b"https://example.com", TypeError),
            ("url", 5, TypeError),
            ("url", "", ValueError),
            ("method", None, TypeError),
            ("method", b"GET", TypeError),
            ("method", "", ValueError),
            ("method", "PUT", ValueError),
            ("method", "GET ", ValueError),
            ("method", "GET\n", ValueError),
            ("method", "*", ValueError),
            ("method", "po\u017ft", ValueError),  # a long s, whose upper case is S
            ("allowed", None, TypeError),
            ("allowed", 1, TypeError),
            ("allowed", "false", TypeError),
            *(
                (name, value, error)
                for name in ("query_filter", "post_filter")
                for value, error in (
                    ([], TypeError),
                    ("", TypeError),
                    ("ActivitySid", TypeError),
                    ([("ActivitySid", "WA1")], TypeError),
                    ({5: "x"}, TypeError),
                    ({None: REQUIRED}, TypeError),
                    ({"ActivitySid": None}, TypeError),
                    ({"ActivitySid": True}, TypeError),
                    ({"ActivitySid": ["WA1"]}, TypeError),
                    ({"ActivitySid": {"required": 1}}, TypeError),
                    ({"ActivitySid": {"required": None}}, TypeError),
                    ({"ActivitySid": {"required": True, "value": 5}}, TypeError),
                    ({"ActivitySid": {"required": True, "value": None}}, TypeError),
                    ({"ActivitySid": {"require": True}}, ValueError),
                    ({"ActivitySid": {"required": True, 5: 5}}, ValueError),
                )
            ),
        ],
        ids=ascii,
    )
    def test_bad_rule(self, name: str, value: Any, error: type[Exception]) -> None:
        arguments: dict[str, Any] = {"url": WORKER_URL, "method": "GET"}
        with pytest.raises(error, match=rf"^{name}\b"):
            make_policy(**(arguments | {name: value}))

    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("url", 5, "url must be a str, not int: 5"),
            ("url", "", "url must not be empty"),
            ("url", "\ud800", "url must be text that UTF-8 can encode, got '\\ud800'"),
            ("method", 5, "method must be a str, not int: 5"),
            ("method", "PUT", "method must be GET, POST or DELETE, got 'PUT'"),
            ("allowed", 1, "allowed must be True or False, not int: 1"),
            *(
                (name, value, says.format(name))
                for name in ("query_filter", "post_filter")
                for value, says in (
                    ([], "{} must be a mapping of parameter names to values or matchers, not list: []"),
                    ({5: "x"}, "{}: a parameter's name must be a str, not int: 5"),
                    ({"\ud800": "x"}, "{} must be text that UTF-8 can encode, got '\\ud800'"),
                    (
                        {"A": 5},
                        """{}['A'] must be a str or a matcher such as {{"required": True}}, not int: 5""",
                    ),
                    ({"A": "\ud800"}, "{}['A'] must be text that UTF-8 can encode, got '\\ud800'"),
                    ({"A": {"required": 1}}, """{}['A']["required"] must be True or False, not int: 1"""),
                    ({"A": {"value": 5}}, """{}['A']["value"] must be a str, not int: 5"""),
                    (
                        {"A": {"value": "\ud800"}},
                        """{}['A']["value"] must be text that UTF-8 can encode, got '\\ud800'""",
                    ),
                    (
                        {"A": {"require": True}},
                        """{}['A'] must have no keys but "required" and "value", got 'require'""",
                    ),
                )
            ),
        ],
        ids=ascii,
    )
    def test_bad_rule_message(self, name: str, value: Any, says: str) -> None:
        arguments: dict[str, Any] = {"url": WORKER_URL, "method": "GET"}
        with pytest.raises((TypeError, ValueError)) as caught:
            make_policy(**(arguments | {name: value}))
        assert str(caught.value) == says
