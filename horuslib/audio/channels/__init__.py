"""A programme's channels: the mix to mono, faults of single channels, coded audio in PCM."""

from horuslib.audio.channels.mixdown import Mixdown, mix_weights

__all__ = ["Mixdown", "mix_weights"]
