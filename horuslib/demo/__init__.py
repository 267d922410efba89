"""The corpus that ships: generated television with generated faults, laid out as a user's folder is."""
