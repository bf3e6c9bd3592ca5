"""What does the browser library ask for? Its calls, their requests, and the grants that allow them."""
