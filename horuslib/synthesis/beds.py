"""Generated background sounds (beds): everything that may lie under a programme without being a fault."""

from horuslib.synthesis.ambience import PLACES
from horuslib.synthesis.machines import MACHINES
from horuslib.synthesis.outdoors import OUTDOORS

BEDS = {**PLACES, **MACHINES, **OUTDOORS}
"""Name -> function of (rng, seconds, sample_rate_hz) that returns float32 mono (N,)."""
