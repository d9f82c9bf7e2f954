"""The little we mirror of the store's catalog: what rules name and pages show."""
