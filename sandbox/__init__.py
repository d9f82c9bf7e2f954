"""A BigCommerce store that runs on this machine: a simulator, written from the published facts alone.

Nothing of `app` is imported here and nothing of this package in `app`: they meet on the wire only.
"""
