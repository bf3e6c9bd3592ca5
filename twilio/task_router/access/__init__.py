"""May this request pass, and why not? What an access policy decides, and how two of them differ."""
