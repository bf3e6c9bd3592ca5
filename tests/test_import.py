"""The effects of importing the package in a fresh interpreter."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import twilio.task_router

ROOT = Path(__file__).parent.parent

EXAMPLE = """
from twilio.task_router import TaskRouterCapability

capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
capability.allow_worker_fetch_attributes()
capability.allow_worker_activity_updates()
capability.allow_task_reservation_updates()
token = capability.generate_token(ttl=600)   # seconds
"""


def run(program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_example_without_a_warning() -> None:
    assert run(EXAMPLE + "print(token.count('.'))") == "2\n"


def test_minting_without_pyjwt() -> None:
    assert run(EXAMPLE + "import sys; print({'jwt', 'cryptography'} & set(sys.modules))") == "set()\n"


@pytest.mark.parametrize("words", [["demo"], ["token", "WS456", "WK789"]])
def test_commands_without_pyjwt(words: list[str]) -> None:
    program = (
        "import os, sys; from twilio.task_router.command_line import main; "
        "os.environ |= {'TWILIO_ACCOUNT_SID': 'AC123', 'TWILIO_AUTH_TOKEN': 'secret'}; "
        f"main({words}); print(); print('jwt' in sys.modules)"
    )
    assert run(program).endswith("\nFalse\n")


def test_minting_loads_few_modules() -> None:
    program = EXAMPLE + (
        "capability.deny('https://t/a', 'GET'); capability.generate_token(); import sys; "
        "print(*sorted(name[18:] for name in sys.modules if name.startswith('twilio.task_router')))"
    )
    assert run(program).split() == [".capability", ".checks", ".errors", ".mask", ".rule", ".tokens", ".urls"]


def test_warning_filters_stay() -> None:
    program = (
        "import warnings; a = warnings.filters[:]; import twilio.task_router; print(a == warnings.filters)"
    )
    assert run(program) == "True\n"


def test_public_names_exist() -> None:
    program = "import twilio.task_router as t; print([name for name in t.__all__ if not hasattr(t, name)])"
    assert run(program) == "[]\n"


def test_public_names_of_the_docs() -> None:
    """The reference has them all, but for the constants of twilio-python."""
    reference = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    documented = re.findall(
        r"^\.\. (?:auto)?(?:class|data|exception|function):: (\w+)$", reference, re.MULTILINE
    )
    constants = {
        "TASK_ROUTER_BASE_EVENTS_URL",
        "TASK_ROUTER_BASE_URL",
        "TASK_ROUTER_BASE_WS_URL",
        "TASK_ROUTER_VERSION",
    }
    assert sorted(twilio.task_router.__all__) == sorted({*documented, *constants})


def test_constants_of_twilio_python() -> None:
    assert twilio.task_router.TASK_ROUTER_BASE_URL == "https://taskrouter.twilio.com"
    assert twilio.task_router.TASK_ROUTER_BASE_WS_URL == "https://event-bridge.twilio.com/v1/wschannels"
    assert twilio.task_router.TASK_ROUTER_BASE_EVENTS_URL == twilio.task_router.TASK_ROUTER_BASE_WS_URL
    assert twilio.task_router.TASK_ROUTER_VERSION == "v1"


def test_twilio_stays_a_namespace() -> None:
    assert not (ROOT / "twilio" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("workflow_config", "WorkflowConfig"),
        ("workflow_config", "TaskRouterConfig"),
        ("workflow_rule", "WorkflowRule"),
        ("workflow_rule", "WorkflowRuleTarget"),
        ("workflow_ruletarget", "WorkflowRuleTarget"),
        ("taskrouter_config", "TaskRouterConfig"),
        ("taskrouter_config", "WorkflowRule"),
        ("taskrouter_config", "WorkflowRuleTarget"),
    ],
)
def test_old_module_paths(module: str, name: str) -> None:
    old = importlib.import_module(f"twilio.task_router.{module}")
    assert getattr(old, name) is getattr(twilio.task_router, name)
    assert name in old.__all__


@pytest.mark.parametrize(
    "module", ["workflow_config", "workflow_rule", "workflow_ruletarget", "taskrouter_config"]
)
def test_old_modules_as_attributes(module: str) -> None:
    program = f"import twilio.task_router; print(twilio.task_router.{module}.__name__)"
    assert run(program) == f"twilio.task_router.{module}\n"


def test_dir_lists_public_names() -> None:
    program = "import twilio.task_router as t; t.explain; print(*dir(t))"
    modules = {"taskrouter_config", "workflow_config", "workflow_rule", "workflow_ruletarget"}
    assert set(run(program).split()) == {*twilio.task_router.__all__, *modules}


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match=r"module 'twilio\.task_router' has no attribute 'TaskRouter'"):
        twilio.task_router.TaskRouter  # type: ignore[attr-defined]  # noqa: B018


def answers() -> list[type]:
    """The library's dataclasses, without those of workflows, which callers build."""
    names = [name for _, name, _ in pkgutil.walk_packages(twilio.task_router.__path__, "twilio.task_router.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith((".__main__", "_config"))]
    return [
        one
        for module in modules
        for one in vars(module).values()
        if inspect.isclass(one) and one.__module__ == module.__name__ and dataclasses.is_dataclass(one)
    ]


@pytest.mark.parametrize("answer", answers())
def test_answers_are_frozen(answer: Any) -> None:
    blank = tuple.__new__(answer) if issubclass(answer, tuple) else object.__new__(answer)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(blank, dataclasses.fields(answer)[0].name, None)


def test_answers_are_found() -> None:
    names = {answer.__name__ for answer in answers()}
    assert {"Decision", "Note", "Explanation", "VerifiedToken"} <= names
