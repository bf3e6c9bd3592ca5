"""Where twilio-python 4.6.0 to 5.7.0 had ``TaskRouterConfig``."""

from .workflow_config import TaskRouterConfig

__all__ = ["TaskRouterConfig"]
