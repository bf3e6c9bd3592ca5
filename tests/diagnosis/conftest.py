"""The fixtures that run the command line, which says it all on a terminal."""

from tests.command_line.conftest import (  # noqa: F401 - pytest finds them here
    _environment,
    misuse,
    run,
    too_hard,
    without_key,
    without_rich,
)
