"""Where twilio-python 4.6.0 to 5.7.0 had ``WorkflowRule``, and imported ``WorkflowRuleTarget``."""

from .workflow_config import WorkflowRule, WorkflowRuleTarget

__all__ = ["WorkflowRule", "WorkflowRuleTarget"]
