"""Our copy of the store's orders."""
