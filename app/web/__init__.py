"""The doors: parse, call one function, answer."""
