"""Events whose onsets are known, from physics: a dipole that passes, mains hum, GSM, impacts, light, forms."""
