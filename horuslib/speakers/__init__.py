"""Who spoke when: speech, voices, turns, their statistics and their score."""
