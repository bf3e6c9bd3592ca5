import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "twilio-task-router"
author = "The twilio-task-router maintainers"
copyright = "2026, the twilio-task-router maintainers"
release = version = version_of(project)

extensions = ["sphinx.ext.autodoc", "sphinx.ext.doctest"]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(collections\.abc|datetime|typing)\..*|jwt\..*|timedelta")]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = project
