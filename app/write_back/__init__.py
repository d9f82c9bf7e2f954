"""The return's status in the store's own books: order metafields and a line in the staff notes."""
