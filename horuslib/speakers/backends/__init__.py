"""What a voice is described by: named backends, of which only `mfcc` needs nothing to be installed."""
