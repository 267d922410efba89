"""The sentences that the notebooks show: computed from tables, with every quoted text escaped."""
