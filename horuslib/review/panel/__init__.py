"""The interactive panels: state, widgets, ledgers, tuning; of segments (07_review), and of turns (speakers)."""
