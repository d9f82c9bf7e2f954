"""What is measured, each against its floor or peer in the same run. Never part of the test suite."""
