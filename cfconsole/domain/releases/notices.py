"""Notices for people away from the console when a release needs them."""

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import ReleaseState


class Notice(Struct, frozen=True):
    """One message about one release."""

    text: str
    """A sentence or two, safe to display, without service and state."""
    release: str
    """The release's id."""
    service: ServiceKey
    state: ReleaseState


def notice_text(notice: Notice) -> str:
    """The message as one text. Service and state come first, because phones show little more than a line."""
    state = notice.state.value.replace("_", " ")
    return f"{notice.service}: {state}. {notice.text} (release {notice.release})"
