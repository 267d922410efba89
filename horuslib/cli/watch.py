"""`horus watch`: events of a live source as JSON lines."""

import argparse
import json
import signal
import threading

from horuslib.cli.scan import add_model, load_detector, track_number
from horuslib.cli.status import DONE, by_signal

_HELP = """Print a JSON line whenever a fault begins or ends in a live source: a stream, a device, a pipe, or a file
that is still being written. A lost stream is reconnected."""


def add(commands: argparse._SubParsersAction) -> None:
    watch = commands.add_parser("watch", help="monitor a live source", description=_HELP)
    watch.add_argument("source", metavar="SOURCE", help="a URL, a file, a device (with --format), or - for a pipe")
    watch.add_argument("--format", help="FFmpeg's name of the source's format, such as alsa or mpegts")
    watch.add_argument(
        "--patience",
        type=float,
        default=10.0,
        metavar="S",
        help="seconds without sound data until the source counts as lost (%(default)s)",
    )
    watch.add_argument("--attempts", type=int, metavar="N", help="give up after N connections without sound")
    watch.add_argument("--track", type=track_number, metavar="N", help="the audio track to hear, from 1 (the first)")
    add_model(watch)
    watch.set_defaults(command=_watch)


def _watch(given: argparse.Namespace) -> int:
    from horuslib.audio.channels import Mixdown
    from horuslib.audio.live import live_audio
    from horuslib.inference.watch import until_stopped, watch

    detector = load_detector(given)
    rate_hz = detector.task.front_end.sample_rate_hz
    lost: list[tuple[float, float]] = []
    mixdown = Mixdown()
    how = (given.patience, given.attempts, given.format)
    blocks = live_audio(given.source, rate_hz, *how, lost=lost, track=given.track, mixdown=mixdown)
    stopped, signals = threading.Event(), list[int]()

    def stop(number: int, _: object) -> None:
        signals.append(number)
        stopped.set()
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait for the ends of open events

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for line in watch(until_stopped(blocks, stopped), detector, lost, mixdown):
        print(json.dumps(line), flush=True)
    return by_signal(signals[0]) if signals else DONE
