"""The gRPC services `Services` and `Revisions` of Cloud Run v2. The rules of writes are in `world/services.py`."""

from __future__ import annotations

from typing import Any

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.longrunning import operations_pb2

from cfconsole.emulator.api.rpc import handlers, unary
from cfconsole.emulator.errors import forbidden_project, invalid_argument
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.world import revisions, services
from cfconsole.emulator.world.audit import REVISIONS_API, SERVICES_API
from cfconsole.emulator.world.names import WILDCARD, parse_location, parse_revision, parse_service
from cfconsole.emulator.world.pages import page_of
from cfconsole.emulator.world.world import World


class RunServicer:
    """Both services; the audit log names `principal` as the caller of all writes."""

    def __init__(self, world: World, faults: Faults, principal: str) -> None:
        self._world = world
        self._faults = faults
        self._principal = principal
        self._policies: dict[str, Any] = {}

    def generic_handlers(self) -> list[Any]:
        return [handlers(SERVICES_API, self._service_methods()), handlers(REVISIONS_API, self._revision_methods())]

    def _service_methods(self) -> dict[str, Any]:
        operation = operations_pb2.Operation
        policy = policy_pb2.Policy
        return {
            "ListServices": unary(self._list, run_v2.ListServicesRequest, run_v2.ListServicesResponse),
            "GetService": unary(self._get, run_v2.GetServiceRequest, run_v2.Service),
            "CreateService": unary(self._create, run_v2.CreateServiceRequest, operation),
            "UpdateService": unary(self._update, run_v2.UpdateServiceRequest, operation),
            "DeleteService": unary(self._delete, run_v2.DeleteServiceRequest, operation),
            "GetIamPolicy": unary(self._get_policy, iam_policy_pb2.GetIamPolicyRequest, policy),
            "SetIamPolicy": unary(self._set_policy, iam_policy_pb2.SetIamPolicyRequest, policy),
            "TestIamPermissions": unary(
                self._test_permissions,
                iam_policy_pb2.TestIamPermissionsRequest,
                iam_policy_pb2.TestIamPermissionsResponse,
            ),
        }

    def _revision_methods(self) -> dict[str, Any]:
        return {
            "ListRevisions": unary(self._list_revisions, run_v2.ListRevisionsRequest, run_v2.ListRevisionsResponse),
            "GetRevision": unary(self._get_revision, run_v2.GetRevisionRequest, run_v2.Revision),
            "DeleteRevision": unary(self._delete_revision, run_v2.DeleteRevisionRequest, operations_pb2.Operation),
        }

    def _list(self, request: run_v2.ListServicesRequest) -> Any:
        location = parse_location(request.parent)
        if location.region == WILDCARD:
            raise invalid_argument("Location must be a valid Google Cloud region, and cannot be the '-' wildcard.")
        if location.project not in self._world.projects():
            raise forbidden_project(location.project)
        records, token = page_of(self._world.services_in(location), request.page_size, request.page_token)
        response = run_v2.ListServicesResponse.pb()(next_page_token=token)
        response.services.extend(run_v2.Service.pb(record.service) for record in records)
        return response

    def _get(self, request: run_v2.GetServiceRequest) -> run_v2.Service:
        return self._world.record(parse_service(request.name)).service

    def _create(self, request: run_v2.CreateServiceRequest) -> Any:
        location = parse_location(request.parent)
        return services.create_service(
            self._world, location, request.service_id, request.service, self._principal, request.validate_only
        )

    def _update(self, request: run_v2.UpdateServiceRequest) -> Any:
        name = parse_service(request.service.name)
        return services.update_service(self._world, request, name, self._principal)

    def _delete(self, request: run_v2.DeleteServiceRequest) -> Any:
        return services.delete_service(self._world, request, parse_service(request.name), self._principal)

    def _list_revisions(self, request: run_v2.ListRevisionsRequest) -> Any:
        found = revisions.list_revisions(self._world, parse_service(request.parent))
        page, token = page_of(found, request.page_size, request.page_token)
        response = run_v2.ListRevisionsResponse.pb()(next_page_token=token)
        response.revisions.extend(run_v2.Revision.pb(revision) for revision in page)
        return response

    def _get_revision(self, request: run_v2.GetRevisionRequest) -> run_v2.Revision:
        return revisions.get_revision(self._world, parse_revision(request.name))

    def _delete_revision(self, request: run_v2.DeleteRevisionRequest) -> Any:
        name = parse_revision(request.name)
        return revisions.delete_revision(self._world, request, name, self._principal)

    def _get_policy(self, request: Any) -> Any:
        self._world.record(parse_service(request.resource))
        return self._policies.get(request.resource) or _public_policy()

    def _set_policy(self, request: Any) -> Any:
        self._world.record(parse_service(request.resource))
        self._policies[request.resource] = request.policy
        return request.policy

    def _test_permissions(self, request: Any) -> Any:
        """Grants every permission except those a fault denies."""
        denied = self._faults.denied_permissions()
        granted = [permission for permission in request.permissions if permission not in denied]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=granted)


def _public_policy() -> Any:
    binding = policy_pb2.Binding(role="roles/run.invoker", members=["allUsers"])
    return policy_pb2.Policy(version=1, bindings=[binding])
