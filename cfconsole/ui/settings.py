"""What the screen is told once, at its start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.health.alerts import Thresholds

if TYPE_CHECKING:
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions
    from cfconsole.ui.place import Place, PlaceChoice


class ScreenSettings(Struct, frozen=True):
    """How this console presents itself; everything about the cloud is the session's."""

    context: str = "cfconsole"
    """The context's name, or the project's where there is none."""
    scope: str = "all regions"
    badge: str = ""
    """The word at the right of the header: EMULATOR, or the context in capitals."""
    colour: str = ""
    """The context's colour (one of the six of the configuration); it frames the screen."""
    open_on: str = ""
    """The service to put the cursor on: NAME, REGION/NAME or PROJECT/REGION/NAME."""
    thresholds: Thresholds = Thresholds()
    keys: Mapping[str, str] = {}
    """Action id → key, over those of the table."""
    frame_s: float = 0.25
    """The least time between two paints of the log while entries stream in."""
    flood_frame_s: float = 0.35
    """The same while more arrives than the pane can show: nobody reads that, and each paint sends the whole pane."""
    order_still_s: float = 5.0
    """How long the services keep their order after a key."""
    dialog_ignores_keys_s: float = 0.5
    """How long a dialog drops keys after it opened or changed: they were meant for what was there before."""
    clipboard_bytes: int = 64 * 1024
    """More than this is written to a file: terminals drop longer clipboard sequences in silence."""
    save_text: Callable[[str, str], str] | None = None
    """Writes text under a file name that begins as asked, and returns the path. Raises `OSError`."""
    save_lines: Callable[[str, Iterable[str], bool], str] | None = None
    """Writes lines to the file of that name, also over another if told so, and returns the path.

    Raises `FileExistsError` and `OSError`; may be called on a thread.
    """
    local_offset: Callable[[datetime], timedelta | None] = lambda moment: None
    """How far the operator's clock on the wall is east of UTC at a moment."""
    place_choices: Callable[[], tuple[PlaceChoice, ...]] = tuple
    """The contexts and projects that are known to this machine."""
    read_only: bool = False
    """Whether the session refuses every change, so that no action offers one."""
    open_place: Callable[[Place], None] | None = None
    """Ends this screen for one on another place; `None` where there is no other."""
    no_project: bool = False
    """Whether no project is known, so that one has to be chosen before anything else."""
    deploy_options: Callable[[str], DeployOptions] | None = None
    """How new revisions of the service of that name are brought in, unless an operator says otherwise."""
