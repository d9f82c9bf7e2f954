"""What the shopper gets, and the proof that it went out once."""
