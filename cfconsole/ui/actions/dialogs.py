"""Opens the forms of a deploy, a deploy from source and a split for the selected service."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey, ServiceKind
from cfconsole.domain.releases.planning.deploy_options import DeployOptions, template_of
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.source.packages import SourceRefusal
from cfconsole.ui.actions.change import begin_release, show_plan
from cfconsole.ui.actions.overlays import read_text
from cfconsole.ui.forms import deploy_keys
from cfconsole.ui.forms.deploy import DeployForm, deploy_form, request_of, source_form
from cfconsole.ui.forms.fields import FieldKind
from cfconsole.ui.forms.traffic import TrafficForm, pasted, pressed, shift_of, traffic_form
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.deploy_form import FormRows, form_foot, form_rows
from cfconsole.ui.present.releases.traffic_form import traffic_foot, traffic_rows
from cfconsole.ui.screens.form import AcceptedPlan, FormKind, FormScreen, FormT


def open_deploy_form(screen: MainScreen) -> None:
    facts = _facts(screen)
    if facts is None:
        return
    key = facts.service.key
    base = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else DeployOptions()
    make = source_form if facts.service.kind is ServiceKind.FUNCTION else deploy_form
    form = make(template_of(facts), facts.revisions, screen.clock.now(), base)
    _open(screen, FormScreen(screen, key, form, DEPLOY))


def open_traffic_form(screen: MainScreen) -> None:
    facts = _facts(screen)
    if facts is not None:
        form = traffic_form(facts.service, facts.revisions, screen.clock.now())
        _open(screen, FormScreen(screen, facts.service.key, form, TRAFFIC))


def _facts(screen: MainScreen) -> PlanFacts | None:
    key, state = screen.services.cursor, screen.session.state
    if key is None or not state.revisions.get(key):
        return None
    return PlanFacts(state.services[key], state.revisions[key], metrics=state.metrics.get(key))


def _open(screen: MainScreen, dialog: FormScreen[FormT]) -> None:
    def done(accepted: AcceptedPlan | None) -> None:
        if accepted:
            begin_release(screen, accepted.approval, accepted.request)
        else:
            screen.say("Nothing was changed.")

    screen.app.push_screen(dialog, done)


def _service_line(key: ServiceKey) -> Line:
    return line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong"))


def _deploy_rows(form: DeployForm, key: ServiceKey, width: int) -> FormRows:
    built = "built from source" if form.of(FieldKind.SOURCE).name else f"made from {form.template.short}"
    head = [_service_line(key), line(Span(f" a new revision, {built}", "dim")), BLANK]
    rows = form_rows(form, width)
    return FormRows([*head, *rows.lines], rows.cursor + len(head))


def _traffic_rows(form: TrafficForm, key: ServiceKey, width: int) -> FormRows:
    rows = [_service_line(key), BLANK, *traffic_rows(form, key.name, width)]
    return FormRows(rows, len(rows) - 1 if form.on_plan else form.at + 3)


DEPLOY: FormKind[DeployForm] = FormKind(
    action="deploy",
    heading="Deploy",
    columns=96,
    press=deploy_keys.press,
    paste=deploy_keys.paste,
    request=request_of,
    rows=_deploy_rows,
    foot=lambda form, key, width, progress: form_foot(form, key, width, activity=progress),
)
TRAFFIC: FormKind[TrafficForm] = FormKind(
    action="traffic",
    heading="Split the traffic",
    columns=80,
    press=pressed,
    paste=pasted,
    request=shift_of,
    rows=_traffic_rows,
    foot=lambda form, key, width, progress: traffic_foot(form, key, width),
)

STRATEGIES = tuple(strategy.value for strategy in Strategy)
USAGE = f"Usage: :source DIR [STRATEGY], one of {', '.join(STRATEGIES)}."


def deploy_from_source(screen: MainScreen, typed: str) -> None:
    """`DIR`, or `DIR STRATEGY`; all other options come from the configuration."""
    key = screen.services.cursor
    directory, strategy = parse_source(typed)
    if key is None or not directory:
        screen.say(USAGE)
        return
    base = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else DeployOptions()
    options = replace(base, strategy=strategy) if strategy else base
    screen.say(f"Checking {directory} and running its tests…")
    screen.run_worker(_pack(screen, key, directory, options), group="source", exclusive=True)


def parse_source(typed: str) -> tuple[str, Strategy | None]:
    """The directory, whose name may contain blanks, and the strategy if the last word is one."""
    directory, _, last = typed.strip().rpartition(" ")
    if directory and last in STRATEGIES:
        return directory.strip(), Strategy(last)
    return typed.strip(), None


async def _pack(screen: MainScreen, key: ServiceKey, directory: str, options: DeployOptions) -> None:
    packed = await screen.session.changes.pack(key, directory)
    if isinstance(packed, SourceRefusal):
        _show_refusal(screen, packed)
        return
    screen.say("; ".join(packed.passed_checks))
    show_plan(screen, key, SourceRequest(options, packed))


def _show_refusal(screen: MainScreen, refusal: SourceRefusal) -> None:
    screen.say(f"Nothing was uploaded: {refusal.sentence}.")
    if refusal.lines:
        read_text(screen, "Nothing was uploaded", "\n".join((f"{refusal.sentence}.", "", *refusal.lines)))
