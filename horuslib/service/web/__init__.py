"""The web process: what arrives over HTTP, who may ask, and what is answered."""
