"""Where twilio-python 4.6.0 to 5.7.0 had ``WorkflowRuleTarget``."""

from .workflow_config import WorkflowRuleTarget

__all__ = ["WorkflowRuleTarget"]
