"""What was made of each example, as numbers: by these, results can be told apart by how strong a fault was."""

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
"""Column -> (drawn parameter, transforms that draw it). In seconds, dB against the programme, LUFS, dBFS."""
SHARE = "fault_share"
"""How much of the example its fault fills."""
COLUMNS = (*PARAMETERS, SHARE)


def augmentation_parameters(transforms: str) -> dict[str, float]:
    """The facts of one variation.

    Parameters
    ----------
    transforms : the plan's JSON; an empty text for an original, of which nothing is known.

    Returns
    -------
    Only what applies, of `COLUMNS`.
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
