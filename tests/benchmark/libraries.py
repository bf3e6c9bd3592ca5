"""The libraries that are compared, side by side in one process, though four of them are named ``twilio``."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

# This runs in one of the environments that __main__.py set up; the others are beside it.
ENVIRONMENTS = Path(sys.prefix).parent
OUR_ENVIRONMENT = ENVIRONMENTS / "ours"
SDK_ENVIRONMENT = ENVIRONMENTS / "sdk"
(SDK_PACKAGES,) = SDK_ENVIRONMENT.glob("lib/python*/site-packages")


def load(module: str, folder: Path) -> ModuleType:
    """Import a module from the package ``twilio`` in *folder*.

    The modules of the ``twilio`` that was loaded before still work, but can no longer import one another.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "twilio"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        with warnings.catch_warnings():  # 5.7.0 changes the warning filters of the whole process
            return import_module(module)
    finally:
        sys.path.remove(str(folder))


SDK_3 = load("twilio.task_router", ENVIRONMENTS / "twilio-3.7.0")
SDK_5 = load("twilio.task_router", ENVIRONMENTS / "twilio-5.7.0")
SDK_9 = load("twilio.jwt.taskrouter.capabilities", SDK_PACKAGES)
# The work tree's. It comes last, because it imports some of its modules on first use.
OURS = load("twilio.task_router", Path(__file__).resolve().parent.parent.parent)

CASBIN = import_module("casbin")
JWT = import_module("jwt")
ORJSON = import_module("orjson")


def sdk_version() -> str:
    """Return which release of the official SDK pip found."""
    (sdk,) = metadata.distributions(name="twilio", path=[str(SDK_PACKAGES)])
    return sdk.version
