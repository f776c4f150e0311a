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


def open_deploy_form(screen: MainScreen) -> None:
    facts = _facts(screen)
    if facts is None:
        return
    key = facts.service.key
    base = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else DeployOptions()
    make = source_form if facts.service.kind is ServiceKind.FUNCTION else deploy_form
    form = make(template_of(facts), facts.revisions, screen.clock.now(), base)
    _open(screen, DeployScreen(screen, key, form))


def open_traffic_form(screen: MainScreen) -> None:
    facts = _facts(screen)
    if facts is not None:
        form = traffic_form(facts.service, facts.revisions, screen.clock.now())
        _open(screen, TrafficScreen(screen, facts.service.key, form))


def _facts(screen: MainScreen) -> PlanFacts | None:
    key, state = screen.services.cursor, screen.session.state
    if key is None or not state.revisions.get(key):
        return None
    return PlanFacts(state.services[key], state.revisions[key], metrics=state.metrics.get(key))


def _open(screen: MainScreen, dialog: FormScreen) -> None:
    def done(accepted: AcceptedPlan | None) -> None:
        if accepted:
            begin_release(screen, accepted.approval, accepted.request)
        else:
            screen.say("Nothing was changed.")

    screen.app.push_screen(dialog, done)
