"""The insides of moto and botocore that the lab leans on: each as it was when read, and in one place."""

import ast
import importlib
import inspect

import pytest

from perm_lab.cloud.internals import LEANED_ON
from tests.repo import PACKAGE, dotted, files, imports, modules, tree

INTERNALS = PACKAGE / "cloud" / "internals"
PUBLIC = {
    "botocore.UNSIGNED",
    "botocore.exceptions.ClientError",
    "botocore.response.StreamingBody",
    "botocore.xform_name",
}
PARAMETERS = {
    "botocore.client.BaseClient._make_api_call": "self, operation_name, api_params",
    "botocore.httpsession.URLLib3Session.send": "self, request",
    "botocore.session.Session.register_component": "self, name, component",
    "moto.core.models.botocore_stubber.process_request": "request",
    "moto.core.base_backend.AccountSpecificBackend.get_session": "",
    "moto.core.common_models.BaseModel.__new__": "cls, args, kwargs",
    "moto.iam.policy_validation.IAMTrustPolicyDocumentValidator._validate_trust_policy_action": "action",
    "moto.backends.get_backend": "name",
    "moto.iam.models.AWSManagedPolicy.from_data": "name, account_id, region_name, data",
    "moto.awslambda.utils.get_backend": "account_id, region",
    "moto.events.models.Rule.send_to_targets": "self, original_event, transform_input",
    "moto.events.utils.EventTemplateParser.parse": "input_template, input_paths_map, event",
    "moto.logs.models.LogEvent": "ingestion_time, log_event",
    "moto.logs.models.LogStream._send_log_events": "self, service, destination_arn, filter_name, log_events",
    "moto.s3.notifications._invoke_awslambda": "account_id, event_body, fn_arn, region_name",
    "moto.sns.models.Subscription.publish": (
        "self, message, message_id, subject, message_attributes, group_id, deduplication_id, message_structure"
    ),
    "moto.sns.models.Subscription._parse_message_structure": "self, message, protocol",
}


def found(name):
    """The object with this dotted name, inside whatever module it is. Raises AttributeError where there is none."""
    parts = name.split(".")
    for n in range(len(parts) - 1, 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            thing = getattr(thing, part)
        return thing
    raise AttributeError(name)


ON_INSTANCES = {"botocore.signers.RequestSigner._credentials"}


@pytest.mark.parametrize("name", sorted(LEANED_ON.keys() - ON_INSTANCES))
def test_an_inside_that_the_lab_leans_on_is_where_it_was(name):
    thing = found(name)
    if name in PARAMETERS:
        assert PARAMETERS[name] == ", ".join(inspect.signature(thing).parameters)


def test_a_client_signs_with_the_credentials_that_the_gate_reads(shop):
    session = shop.user("maya")
    signer = session.client("s3")._request_signer
    assert session.get_credentials().access_key == signer._credentials.access_key


@pytest.mark.parametrize("path", [p for p in modules() if INTERNALS not in p.parents], ids=dotted)
def test_nothing_else_knows_the_insides_of_moto_and_botocore(path):
    foreign = {name for name in imports(path) if name.split(".")[0] in ("moto", "botocore")}
    assert set() == foreign - PUBLIC
    private = [
        ast.unparse(node)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and ast.unparse(node.value) == "boto3"
    ]
    assert [] == private


def test_every_row_is_leaned_on():
    """Each inside is named in the modules of `internals`, and each says why in a few words."""
    source = "\n".join(path.read_text("utf-8") for path in files(INTERNALS, ".py") if path.name != "__init__.py")
    assert [] == [name for name in LEANED_ON if name.rpartition(".")[2] not in source]
    assert [] == [name for name, reason in LEANED_ON.items() if len(reason.split()) < 2]
