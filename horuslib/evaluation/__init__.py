"""How good predictions are: metrics, calibration, fusion, decisions, events, thresholds, scores."""
