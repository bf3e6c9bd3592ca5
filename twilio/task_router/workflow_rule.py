"""Where twilio-python 4.6.0 to 5.7.0 had ``WorkflowRule``."""

from .workflow_config import WorkflowRule

__all__ = ["WorkflowRule"]
