"""One module a kind of result: each prints what a command found as a page for people."""
