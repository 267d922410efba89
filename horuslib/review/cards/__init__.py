"""One review item as HTML: sound, picture, labels, table."""
