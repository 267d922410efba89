"""Export: the package that Horus loads."""
