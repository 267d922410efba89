"""Generated street sound in six kinds: sirens, alerts, impacts, traffic, screams, surroundings; and their scenes."""
