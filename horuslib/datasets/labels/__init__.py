"""What people and tables say of recordings: rows, intervals, names of classes."""
