"""An exported detector over files, archives, clusters and live sources."""
