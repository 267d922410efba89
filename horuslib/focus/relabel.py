"""From tags to labels: the rules applied to the ledger as it stands, each change with its provenance.

The files never move. What a rule makes of a file is decided anew each time from the ledger, so that an undone tag or a
changed rule leaves nothing behind.
"""

import numpy as np
import pandas as pd

from horuslib.focus.ledger import QuarantineLedger, key
from horuslib.focus.settings import OUT, FocusSettings
from horuslib.tasks import Task

COLUMNS = ["segment_id", "filed", "label", "state", "tag", "rule", "who", "when", "entry"]
STATES = ("as filed", "relabelled", "confirmed", "out", "quarantined")
"""`out` by a tag; `quarantined` by the audit, until a person says something: neither is trained on."""


def relabelled(clips: pd.DataFrame, ledger: QuarantineLedger, settings: FocusSettings, task: Task) -> pd.DataFrame:
    """What each segment is trained as.

    Parameters
    ----------
    clips : segment_id, sha256, start_s, label (filed), split. Of files that are not of the training set only persons'
        tags count: what an audit or the policy said of a file before it came into a test set is no correction.

    Returns
    -------
    DataFrame of `COLUMNS`, a row per segment in the same order; `label` is None where the segment stays out.
    """
    entries: dict[tuple[str, str], list[dict]] = {}
    for entry in ledger.entries():
        entries.setdefault(key(entry), []).append(entry)
    rows = []
    for clip in clips.itertuples():
        row = {"segment_id": clip.segment_id, "filed": clip.label, "label": clip.label, "state": "as filed"}
        for entry in entries.get((clip.sha256, f"{clip.start_s:.3f}"), []):
            if clip.split == "train" or entry["action"] == "tag":
                row |= _applied(entry, clip.label, row, settings, task)
        rows.append({**dict.fromkeys(COLUMNS, ""), **row})
    return pd.DataFrame(rows, columns=COLUMNS)


def _applied(entry: dict, filed: str, before: dict, settings: FocusSettings, task: Task) -> dict:
    """What one entry makes of a segment; a person's tag counts more than what any model said before or after."""
    about = {"who": entry["who"], "when": entry["when"], "entry": entry["entry"]}
    if entry["action"] == "tag":
        outcome = settings.outcome(entry["tag"], filed, task)
        label = None if outcome == OUT else outcome or filed
        state = "out" if outcome == OUT else "relabelled" if label != filed else "confirmed"
        rule = f"{entry['tag']} filed as {filed}: {outcome or 'as filed'}"
        return {"label": label, "state": state, "tag": entry["tag"], "rule": rule, **about}
    if before.get("tag"):
        return {}
    if entry["action"] == "relabel":
        return {"label": entry["label"], "state": "relabelled", "rule": entry["rule"], **about}
    if before["state"] != "as filed":
        return {}
    return {"label": None, "state": "quarantined", "rule": entry["rule"], **about}


def spot_checks(state: pd.DataFrame, clips: pd.DataFrame, number: int) -> pd.DataFrame:
    """The files whose new class a person should check: relabelled ones, then those in quarantine.

    Parameters
    ----------
    state : of `relabelled`. clips : the same segments, with source, times and p_<label>.

    Returns
    -------
    At most `number` rows of `clips` under their new `label` (as filed where they stay out), with `reason`.
    """
    told = state[state["state"].isin(["relabelled", "quarantined"])].sort_values(
        "state", ascending=False, kind="stable"
    )
    columns = ["segment_id", "filed", "label", "state", "rule"]
    rows = told[columns].head(number).merge(clips.drop(columns="label"), on="segment_id")
    rows = rows.assign(label=rows["label"].fillna(rows["filed"]), reason=rows["state"] + ": " + rows["rule"])
    return rows.drop(columns="suspicion", errors="ignore")


def apply_policy(clips: pd.DataFrame, ledger: QuarantineLedger, settings: FocusSettings, task: Task) -> pd.DataFrame:
    """Relabel what is beyond doubt without a person, where `policy.enabled`; the rows that were relabelled.

    What somebody tagged, or took back, is left alone.

    Parameters
    ----------
    clips : training segments with sha256, label (filed), source and out-of-fold p_<label>.
    """
    if not settings.policy.enabled:
        return clips.iloc[:0]
    known = ledger.known("relabel") | {key(entry) for entry in ledger.entries() if entry["action"] == "tag"}
    doubtless = clips[beyond_doubt(clips, settings.policy.least_confidence, settings.policy.most_of_filed, task)]
    new = [row for row in doubtless.itertuples() if (row.sha256, f"{row.start_s:.3f}") not in known]
    for row in new:
        label = max(task.labels, key=lambda x: getattr(row, f"p_{x}"))
        ledger.relabel(row, label, f"policy: {label} at {getattr(row, f'p_{label}'):.2f}")
    return doubtless.loc[[row.Index for row in new]]


def policy_precision(
    clips: pd.DataFrame, ledger: QuarantineLedger, settings: FocusSettings, task: Task
) -> tuple[int, int]:
    """Of the files that a person tagged and the policy would relabel: how many it relabels as the person did, and how
    many there are."""
    said = {key(entry): entry for entry in ledger.entries() if entry["action"] == "tag"}
    doubtless = clips[beyond_doubt(clips, settings.policy.least_confidence, settings.policy.most_of_filed, task)]
    right = total = 0
    for row in doubtless.itertuples():
        entry = said.get((row.sha256, f"{row.start_s:.3f}"))
        if entry:
            total += 1
            right += settings.outcome(entry["tag"], row.label, task) == max(
                task.labels, key=lambda x: getattr(row, f"p_{x}")
            )
    return right, total


def beyond_doubt(clips: pd.DataFrame, least_confidence: float, most_of_filed: float, task: Task) -> np.ndarray:
    """Which rows are predicted as another class than filed with at least the one and at most the other probability."""
    p = clips[[f"p_{label}" for label in task.labels]].to_numpy()
    filed = clips["label"].map(task.labels.index).to_numpy(int)
    of_filed = p[np.arange(len(p)), filed]
    return (p.argmax(axis=1) != filed) & (p.max(axis=1, initial=0) >= least_confidence) & (of_filed <= most_of_filed)
