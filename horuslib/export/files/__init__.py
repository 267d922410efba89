"""Files of the package: templates, and scripts that run without horuslib."""
