"""The interactive panels of 07_review, for sound and for events: what is listed, widgets, ledgers, tuning."""
