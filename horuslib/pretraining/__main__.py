"""`python -m horuslib.pretraining`: data generation, training, evaluation, weights and their model card."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from horuslib.core.errors import UserError
from horuslib.core.log import show_log
from horuslib.core.paths import Paths
from horuslib.pretraining.card import table, write_card
from horuslib.pretraining.measure import measure_faults, measure_values
from horuslib.pretraining.shards import PROGRAMMES_PER_SHARD, make_shards, read_shards
from horuslib.tasks import load_task
from horuslib.training.backbone import BACKBONE

TASKS = ("horus", "horus", "heimdall")
"""Tasks whose front ends are used in turn, one per programme."""
UNSEEN_SHARE = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m horuslib.pretraining",
        description="Train the backbone on generated sound. An interrupted run resumes where it stopped.",
    )
    parser.add_argument("--seed", type=int, default=0, help="of data and training (default: %(default)s)")
    parser.add_argument(
        "--shards",
        type=int,
        default=304,
        help=f"of {PROGRAMMES_PER_SHARD} programmes each (default: %(default)s)",
    )
    parser.add_argument("--epochs", type=int, default=18, help="(default: %(default)s)")
    parser.add_argument("--width", type=float, default=1.0, help="multiplier of the backbone's channels (default: 1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="data generating processes (default: all)")
    parser.add_argument(
        "--data", type=Path, help="where the generated data is kept (default: artifacts/pretrain/seed_N)"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for backbone.weights.h5 and backbone.md (default: artifacts/pretrain)"
    )
    arguments = parser.parse_args()
    show_log()
    try:
        pretrain(arguments)
    except UserError as e:
        print(e, file=sys.stderr)
        return 2
    return 0


def pretrain(arguments: argparse.Namespace) -> None:
    """Generate the data, train, evaluate, and write the weights and the model card."""
    from horuslib.pretraining.fit import SPEED, SPEED_SHARE, answer, fit

    home = Paths().root / "artifacts" / "pretrain"
    data_folder, out = arguments.data or home / f"seed_{arguments.seed}", arguments.out or home
    front_ends = [load_task(name).front_end for name in TASKS]
    make_shards(data_folder, arguments.seed, arguments.shards, front_ends, arguments.workers)
    data, started = read_shards(data_folder, arguments.shards), time.time()
    train, unseen = data.split(UNSEEN_SHARE)
    run = data_folder / f"training_{arguments.shards}x{arguments.epochs}_{arguments.width:g}"
    network = fit(train, unseen, run, front_ends, arguments.seed, arguments.epochs, arguments.width)
    training_s = time.time() - started
    faults, values = answer(network, unseen)
    backbone = network.get_layer(BACKBONE)
    out.mkdir(parents=True, exist_ok=True)
    backbone.save_weights(out / "backbone.weights.h5")
    results = {
        "seed": arguments.seed,
        "epochs": arguments.epochs,
        "width": arguments.width,
        "command": "python -m horuslib.pretraining "
        f"--seed {arguments.seed} --shards {arguments.shards} --epochs {arguments.epochs} --width {arguments.width:g}",
        "speed": SPEED,
        "speed_share": SPEED_SHARE,
        "parameters": backbone.count_params(),
        "making_s": data.seconds / arguments.shards / PROGRAMMES_PER_SHARD,
        "training_minutes": training_s / 60,
        "loss": json.loads((run / "history.json").read_text("utf-8"))[-1]["val_loss"],
        "fault_table": table(measure_faults(unseen.truths, faults)),
        "value_table": table(measure_values(unseen.truths, values)),
    }
    (out / "backbone.md").write_text(write_card(train, unseen, results), "utf-8")
    print(f"{out / 'backbone.weights.h5'} and backbone.md are written.")


if __name__ == "__main__":
    sys.exit(main())
