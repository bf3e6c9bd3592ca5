"""``python -m twilio.task_router``."""

import sys

from twilio.task_router.command_line import main

if __name__ == "__main__":
    sys.exit(main())
