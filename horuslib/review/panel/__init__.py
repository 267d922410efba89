"""The interactive panels, of segments and events (07_review) and of turns: state, widgets, ledgers, tuning."""
