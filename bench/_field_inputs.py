"""Generated inputs of the kinds that recorders, splicers and networks leave behind, each with what is right for it.

A kind is one function from a folder to its inputs, listed in KINDS.
"""

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench._programmes import (
    ENCRYPTION,
    LENGTH_S,
    RATE_HZ,
    bursts,
    edited,
    planar,
    programme,
    scrambled,
    with_wrong_bytes,
    without_sound,
)
from horuslib.audio.encode import write_wav
from horuslib.audio.streams.lost_sound import Span


@dataclass(frozen=True)
class Input:
    """One file with what a scan must find in it."""

    kind: str
    path: Path
    duration_s: float | None
    """None where the file must be refused."""
    lost: tuple[Span, ...] = ()
    """Sound that is missing (s)."""
    says: str = ""
    """A word that the message must hold."""
    live: bool = True
    """Whether it can be watched through a pipe."""
    channels: tuple[str, ...] = ()
    """Kinds of faults of channels that a scan and a watch note."""
    events: tuple[str, ...] = ()
    """Types of further events, which the definitions find without a model."""
    labels: tuple[tuple[float, float, str | None], ...] = ()
    """Of a video in a label table: what ingest must take of it (s, s, label)."""
    left_out: bool = False
    """Whether it is no file that can be read: it is named, and has no diagnosis."""


Kind = Callable[[Path], Iterator[Input]]
KINDS: list[Kind] = []


def kind(function: Kind) -> Kind:
    """Register a kind."""
    KINDS.append(function)
    return function


def all_inputs(folder: Path) -> list[Input]:
    """Write every input under a folder."""
    return inputs_of(KINDS, folder)


def inputs_of(kinds: Sequence[Kind], folder: Path) -> list[Input]:
    """Write the inputs of some kinds under a folder."""
    inputs = []
    for function in kinds:
        place = folder / function.__name__
        place.mkdir(parents=True)
        inputs += function(place)
    return inputs


_FORMS = {
    "ts": {},
    "m2ts": {"sound": "ac3", "muxer": {"mpegts_m2ts_mode": "1"}},
    "mkv": {"sound": "aac", "picture": "mpeg4"},
    "mp4": {"sound": "aac", "picture": "mpeg4"},
    "flv": {"sound": "libmp3lame", "picture": "flv1", "rate": 44100},
}
_PIPED = {"ts", "m2ts", "mkv", "flv"}


def _losses(folder: Path, name: str, spans: dict[str, tuple[Span, ...]]) -> Iterator[Input]:
    for suffix, lost in spans.items():
        base = programme(folder / f"base.{suffix}", **_FORMS[suffix])
        for number, (start_s, end_s) in enumerate(lost):
            path = folder / f"{name}_{number}.{suffix}"
            without_sound(base, path, start_s, end_s, **_FORMS[suffix].get("muxer", {}))
            yield Input(name, path, LENGTH_S, ((start_s, min(end_s, LENGTH_S)),), live=suffix in _PIPED)
        base.unlink()


@kind
def lost_in_between(folder: Path) -> Iterator[Input]:
    """Pictures go on while the sound is away."""
    spans = {"ts": ((8, 32), (10, 15), (12, 23.5)), "m2ts": ((9, 21),), "mkv": ((8, 30),), "mp4": ((8, 30), (20, 24))}
    yield from _losses(folder, "lost_in_between", {**spans, "flv": ((8, 30),)})


@kind
def lost_from_somewhere_on(folder: Path) -> Iterator[Input]:
    """The sound ends, the pictures do not."""
    spans = {"ts": ((20, 99), (33, 99)), "m2ts": ((15, 99),), "mkv": ((20, 99),), "mp4": ((20, 99), (31, 99))}
    yield from _losses(folder, "lost_from_somewhere_on", {**spans, "flv": ((20, 99),)})


@kind
def sound_begins_late(folder: Path) -> Iterator[Input]:
    """Pictures come first."""
    spans = {"ts": ((-1, 25), (-1, 7)), "m2ts": ((-1, 15),), "mkv": ((-1, 25),), "mp4": ((-1, 25),)}
    for found in _losses(folder, "sound_begins_late", {**spans, "flv": ((-1, 12),)}):
        yield Input(found.kind, found.path, LENGTH_S, ((0.0, found.lost[0][1]),), live=found.live)


@kind
def track_without_packets(folder: Path) -> Iterator[Input]:
    """A declared track that never comes, and a file that declares none."""
    spans = {suffix: ((-1, 99),) for suffix in ("ts", "m2ts", "mkv", "mp4", "flv")}
    for found in _losses(folder, "track_without_packets", spans):
        yield Input(found.kind, found.path, LENGTH_S, ((0.0, LENGTH_S),), "audio track", live=found.live)


@kind
def clock_that_jumps(folder: Path) -> Iterator[Input]:
    """By days, by a wrap of 2^33 ticks; backwards; with the sound lost as well."""
    jumps_s = {"mkv": 2**33 / 90000, "flv": 20 * 86400.0, "ts": 5 * 3600.0, "mp4": 5 * 3600.0}
    for suffix, jump_s in jumps_s.items():
        base = programme(folder / f"base.{suffix}", **_FORMS[suffix])
        path = edited(base, folder / f"jump.{suffix}", later_s=lambda at_s, by=jump_s: by if at_s >= 20 else 0.0)
        yield Input("clock_that_jumps", path, LENGTH_S, says="jumps ahead", live=suffix in _PIPED)
        if suffix != "mp4":
            path = folder / f"jump_and_loss.{suffix}"
            edited(
                base,
                path,
                lambda kind, at_s: kind == "video" or not 8 <= at_s < 16,
                lambda at_s, by=jump_s: by if at_s >= 20 else 0.0,
            )
            yield Input("clock_that_jumps", path, LENGTH_S, ((8.0, 16.0),), "jumps ahead", live=suffix in _PIPED)
        base.unlink()
    base, wrap_s = programme(folder / "base.ts"), 2**33 / 90000
    path = folder / "wrap_and_loss.ts"
    edited(base, path, lambda kind, at_s: kind == "video" or not 12 <= at_s < 28, lambda at_s: wrap_s - 20)
    yield Input("clock_that_jumps", path, LENGTH_S, ((12.0, 28.0),))
    path = edited(base, folder / "outage.ts", later_s=lambda at_s: 60.0 if at_s >= 20 else 0.0)
    yield Input("clock_that_jumps", path, LENGTH_S + 60, ((20.0, 80.0),))
    base.unlink()


@kind
def programme_on_other_tracks(folder: Path) -> Iterator[Input]:
    """Transport streams joined: other PIDs, another codec, another program number, a second track in between."""
    half_s = LENGTH_S / 2
    first = programme(folder / "first.ts", half_s)
    others = {
        "other_pids": {"muxer": {"mpegts_start_pid": "768"}},
        "other_codec": {"sound": "aac"},
        "other_codec_and_pids": {"sound": "ac3", "muxer": {"mpegts_start_pid": "512"}},
        "other_program": {
            "muxer": {"mpegts_start_pid": "768", "mpegts_service_id": "7", "mpegts_pmt_start_pid": "5000"}
        },
        "second_track": {"tracks": 2},
    }
    for name, form in others.items():
        second = programme(folder / "second.ts", half_s, **form)
        parts = [first, second, first] if name == "second_track" else [first, second]
        path = folder / f"{name}.ts"
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
        second.unlink()
        says = "" if name == "second_track" else "other tracks"
        yield Input("programme_on_other_tracks", path, half_s * len(parts), says=says)
    silent = without_sound(first, folder / "silent.ts", -1, 99)
    path = folder / "silent_in_between.ts"
    path.write_bytes(first.read_bytes() + silent.read_bytes() + first.read_bytes())
    yield Input("programme_on_other_tracks", path, 3 * half_s, ((half_s, 2 * half_s),))
    pictures = edited(first, folder / "pictures.ts", kinds=("video",))
    for name, parts in {"no_track_first": (pictures, first), "no_track_in_between": (first, pictures, first)}.items():
        path = folder / f"{name}.ts"
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
        at_s = half_s * parts.index(pictures)
        yield Input("programme_on_other_tracks", path, half_s * len(parts), ((at_s, at_s + half_s),), "other tracks")
    for part in (first, silent, pictures):
        part.unlink()


@kind
def damaged_bytes(folder: Path) -> Iterator[Input]:
    """A transport stream with wrong bytes, and with bytes missing: what decodes is heard, at its time."""
    base = programme(folder / "base.ts")
    whole = base.read_bytes()
    for seed in range(5):
        path = folder / f"wrong_{seed}.ts"
        path.write_bytes(with_wrong_bytes(whole, np.random.default_rng(seed)))
        yield Input("damaged_bytes", path, LENGTH_S)
    path = folder / "missing.ts"
    path.write_bytes(whole[: len(whole) // 2] + whole[len(whole) // 2 + 1000 :])
    yield Input("damaged_bytes", path, LENGTH_S)
    base.unlink()


@kind
def channels_in_a_custom_order(folder: Path) -> Iterator[Input]:
    """Layouts that FFmpeg describes channel by channel."""
    for suffix, layout in (("mov", "7.1"), ("caf", "7.1"), ("mov", "6.1"), ("mov", "hexadecagonal")):
        path = folder / f"{layout}.{suffix}"
        programme(path, 10.0, sound="pcm_s16le", picture="mpeg4" if suffix == "mov" else None, layout=layout)
        yield Input("channels_in_a_custom_order", path, 10.0, live=False)


@kind
def encrypted(folder: Path) -> Iterator[Input]:
    """Common encryption in MP4; scrambled packets in a transport stream."""
    path = programme(folder / "cenc.m4a", 10.0, sound="aac", picture=None, format="mp4", muxer=ENCRYPTION)
    yield Input("encrypted", path, None, says="encrypted", live=False)
    base = programme(folder / "base.ts", 10.0)
    path = folder / "scrambled.ts"
    path.write_bytes(scrambled(base.read_bytes()))
    base.unlink()
    yield Input("encrypted", path, None, says="encrypted", live=False)


@kind
def rates_and_lengths(folder: Path) -> Iterator[Input]:
    """ADTS that changes its sampling rate; WAV headers that say too little, or nothing, of the data."""
    low = programme(folder / "low.aac", 20.0, sound="aac", picture=None, rate=44100)
    high = programme(folder / "high.aac", 20.0, sound="aac", picture=None)
    for name, parts in {"44_to_48": (low, high), "48_to_44": (high, low)}.items():
        path = folder / f"{name}.aac"
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
        yield Input("rates_and_lengths", path, 40.0)
    low.unlink(), high.unlink()
    whole = write_wav(folder / "whole.wav", bursts(20.0, RATE_HZ), RATE_HZ).read_bytes()
    for name, size in {"too_little": 1000, "nothing": 0, "unknown": 2**32 - 1, "half": 10 * 2 * RATE_HZ}.items():
        path = folder / f"{name}.wav"
        at = whole.index(b"data") + 4
        path.write_bytes(whole[:at] + struct.pack("<I", size) + whole[at + 4 :])
        yield Input("rates_and_lengths", path, 20.0, live=name in ("nothing", "unknown"))
    (folder / "whole.wav").unlink()


@kind
def channels_that_fail(folder: Path) -> Iterator[Input]:
    """A channel that dies, or is inverted from some time on; surround with the centre alone; mono tracks, two mute."""
    sound, name = bursts(30.0, RATE_HZ), "channels_that_fail"
    mute, n = np.zeros_like(sound), 12 * RATE_HZ
    dead, inverted = np.concatenate([sound[:n], mute[n:]]), np.concatenate([sound[:n], -sound[n:]])
    path = planar(folder / "dead.wav", [np.stack([sound, dead])], "stereo")
    yield Input(name, path, 30.0, says="is silent", channels=("dead",))
    path = planar(folder / "inverted.mkv", [np.stack([sound, inverted])], "stereo")
    yield Input(name, path, 30.0, says="inverted", channels=("inverted",))
    path = planar(folder / "centre.mkv", [np.stack([mute, mute, sound, mute, mute, mute])], "5.1")
    yield Input(name, path, 30.0)
    path = planar(folder / "tracks.mov", [x[None] for x in (mute, mute, sound, sound)], "mono")
    yield Input(name, path, 30.0, live=False)


@kind
def coded_audio_in_pcm(folder: Path) -> Iterator[Input]:
    """Bursts of SMPTE ST 337 that say Dolby E and hold noise, alone and beside a programme."""
    rng, seconds = np.random.default_rng(3), 10
    words = rng.integers(0, 2**24, (25 * seconds, 1920 * 2))
    words[:, :4] = 0x96F872, 0xA54E1F, 28 << 8, 3000 * 24
    words[:, 3004:] = 0
    coded = (np.where(words >= 2**23, words - 2**24, words).reshape(-1, 2).T / 2**23).astype(np.float32)
    path = planar(folder / "alone.mov", [coded], "stereo", "pcm_s24le")
    yield Input("coded_audio_in_pcm", path, None, says="coded audio", live=False)
    sound = bursts(seconds, RATE_HZ)
    path = planar(folder / "beside.mov", [np.stack([sound, sound, *coded])], "4.0", "pcm_s24le")
    yield Input("coded_audio_in_pcm", path, seconds, says="left out", channels=("coded",), live=False)


@kind
def names_and_what_is_no_file(folder: Path) -> Iterator[Input]:
    """Names with quotes, line breaks, HTML, pictographs and of 255 bytes; links and a named pipe."""
    names = ("a'b\"c.wav", "two\nlines.wav", "<b>&amp;.wav", "\U0001f3a7 r\u00e1dio.wav", "n" * 251 + ".wav")
    sounds = [write_wav(folder / name, bursts(6.0 + k, RATE_HZ), RATE_HZ) for k, name in enumerate(names)]
    for k, path in enumerate(sounds):
        yield Input("names_and_what_is_no_file", path, 6.0 + k)
    for name, target in {"itself.mp4": "itself.mp4", "nothing.mp4": "gone.mp4"}.items():
        (folder / name).symlink_to(folder / target)
        yield Input("names_and_what_is_no_file", folder / name, None, live=False, left_out=True)
    os.mkfifo(folder / "pipe.mp4")
    yield Input("names_and_what_is_no_file", folder / "pipe.mp4", None, live=False, left_out=True)


@kind
def label_tables(folder: Path) -> Iterator[Input]:
    """Dialects of timestamp.csv, and rows whose times cannot be meant: they never make sound normal."""
    tables = {
        "serial": ("sep=;\nvideo_filename;t_start;t_end;class\n{0};0,000115741;0,000231481;hiss\n", True),
        "duration": ("labels of May\n\nvideo_filename,t_start,duration,class\n{0},00:00:10,10,hiss\n", True),
        "coarse": ("video_filename,t_start,t_end,class\n{0},0.0001,0.0003,hiss\n", False),
        "backwards": ("video_filename,t_start,t_end,class\n{0},20,10,hiss\n", False),
    }
    for k, (name, (table, is_meant)) in enumerate(tables.items()):
        place = folder / name
        place.mkdir()
        path = write_wav(place / f"{name}.wav", bursts(30.0 + k, RATE_HZ), RATE_HZ)
        (place / "timestamp.csv").write_text(table.format(name))
        labels = ((10.0, 20.0, "ruido_hiss"),) if is_meant else ((0.0, 30.0 + k, None),)
        yield Input("label_tables", path, 30.0 + k, labels=labels)


@kind
def short_pieces_and_tones(folder: Path) -> Iterator[Input]:
    """What is too short to tell, and what is decided by definition."""
    for length_s in (0.3, 1.5):
        path = write_wav(folder / f"{length_s}.wav", bursts(length_s, RATE_HZ), RATE_HZ)
        yield Input("short_pieces_and_tones", path, length_s)
    t = np.arange(20 * RATE_HZ) / RATE_HZ
    sounds = {
        "line_up": (0.1 * np.sin(2 * np.pi * 1000 * t), ("sinal_teste",)),
        "two_tones": (0.05 * np.sin(2 * np.pi * 853 * t) + 0.05 * np.sin(2 * np.pi * 960 * t), ()),
    }
    for name, (samples, events) in sounds.items():
        path = write_wav(folder / f"{name}.wav", samples.astype(np.float32), RATE_HZ)
        yield Input("short_pieces_and_tones", path, 20.0, events=events)
