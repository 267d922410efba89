"""Worker processes: what they do, how they are started and watched."""
