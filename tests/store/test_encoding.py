"""Records that other versions can read."""

from __future__ import annotations

from datetime import UTC

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfconsole.domain.fleet.reads import CachedState
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import Share, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Difference, Plan, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.steps import (
    Answer,
    EnvChange,
    GuardPolicy,
    Phase,
    Policy,
    ProbePolicy,
    Progress,
    Scaling,
    Step,
    StepKind,
    Strategy,
    TemplateChange,
    Write,
)
from cfconsole.domain.source.function_builds import SourceBuild, UploadedSource
from cfconsole.store.encoding import UnreadableRecordError, decode, encode
from tests.builders import NOW, release, service

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
counts = st.integers(0, 2**53)
moments = st.datetimes(timezones=st.just(UTC))
targets = st.lists(st.builds(Target, texts, counts, texts), max_size=3).map(tuple)
shares = st.lists(st.builds(Share, texts, counts, texts, texts, st.booleans()), max_size=3).map(tuple)
differences = st.lists(st.builds(Difference, texts, texts, texts), max_size=3).map(tuple)
spans = st.floats(0, 1e6)
masks = st.lists(texts, max_size=2).map(tuple)
scalings = st.builds(Scaling, counts, st.none() | counts)
steps = st.builds(Step, st.sampled_from(StepKind), texts, targets, masks, st.booleans(), spans, st.booleans())
pairs = st.lists(st.tuples(texts, texts), max_size=2).map(tuple)
variables = st.lists(st.builds(EnvChange, texts, texts, st.booleans()), max_size=2).map(tuple)
guards = st.builds(GuardPolicy, spans, counts, spans, spans)
probes = st.builds(ProbePolicy, masks, spans, counts, counts, spans, spans, spans)
writes = st.builds(Write, targets, counts, moments, st.booleans(), st.sampled_from(Answer), texts, texts)
progresses = st.builds(
    Progress,
    generation=counts,
    targets=targets,
    step=counts,
    phase=st.sampled_from(Phase),
    candidate=texts,
    write=st.none() | writes,
    tries=counts,
    seen_at=st.none() | moments,
    effective_at=st.none() | moments,
    ready_at=st.none() | moments,
    baked_s=spans,
    waited_s=spans,
    unread_s=spans,
    probes=counts,
    passed=counts,
    probe_at=st.none() | moments,
    cause=texts,
    aborted=st.booleans(),
    stages=texts,
)
uploads = st.builds(UploadedSource, texts, texts, counts)
builds = st.builds(SourceBuild, texts, texts, st.none() | uploads, texts, texts, st.booleans())
plans = st.builds(
    Plan,
    kind=st.sampled_from(ReleaseKind),
    service=st.builds(ServiceKey, texts, texts, texts),
    generation=counts,
    etag=texts,
    desired_before=targets,
    before=shares,
    after=targets,
    undo=targets,
    bad=texts,
    target=texts,
    why=texts,
    differences=differences,
    warnings=st.lists(texts, max_size=3).map(tuple),
    must_name=texts,
    mask=masks,
    steps=st.lists(steps, max_size=2).map(tuple),
    strategy=st.sampled_from(Strategy),
    change=st.none() | st.builds(TemplateChange, texts, texts, variables, pairs, texts),
    newest=texts,
    tag=texts,
    policy=st.builds(Policy, guards, probes, delete_failed=st.booleans()),
    scaling=st.none() | scalings,
    scaling_before=st.none() | scalings,
    build=st.none() | builds,
)
events = st.lists(
    st.builds(ReleaseEvent, moments, st.sampled_from(ReleaseState), texts, texts, st.none() | progresses), max_size=3
)
releases = st.builds(
    Release,
    id=texts,
    plan=plans,
    actor=texts,
    started_at=moments,
    state=st.sampled_from(ReleaseState),
    ended_at=st.none() | moments,
    outcome=texts,
    events=events.map(tuple),
    generation_after=counts,
    candidate=texts,
)


@settings(max_examples=60, deadline=None)
@given(releases)
def test_any_release_comes_back_as_it_went_in(built: Release) -> None:
    found = decode(encode(built), Release)
    assert found == built
    assert isinstance(found.plan.kind, ReleaseKind)
    assert all(isinstance(event, ReleaseEvent) for event in found.events)


def test_optional_values_and_pairs_come_back_too() -> None:
    kept = CachedState(NOW, (service(labels=(("team", "shop"), ("tier", "1")), max_instances=None),), ("us-central1",))
    assert decode(encode(kept), CachedState) == kept


class Sooner(msgspec.Struct, frozen=True):
    name: str
    state: ReleaseState
    gone: int


class Inner(msgspec.Struct, frozen=True):
    percent: int = 100


class Later(msgspec.Struct, frozen=True):
    added_in_front: tuple[Inner, ...] = (Inner(7),)
    state: ReleaseState = ReleaseState.PLANNED
    name: str = ""
    kind: ReleaseKind = ReleaseKind.UNDO
    inner: Inner = Inner()
    maybe: Inner | None = None


def test_a_later_version_reads_an_older_record() -> None:
    written = encode(Sooner("orders", ReleaseState.RUNNING, 3))
    assert decode(written, Later) == Later(state=ReleaseState.RUNNING, name="orders")
    assert decode(b"{}", Later) == Later()


def test_an_older_version_reads_a_later_record() -> None:
    fields = msgspec.json.decode(encode(release()))
    fields["added"] = {"deeply": [1]}
    fields["plan"]["added"] = 1
    assert decode(msgspec.json.encode(fields), Release) == release()


@pytest.mark.parametrize(
    "record",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"name": "a", "state": "running"}', b'{"name": 1, "state": "x", "gone": 1}'],
)
def test_a_record_that_does_not_fit_is_refused(record: bytes) -> None:
    with pytest.raises(UnreadableRecordError):
        decode(record, Sooner)
