"""What leaves the house: the package that Horus loads."""
