"""What the past says: a policy tried on it before it is published. Reads its lower neighbours, changes nothing."""
