"""Ground floor: pure helpers that know nobody."""
