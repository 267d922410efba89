"""The exported package of a task on events: its networks, what it says of them, and how it is asked."""
