"""Settings of the screen, fixed at its start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.health.alerts import Thresholds
from cfconsole.ui.place import Place, PlaceChoice

if TYPE_CHECKING:
    # The first frame does not wait for the modules of releases.
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions


class ScreenSettings(Struct, frozen=True):
    """How this console looks and what it may do; everything about the cloud belongs to the session."""

    context: str = "cfconsole"
    """The context's name, or the project's where there is none."""
    scope: str = "all regions"
    badge: str = ""
    """The word at the right of the header: EMULATOR, or the context in capitals."""
    colour: str = ""
    """The context's colour, one of the six of the configuration, for the frame of the screen."""
    open_on: str = ""
    """The service to put the cursor on: NAME, REGION/NAME or PROJECT/REGION/NAME."""
    thresholds: Thresholds = Thresholds()
    keys: Mapping[str, str] = {}
    """Action id → key, in place of the keys in the table."""
    frame_s: float = 0.25
    """The shortest time between two paints of the log while entries stream in."""
    flood_frame_s: float = 0.35
    """The same while more arrives than the pane holds: it can't be read, and each paint sends the whole pane."""
    order_still_s: float = 5.0
    """How long the services keep their order after a key."""
    dialog_ignores_keys_s: float = 0.5
    """How long a dialog drops keys after it opens or changes: they were meant for what was there before."""
    clipboard_bytes: int = 64 * 1024
    """More than this is written to a file: terminals drop longer clipboard sequences in silence."""
    save_text: Callable[[str, str], str] | None = None
    """Writes a text to a file whose name begins with the first argument, and returns the path. Raises `OSError`."""
    save_lines: Callable[[str, Iterable[str], bool], str] | None = None
    """Writes lines to the named file and returns the path; the last argument allows overwriting.

    Raises `FileExistsError` and `OSError`; may be called in a thread.
    """
    local_offset: Callable[[datetime], timedelta | None] = lambda moment: None
    """The operator's offset from UTC at a moment."""
    place_choices: Callable[[], tuple[PlaceChoice, ...]] = tuple
    """The contexts and projects known on this machine."""
    read_only: bool = False
    """Whether the session refuses every change; actions that change something are disabled then."""
    open_place: Callable[[Place], None] | None = None
    """Ends this screen and opens one for another place; `None` where there is no other."""
    no_project: bool = False
    """Whether no project is known: one has to be chosen before anything else."""
    deploy_options: Callable[[str], DeployOptions] | None = None
    """The default deploy options of the service of that name."""
