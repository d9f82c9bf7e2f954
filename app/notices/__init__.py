"""Which letter goes when."""
