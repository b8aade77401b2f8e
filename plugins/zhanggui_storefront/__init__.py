"""The shop as its customers meet it: the REST API of the mini-program, and a small web shop on that same API."""
