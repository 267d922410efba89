"""Augmentation parameters of each example as numbers, so that results can be reported by strength of the fault."""

import json

PARAMETERS = {
    "rt60_s": ("rt60_s", ("AddRoom", "AddLittleRoom")),
    "c50_db": ("c50_db", ("AddRoom", "AddLittleRoom", "AddOwnRoom")),
    "echo_delay_s": ("delay_s", ("AddEcho", "AddFaintEcho")),
    "echo_gain_db": ("gain_db", ("AddEcho", "AddFaintEcho")),
    "snr_db": ("snr_db", ("AddHiss", "AddFaintNoise")),
    "quiet_lufs": ("lufs", ("LowerVolume",)),
    "tone_dbfs": ("dbfs", ("TestTone",)),
    "silence_dbfs": ("dbfs", ("Silence",)),
    "bed_db": ("bed_db", ("AddBed",)),
}
"""Column -> (drawn parameter, transforms that draw it). In seconds, dB re the programme, LUFS, dBFS."""
SHARE = "fault_share"
"""Share of the example that its fault covers."""
COLUMNS = (*PARAMETERS, SHARE)


def augmentation_parameters(transforms: str) -> dict[str, float]:
    """The augmentation parameters of one variation.

    Parameters
    ----------
    transforms : the plan's JSON; an empty text for an original, whose parameters are unknown.

    Returns
    -------
    Those of `COLUMNS` that apply.
    """
    known = {}
    for step in json.loads(transforms) if transforms else []:
        drawn = step["parameters"]
        for column, (parameter, names) in PARAMETERS.items():
            if step["name"] in names and parameter in drawn:
                known[column] = float(drawn[parameter])
        if "start_share" in drawn and not step["name"].startswith(("AddFaint", "AddLittle")):
            known[SHARE] = drawn["end_share"] - drawn["start_share"]
    return known
