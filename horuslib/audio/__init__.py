"""From a media file or a live source to samples, levels and features."""
