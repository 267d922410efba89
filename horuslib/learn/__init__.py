"""From labelled recordings to a calibrated model."""
