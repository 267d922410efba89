"""The bundled demo corpus: generated television with generated faults, in the folder layout of a user's corpus."""
