"""Coded audio in PCM channels: AC-3, Dolby E and others as data bursts, which played as sound are loud noise.

SMPTE ST 337 (and IEC 61937, for consumers) put a burst into the samples of a pair of channels, or of one: two sync
words, a word that names the codec, one with the length, and the coded frame. The sync words have a value for each word
length of 16, 20 and 24 bits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import av
import numpy as np

from horuslib.audio.channels.faults import ChannelFaults, pairs_of
from horuslib.audio.streams.blocks import Block, planes_of
from horuslib.audio.streams.layouts import channel_names
from horuslib.audio.streams.opening import MediaError

SYNC = {16: (0xF87200, 0x4E1F00), 20: (0x6F8720, 0x54E1F0), 24: (0x96F872, 0xA54E1F)}
"""Word length -> the two sync words, at the upper end of 24 bits."""
CODECS = {1: ("AC-3", "ac3"), 5: ("MPEG audio", "mp2"), 11: ("DTS", "dca"), 12: ("DTS", "dca"), 13: ("DTS", "dca"),
          21: ("E-AC-3", "eac3"), 28: ("Dolby E", "dolby_e")}  # fmt: skip
"""Type of data -> its name, and FFmpeg's decoder."""
_BYTES = {21}
"""Types whose length counts bytes rather than bits (IEC 61937-3)."""
_HEADER = 4
_LEAST_BURSTS, _LEAST_HALVES = 2, 4
"""Sync words in a block of a second: chance does not repeat."""
_HALF_PERIOD = 1000
_SMOOTH = 0.5
"""Correlation of neighbouring samples from which on they are sound."""
_MISSING_S = 0.1
"""A burst that cannot be decoded is silence, so that what follows keeps its time."""
_AUDIBLE = 10 ** (-70 / 20)


@dataclass
class CodedAudio:
    """Blocks in, blocks out: what PCM channels carry as bursts is decoded, or silenced where FFmpeg cannot.

    Channels of coded audio beside others with sound are silenced: the others are the programme.

    Parameters
    ----------
    faults : is given which channels carry coded audio, and when.
    name : of the file, for its error.
    """

    faults: ChannelFaults
    name: str
    found: set[str] = field(default_factory=set)
    """Names of the codecs that were met."""
    decoded: bool = False
    heard: bool = False
    """Whether anything but coded audio that cannot be decoded was there to hear."""
    _at_s: float = 0.0
    _coded: set[tuple[str, ...]] = field(default_factory=set)
    _decoder: "_BurstDecoder | None" = None

    def blocks(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks to hear, as long as those given.

        Raises
        ------
        MediaError
            At the end, when there was nothing but coded audio that FFmpeg cannot decode.
        """
        for block in blocks:
            coded = coded_channels(block)
            names = {_names(block, channels) for channels in coded}
            for channels in sorted(names | self._coded):
                self.faults.coded(channels, self._at_s, self._at_s + block.duration_s, channels in names)
            self._coded |= names
            yield from self._heard(block, coded)
            self._at_s += block.duration_s
        yield from self._rest()
        if self.found and not self.heard:
            raise MediaError(
                f"{self.name}: its sound is coded audio, not PCM ({self._codecs()} in SMPTE 337M), and FFmpeg does not "
                "decode it: decode it first, or leave it out."
            )

    def note(self) -> list[str]:
        """What was met, in words; nothing where all is PCM."""
        if not self.found:
            return []
        return [f"coded audio, not PCM ({self._codecs()} in SMPTE 337M): {'decoded' if self.decoded else 'left out'}"]

    def _codecs(self) -> str:
        return " and ".join(sorted(self.found))

    def _heard(self, block: Block, coded: list[tuple[int, ...]]) -> Iterator[Block]:
        if not coded:
            yield from self._rest()
            self.heard = self.heard or bool(np.abs(block.planes).max(initial=0) > _AUDIBLE)
            yield block
            return
        planes = block.planes.copy()
        planes[[channel for channels in coded for channel in channels]] = 0
        if np.abs(planes).max(initial=0) > _AUDIBLE:
            self.heard = True
            self.found |= {_codec(block, channels) for channels in coded}
            yield block._replace(planes=planes)
            return
        self._decoder = self._decoder or _BurstDecoder(word_bits(block, coded[0]) or 16)
        pieces = self._decoder.decode(block, coded[0])
        self.found |= self._decoder.names or {_codec(block, coded[0])}
        if self._decoder.works:
            self.heard = self.decoded = True
            yield from pieces
        else:
            yield block._replace(planes=planes)

    def _rest(self) -> Iterator[Block]:
        """What the decoder owes of the length it took."""
        if self._decoder and self._decoder.works:
            yield from self._decoder.rest()
        self._decoder = None


def coded_channels(block: Block) -> list[tuple[int, ...]]:
    """Positions of the channels that carry bursts: a pair each, or one channel.

    Example
    -------
    >>> coded_channels(Block(np.zeros((2, 48000), np.float32), ("FL", "FR"), 48000))
    []
    """
    planes = block.planes
    if not _may_be_words(planes):
        return []
    found: list[tuple[int, ...]] = []
    for pair in pairs_of(block.layout):
        if any(len(_bursts(planes, pair, bits)) >= _LEAST_BURSTS for bits in SYNC):
            found.append(pair)
    paired = {channel for pair in found for channel in pair}
    for channel in set(range(len(planes))) - paired:
        if word_bits(block, (channel,)) or _is_half(planes[channel]):
            found.append((channel,))
    return found


def word_bits(block: Block, channels: tuple[int, ...]) -> int | None:
    """Length of the words in which bursts lie there; None without bursts."""
    return next((bits for bits in SYNC if len(_bursts(block.planes, channels, bits)) >= _LEAST_BURSTS), None)


def _may_be_words(planes: np.ndarray) -> bool:
    """Whether samples are integers, which lossy codecs do not give."""
    few = planes[:, :64] * np.float32(2**23)
    return bool((few == np.rint(few)).all())


def _value(word: int) -> np.float32:
    """A 24-bit word as the sample that it is."""
    return np.float32((word - 2**24 if word & 2**23 else word) / 2**23)


def _bursts(planes: np.ndarray, channels: tuple[int, ...], bits: int) -> np.ndarray:
    """Positions of the first sync word of each burst: in samples of a channel, where the second is beside or after."""
    first, second = map(_value, SYNC[bits])
    hits = np.flatnonzero(planes[channels[0]] == first)
    if len(channels) == 2:
        return hits[planes[channels[1]][hits] == second]
    hits = hits[hits + 1 < planes.shape[1]]
    return hits[planes[channels[0]][hits + 1] == second]


def _is_half(samples: np.ndarray) -> bool:
    """Whether one channel of a pair stands alone: sync words at a fixed distance in what is as random as coded data.

    A tone passes through the same values again and again; its samples follow one another.
    """
    if np.dot(samples[:-1], samples[1:]) > _SMOOTH * np.dot(samples, samples):
        return False
    for first, second in SYNC.values():
        for word in (first, second):
            hits = np.flatnonzero(samples == _value(word))
            if len(hits) >= _LEAST_HALVES and _repeats(hits):
                return True
    return False


def _repeats(hits: np.ndarray) -> bool:
    """Whether positions repeat at a distance, give or take a sample, whatever lies between by chance."""
    apart = hits[None, :] - hits[:, None]
    periods = np.unique(apart[apart >= _HALF_PERIOD])
    return any(int((np.abs(apart - period) <= 1).any(axis=1).sum()) >= _LEAST_HALVES - 1 for period in periods)


def _codec(block: Block, channels: tuple[int, ...]) -> str:
    bits = word_bits(block, channels)
    if bits is None:
        return "half of a pair"
    words = _words(block, channels)
    at = int(_bursts(block.planes, channels, bits)[0]) * len(channels)
    kind = int(words[at + 2]) >> 8 & 0x1F if at + 2 < len(words) else 0
    return CODECS.get(kind, (f"data type {kind}", ""))[0]


def _words(block: Block, channels: tuple[int, ...]) -> np.ndarray:
    """The samples of the channels in turn, as 24-bit words: (N * channels,) uint32."""
    samples = block.planes[list(channels)].T.ravel()
    return (np.rint(samples * np.float32(2**23)).astype(np.int64) & 0xFFFFFF).astype(np.uint32)


class _BurstDecoder:
    """Frames of the bursts of one pair of channels, as blocks that take as long as the bursts."""

    def __init__(self, bits: int):
        self.bits, self.names, self.works = bits, set[str](), False
        self._words = np.zeros(0, np.uint32)
        self._codec: av.AudioCodecContext | None = None
        self._owed_s = 0.0
        self._latest: Block | None = None

    def decode(self, block: Block, channels: tuple[int, ...]) -> list[Block]:
        """The blocks that are complete; none, and no debt, as long as no burst could be decoded."""
        before_s = self._waiting_s(block, channels) + self._owed_s
        self._words = np.concatenate([self._words, _words(block, channels)])
        made = []
        for kind, payload in self._complete():
            made += self._frames(kind, payload)
        if not (made or self.works):
            self._words = np.zeros(0, np.uint32)
            return []
        if not self.works:
            start = _bursts(block.planes, channels, self.bits)[0]
            made.insert(0, _silence(made[0], start / block.sample_rate_hz))
        self.works = True
        self._latest = made[-1] if made else self._latest
        self._owed_s = before_s + block.duration_s - sum(x.duration_s for x in made) - self._waiting_s(block, channels)
        return [*made, *self.rest()] if self._owed_s > _MISSING_S else made

    def rest(self) -> Iterator[Block]:
        """Silence for bursts that were no frames."""
        if self._latest and self._owed_s > 0:
            yield _silence(self._latest, self._owed_s)
        self._owed_s = 0.0

    def _waiting_s(self, block: Block, channels: tuple[int, ...]) -> float:
        return len(self._words) / len(channels) / block.sample_rate_hz

    def _complete(self) -> Iterator[tuple[int, bytes]]:
        """(type of data, coded frame) of every burst that is there to its end."""
        first, second = SYNC[self.bits]
        words = self._words
        starts = np.flatnonzero((words[:-1] == first) & (words[1:] == second))
        done = 0
        for start in starts.tolist():
            if start < done or start + _HEADER > len(words):
                continue
            kind = int(words[start + 2]) >> 8 & 0x1F
            length = int(words[start + 3]) >> 24 - self.bits
            size = 8 * length if kind in _BYTES else length
            end = start + _HEADER + -(-size // self.bits)
            if end > len(words):
                self._words = words[start:]
                return
            done = end
            yield kind, self._payload(words[start + _HEADER : end])
        self._words = words[max(done, len(words) - 1) :]

    def _payload(self, words: np.ndarray) -> bytes:
        if self.bits == 16:
            return (words >> 8).astype(">u2").tobytes()
        return words.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()

    def _frames(self, kind: int, payload: bytes) -> list[Block]:
        name, codec = CODECS.get(kind, (f"data type {kind}", ""))
        self.names.add(name)
        try:
            self._codec = self._codec or av.CodecContext.create(codec, "r")
            frames = self._codec.decode(av.Packet(payload))
            return [Block(planes_of(x), channel_names(x.layout), x.sample_rate) for x in frames]
        except (av.FFmpegError, ValueError):
            return []


def _names(block: Block, channels: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(block.layout[channel] for channel in channels)


def _silence(like: Block, length_s: float) -> Block:
    return like._replace(planes=np.zeros((len(like.planes), round(length_s * like.sample_rate_hz)), np.float32))
