"""Names of channels, also where a file describes them in a way that PyAV must not be given.

PyAV 18 frees the list of channels of a custom layout (7 and 8 channels in MOV and CAF) with every frame that shows it,
so that the process dies: the codec is told the number of channels instead, and their names are kept here.
"""

import av

UNNAMED = {1: ("FC",), 2: ("FL", "FR"), 6: ("FL", "FR", "FC", "LFE", "BL", "BR")}
"""Usual layout of this many channels in a file that does not name them."""


def settle_layout(codec: "av.AudioCodecContext") -> tuple[str, ...]:
    """Replace a custom layout of a codec that is not open yet; gives the names of its channels, as FFmpeg has them."""
    layout = codec.layout  # read once: a second reading would free the list again
    count = layout.nb_channels
    try:
        names = tuple(channel.name for channel in layout.channels)
        custom = layout.name.startswith(f"{count} channels")
    except (UnicodeDecodeError, RuntimeError):  # a name longer than PyAV has room for
        names, custom = (), True
    if custom and count:
        del layout
        codec.layout = f"{count} channels"
    return names


def channel_names(layout: "av.AudioLayout", declared: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Channel names; where the layout has none, those declared, the usual names for that number, or numbers."""
    for names in (tuple(channel.name for channel in layout.channels), declared):
        if len(names) == layout.nb_channels == len(set(names)) and "NONE" not in names:
            return names
    count = layout.nb_channels
    return UNNAMED.get(count, tuple(f"{i + 1}" for i in range(count)))
