"""The interactive panel of 07_review: state, widgets, ledgers, tuning."""
