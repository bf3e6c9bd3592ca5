"""The library that made a token, known by the order of the claims and of a rule's keys.

Source: tokens that the SDKs made; for twilio-java, which sorts a rule's keys, its code. On Python before 3.6,
the SDKs wrote claims in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Maker: TypeAlias = Literal[
    "twilio-task-router, or twilio-python 4.5 to 5",
    "twilio-python 3.7 to 4.4",
    "twilio-python 6 or newer",
    "twilio-ruby 5 or newer",
    "twilio-ruby 3 or 4",
    "twilio-node",
    "twilio-php",
    "twilio-java",
]

#: The makers with ``capability.allow(...)`` and grants.
OURS: Final[frozenset[Maker | None]] = frozenset(
    {"twilio-task-router, or twilio-python 4.5 to 5", "twilio-python 3.7 to 4.4"}
)
#: The maker with keywords for grants, and with a list of rules to append to.
OFFICIAL_SDK: Final[Maker] = "twilio-python 6 or newer"

_PYTHON = ["url", "method", "allow", "query_filter", "post_filter"]
_RUBY_OR_NODE = ["url", "method", "query_filter", "post_filter", "allow"]
_PHP = ["url", "method", "allow"]


def maker_of(claims: Mapping[str, Any], payload: str) -> Maker | None:
    """Return the maker of a token, or ``None`` if unknown, such as for a token made by hand.

    :param payload: the claims as JSON, as in the token.
    """
    names, keys = list(claims), _keys_of_first_rule(claims.get("policies"))
    begins_as_ours = names[:5] == ["iss", "exp", "version", "friendly_name", "policies"]
    shows: dict[Maker, bool] = {
        "twilio-task-router, or twilio-python 4.5 to 5": keys == _PYTHON and begins_as_ours,
        "twilio-python 3.7 to 4.4": (
            keys == _PYTHON and names[:5] == ["version", "friendly_name", "policies", "iss", "exp"]
        ),
        "twilio-php": keys in (_PHP, _PYTHON) and names[:1] == ["version"] and r"\/" in payload,
        "twilio-python 6 or newer": (
            keys == _PYTHON and (names[-3:] == ["iss", "exp", "nbf"] or names[-2:] == ["iss", "exp"])
        ),
        "twilio-node": keys == _RUBY_OR_NODE and "iat" in names,
        "twilio-ruby 5 or newer": keys == _RUBY_OR_NODE and names[-3:] == ["iss", "nbf", "exp"],
        "twilio-ruby 3 or 4": keys == _RUBY_OR_NODE and begins_as_ours,
        "twilio-java": bool(keys) and keys == sorted(keys),
    }
    return next((maker for maker, does in shows.items() if does), None)


def _keys_of_first_rule(policies: object) -> list[str]:
    """Return the keys of the first rule, made by a constructor. Others may have been appended by hand."""
    first = policies[0] if isinstance(policies, list) and policies else None
    return list(first) if isinstance(first, dict) else []
