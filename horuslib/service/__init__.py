"""Jobs on sound over HTTP: a web process without models, and worker processes that load them."""
