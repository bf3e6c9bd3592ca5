"""The differences in docs/migrating.rst that no other test shows, as old code meets them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import twilio.task_router
from tests.example import ARGUMENTS, AUTH_TOKEN, WORKER_URL
from tests.judges import recorded
from twilio.task_router import (
    AccessPolicy,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    verify_token,
)

ROOT = Path(__file__).parent.parent

# Without the packages that are installed, so without the official SDK.
_ALONE = [sys.executable, "-S", "-c"]


def fails(program: str) -> str:
    done = subprocess.run([*_ALONE, program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


class TestImports:
    def test_old_jwt_needs_the_sdk(self) -> None:
        says = "ImportError: cannot import name 'jwt' from 'twilio'"
        assert fails("from twilio import jwt").startswith(says)

    @pytest.mark.parametrize("name", ["deprecated", "jwt", "time", "warnings"])
    def test_names_that_are_gone(self, name: str) -> None:
        says = f"ImportError: cannot import name '{name}' from 'twilio.task_router'"
        assert fails(f"from twilio.task_router import {name}").startswith(says)

    def test_star_imports_public_names(self) -> None:
        brought: dict[str, Any] = {}
        exec("from twilio.task_router import *", brought)  # noqa: S102 - at the top of a module, as old code has it
        assert brought.keys() - {"__builtins__"} == set(twilio.task_router.__all__)
        assert {"Request", "Note", "Filter", "explain", "make_policy", "TaskRouterConfig"} <= brought.keys()
        assert not {"deprecated", "jwt", "time", "warnings", "workflow_config"} & brought.keys()


class TestErrors:
    def test_add_policy_of_old_code(self) -> None:
        class Ours(TaskRouterCapability):
            def add_policy(self, rule: Any) -> None:  # type: ignore[override]
                self.policies.append(rule)

        with pytest.raises(TypeError, match=r"add_policy\(\) takes 2 positional arguments"):
            Ours(*ARGUMENTS)

    @pytest.mark.parametrize("grant", ["worker_fetch_attributes", "worker_activity_updates"])
    def test_worker_grant_on_a_queue(self, grant: str) -> None:
        with pytest.raises(AttributeError, match=f"allow_{grant}"):
            getattr(TaskRouterTaskQueueCapability(*ARGUMENTS[:3], "WQ789"), f"allow_{grant}")


class TestSubclasses:
    @pytest.mark.parametrize("kind", [TaskRouterCapability, TaskRouterWorkerCapability])
    def test_hooks_that_are_gone(self, kind: Any) -> None:
        def gone(*_: Any) -> None:
            raise AssertionError("nothing calls it")

        hooks = (
            *("_generate_token", "_allow_worker_websocket_urls", "_allow_activity_list_fetch"),
            *("allow_web_sockets", "setup_resource", "validate_jwt"),
        )
        capability = type("Ours", (kind,), dict.fromkeys(hooks, gone))(*ARGUMENTS)
        capability.generate_token()
        assert capability.policies == kind(*ARGUMENTS).policies


class TestProof:
    """The two tests that the page shows, with what 4.5.0 and 5.7.0 were recorded to sign."""

    CALLS = (["allow_activity_updates"], ["allow_reservation_updates"])

    def policies(self, release: str) -> tuple[AccessPolicy, AccessPolicy]:
        claims = recorded.example_claims([*self.CALLS], release=release)
        capability = TaskRouterWorkerCapability(*ARGUMENTS)
        for (grant,) in self.CALLS:
            getattr(capability, grant)()
        new = verify_token(capability.generate_token(), AUTH_TOKEN).access_policy
        return AccessPolicy(claims["policies"]), new

    def test_nothing_beside_5_7_0(self) -> None:
        old, new = self.policies("5.7.0")
        assert new.beyond(old) == old.beyond(new) == []

    @pytest.mark.parametrize("release", ["4.5.0", "5.2.0"])
    def test_two_beside_older_releases(self, release: str) -> None:
        old, new = self.policies(release)
        reservations = f"{WORKER_URL}/Reservations"
        assert [str(request) for request in new.beyond(old)] == [
            f"GET {reservations}",
            f"POST {reservations}",
        ]
        assert old.beyond(new) == []
