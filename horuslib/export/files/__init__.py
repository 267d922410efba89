"""What goes into the package: templates, and scripts that run without horuslib and import nothing of it."""
