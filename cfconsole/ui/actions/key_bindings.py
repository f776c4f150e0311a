"""The table of all actions, from which keys, footer, help, palette and command line are made."""

from __future__ import annotations

from importlib import import_module

from msgspec import Struct

from cfconsole.ui.action import RELEASE, Action
from cfconsole.ui.actions import availability, logs, view
from cfconsole.ui.actions.log_bindings import LOG_ACTIONS
from cfconsole.ui.main_screen import MainScreen


class Late(Struct, frozen=True):
    """A function of an action module that is loaded after the first frame, because it opens a screen."""

    module: str
    function: str

    def __call__(self, screen: MainScreen, *typed: str) -> None:
        getattr(import_module(f"cfconsole.ui.actions.{self.module}"), self.function)(screen, *typed)


GLOBAL, MOVE, LOOK, ACT = "Everywhere", "Move", "Look", "Act"

ACTIONS: tuple[Action[MainScreen], ...] = (
    Action(
        "roll-back",
        ("R",),
        "roll back",
        ACT,
        "Move all traffic from the bad revision to the last good one",
        Late("change", "roll_back"),
        availability.why_no_plan,
        footer=True,
    ),
    Action(
        "deploy",
        ("D",),
        "deploy",
        ACT,
        "Deploy an image, limits, variables, or a function from source: all at once, blue-green or canary",
        Late("dialogs", "open_deploy_form"),
        availability.why_no_plan,
        footer=True,
    ),
    Action(
        "traffic",
        ("T",),
        "traffic",
        ACT,
        "Split traffic by hand, and tag revisions (each tag has its own URL)",
        Late("dialogs", "open_traffic_form"),
        availability.why_no_plan,
        footer=True,
    ),
    Action(
        "to-latest",
        ("L",),
        "to latest",
        ACT,
        "Send all traffic to the latest ready revision (unpins the service)",
        Late("change", "to_latest"),
        availability.why_no_plan,
        footer=True,
    ),
    Action(
        "undo",
        ("Z",),
        "undo",
        ACT,
        "Undo the last traffic change of this service",
        Late("change", "undo"),
        availability.why_no_change,
        footer=True,
    ),
    Action(
        "abort",
        ("A",),
        "abort",
        ACT,
        "Abort the release under way and restore the previous traffic",
        Late("steer", "abort"),
        availability.why_no_release,
        footer_of=RELEASE,
    ),
    Action(
        "promote",
        ("P",),
        "promote",
        ACT,
        "Send all traffic to the new revision now, or to the named one",
        Late("steer", "promote"),
        takes=Late("steer", "promote_revision"),
    ),
    Action(
        "go-on",
        ("C",),
        "continue",
        ACT,
        "Continue to the next step without waiting for a verdict",
        Late("steer", "continue_release"),
        availability.why_no_release,
    ),
    Action(
        "scale",
        (),
        "scale",
        ACT,
        "Set minimum and maximum instances: scale MIN MAX; no new revision",
        logs.begin_command("scale"),
        availability.why_no_plan,
        takes=Late("change", "scale"),
    ),
    Action(
        "source",
        (),
        "from source",
        ACT,
        "Build the function from a directory: source DIR [STRATEGY]; checked and tested locally first",
        logs.begin_command("source"),
        availability.why_no_build,
        takes=Late("dialogs", "deploy_from_source"),
    ),
    Action(
        "restart",
        (),
        "restart",
        ACT,
        "Create a new revision identical to the serving one",
        Late("change", "restart"),
        availability.why_no_plan,
    ),
    Action(
        "delete-revision",
        ("X",),
        "delete revision",
        ACT,
        "Delete the failed revision of a release, or the named one",
        Late("delete_revision", "delete_failed"),
        availability.why_no_deletion,
        takes=Late("delete_revision", "delete_revision"),
    ),
    Action(
        "open",
        ("enter",),
        "open",
        LOOK,
        "Open what is under the cursor",
        Late("overlays", "open_chosen"),
        footer_of="logs",
    ),
    Action("logs", ("l",), "logs", LOOK, "Go to the log of the service", view.focus("logs"), footer=True),
    Action("revisions", ("v",), "revisions", LOOK, "Go to the revisions of the service", view.focus("detail")),
    Action(
        "releases",
        ("r",),
        "releases",
        LOOK,
        "Releases under way and recent ones, step by step",
        Late("steer", "open_releases"),
        footer_of=RELEASE,
    ),
    Action(
        "groups",
        ("x",),
        "error groups",
        LOOK,
        "Errors of the log grouped by kind, new ones first",
        Late("overlays", "groups"),
    ),
    Action("alerts", ("a",), "alerts", LOOK, "Go to the open alerts", view.focus("alerts"), footer=True),
    Action(
        "describe",
        ("d",),
        "describe",
        LOOK,
        "Details of the service as text",
        Late("overlays", "describe"),
        availability.why_no_service,
    ),
    Action(
        "yaml",
        ("y",),
        "YAML",
        LOOK,
        "The service as YAML from the API, secrets masked",
        Late("overlays", "yaml"),
        availability.why_no_service,
    ),
    Action("faults", ("!",), "faults only", LOOK, "Show only unhealthy services", view.faults),
    Action(
        "mark",
        ("space",),
        "mark",
        LOOK,
        "Mark the service: logs of all marked services are tailed together",
        view.mark,
        availability.why_no_service,
    ),
    Action("copy", ("c",), "copy", LOOK, "Copy the contents of the pane to the clipboard", view.copy),
    Action(
        "link",
        ("o",),
        "console link",
        LOOK,
        "Show and copy the link to the service in Google's console",
        view.link,
        availability.why_no_service,
    ),
    Action(
        "search",
        ("/",),
        "filter",
        GLOBAL,
        "Show only what matches a pattern; !x hides what matches",
        logs.ask_pattern,
        footer=True,
    ),
    Action("next-match", ("n",), "next match", GLOBAL, "Go to the next match in the log", logs.next_match(1)),
    Action(
        "previous-match", ("N",), "previous match", GLOBAL, "Go to the previous match in the log", logs.next_match(-1)
    ),
    Action("command", (":",), "command", GLOBAL, "Type the name of an action", view.ask_command, footer=True),
    Action("palette", ("ctrl-p",), "palette", GLOBAL, "Search all actions", Late("overlays", "palette")),
    Action("help", ("?",), "help", GLOBAL, "All keys and what they do", Late("overlays", "help"), footer=True),
    Action(
        "places",
        ("p",),
        "projects",
        GLOBAL,
        "Switch to another context, project or region",
        Late("overlays", "choose_place"),
        availability.why_no_other_place,
    ),
    Action("refresh", ("ctrl-r",), "refresh", GLOBAL, "Read everything again now", view.refresh),
    Action("next-pane", ("tab",), "next pane", GLOBAL, "Go to the next pane", view.turn(1)),
    Action("previous-pane", ("shift-tab",), "previous pane", GLOBAL, "Go to the previous pane", view.turn(-1)),
    Action("zoom", ("+",), "zoom", GLOBAL, "Give the whole screen to this pane", view.zoom(True)),
    Action("unzoom", ("_",), "all panes", GLOBAL, "Show all panes again", view.zoom(False)),
    Action("back", ("esc",), "back", GLOBAL, "Close, clear the filter, show all panes", view.back),
    Action(
        "quit",
        ("q",),
        "quit",
        GLOBAL,
        "Back, or leave the console; a release under way still completes",
        view.leave,
        footer=True,
    ),
    Action("down", ("j", "down"), "down", MOVE, "One row down", view.by(1)),
    Action("up", ("k", "up"), "up", MOVE, "One row up", view.by(-1)),
    Action("half-down", ("ctrl-d", "pagedown"), "half a pane down", MOVE, "Half a pane down", view.by_page(1)),
    Action("half-up", ("ctrl-u", "pageup"), "half a pane up", MOVE, "Half a pane up", view.by_page(-1)),
    Action("first", ("g", "home"), "first", MOVE, "To the first row", view.by(-view.FAR)),
    Action(
        "last",
        ("G", "end"),
        "last",
        MOVE,
        "To the last row; the log follows new lines again",
        view.by(view.FAR),
    ),
    *LOG_ACTIONS,
)
