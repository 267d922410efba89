"""Pictures of moments become vectors: which network, from which file, and each moment only once."""
