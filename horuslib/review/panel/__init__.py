"""The interactive panels: state, widgets, ledgers, tuning; of segments and events (07_review), and of turns (speakers)."""
