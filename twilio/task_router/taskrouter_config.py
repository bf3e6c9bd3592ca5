"""Where twilio-python 4.6.0 to 5.7.0 had ``TaskRouterConfig``, and imported the other two."""

from .workflow_config import TaskRouterConfig, WorkflowRule, WorkflowRuleTarget

__all__ = ["TaskRouterConfig", "WorkflowRule", "WorkflowRuleTarget"]
