"""Opens the dialogs that ask what to plan, with what is known of the service under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.fleet.services import ServiceKind
from cfconsole.domain.releases.planning.deploy_options import DeployOptions, template_of
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.ui.actions.change import begin_release
from cfconsole.ui.forms.deploy import deploy_form, source_form
from cfconsole.ui.forms.traffic import traffic_form
from cfconsole.ui.screens.deploy import DeployScreen
from cfconsole.ui.screens.form import AcceptedPlan, FormScreen
from cfconsole.ui.screens.traffic import TrafficScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


def open_deploy_form(desk: MainScreen) -> None:
    facts = _facts(desk)
    if facts is None:
        return
    key = facts.service.key
    base = desk.settings.deploy_options(key.name) if desk.settings.deploy_options else DeployOptions()
    make = source_form if facts.service.kind is ServiceKind.FUNCTION else deploy_form
    form = make(template_of(facts), facts.revisions, desk.clock.now(), base)
    _open(desk, DeployScreen(desk, key, form))


def open_traffic_form(desk: MainScreen) -> None:
    facts = _facts(desk)
    if facts is not None:
        form = traffic_form(facts.service, facts.revisions, desk.clock.now())
        _open(desk, TrafficScreen(desk, facts.service.key, form))


def _facts(desk: MainScreen) -> PlanFacts | None:
    key, state = desk.services.cursor, desk.session.state
    if key is None or not state.revisions.get(key):
        return None
    return PlanFacts(state.services[key], state.revisions[key], metrics=state.metrics.get(key))


def _open(desk: MainScreen, screen: FormScreen) -> None:
    def done(accepted: AcceptedPlan | None) -> None:
        if accepted:
            begin_release(desk, accepted.approval, accepted.request)
        else:
            desk.say("Nothing was changed.")

    desk.app.push_screen(screen, done)
