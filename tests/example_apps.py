"""The example applications, imported with the example's account, workspace and worker in the environment."""

from __future__ import annotations

import os

import pytest

from tests.example import ARGUMENTS

NAMES = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WORKSPACE_SID", "TWILIO_WORKER_SID")
ENVIRONMENT = dict(zip(NAMES, ARGUMENTS, strict=True))

os.environ["DJANGO_SETTINGS_MODULE"] = "django_app"
with pytest.MonkeyPatch.context() as environment:
    for name, value in ENVIRONMENT.items():
        environment.setenv(name, value)
    import django_app
    import flask_app
    import supervisor_app

__all__ = ["ENVIRONMENT", "django_app", "flask_app", "supervisor_app"]
