"""The RMA: a header, its lines on three axes, and what happened to them."""
