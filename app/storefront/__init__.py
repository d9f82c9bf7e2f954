"""What we place in the store: the "Returns" page, the account script, the app extension; ensure, show, remove."""
