"""Access policies: their decisions about requests, and the differences between two of them."""
