"""From a folder of videos and their labels to grouped, split segments."""
