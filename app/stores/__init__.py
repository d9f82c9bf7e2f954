"""A store that installed us: its token, users, settings and health."""
