"""Signal processing of waveforms: impulse responses, filters, and measures of echo and reverberation."""
