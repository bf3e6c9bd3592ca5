"""The calls of Worker.js, their requests, and the grants that allow them."""
