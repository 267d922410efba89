"""From a recording to windows of speech: sound, speech detection, mel frames, bandwidth."""
