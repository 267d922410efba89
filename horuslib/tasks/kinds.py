"""What a label is, acoustically: its kind decides how code treats it, its name never does.

Code asks a task for the label of a kind (`task.label_of("silence")`) or for the kind of a label (`task.kind(label)`).
What belongs to a kind is registered where it happens: how a fault of it is made (`augmentation.recipes`), which
labels the sound contradicts (`datasets.label_checks`), which attributes its events have
(`evaluation.events.attributes`), by which numbers its strength is known (`evaluation.recall_by_strength`).
"""

from typing import Literal

Kind = Literal[
    "background", "silence", "low_volume", "reflections", "hiss", "test_tone",
    "siren", "alert", "impact", "traffic", "scream", "surroundings", "other",
]  # fmt: skip
"""`background`: what is there when nothing is wrong; a task without it gives every segment its strongest label.
`silence`: no programme. `low_volume`: programme under the channel's target. `reflections`: an echo or a room.
`hiss`: steady broadband noise over the programme. `test_tone`: a line-up tone.
Of street sound, of which a clip is one thing: `siren`: of an emergency vehicle. `alert`: any other signal; a
civil-defence wail, DTMF and a line-up tone are alerts. `impact`: a collision, breakage. `traffic`: vehicles without a
signal. `scream`: a person screams or cries out. `surroundings`: all the rest, such as animals, weather, people, music.
`other`: known by its examples alone."""

STREET: tuple[Kind, ...] = ("siren", "alert", "impact", "traffic", "scream", "surroundings")
"""The kinds of street sound, of which `synthesis.street` generates examples."""
BEDS: tuple[Kind, ...] = ("traffic", "surroundings")
"""Those that may lie under another without changing what it is."""

BACKGROUND = "normal"
"""The background's name where no task is at hand, as in a folder of diagnoses."""

HORUS: dict[str, Kind] = {
    "ausencia_audio": "silence",
    "volume_baixo": "low_volume",
    "eco_reverb": "reflections",
    "ruido_hiss": "hiss",
    "sinal_teste": "test_tone",
    BACKGROUND: "background",
}
"""The kinds of labels whose task file does not say them: Horus's own."""
