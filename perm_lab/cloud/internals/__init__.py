"""The insides of moto and botocore that the lab leans on: nothing else in the package knows them.

Neither library promises that these stay. Each row of `LEANED_ON` says what is leaned on and why; `tests/cloud/
test_internals.py` fails when one of them moves, and `pyproject.toml` pins moto to the release that was read.
"""

__all__ = ["LEANED_ON"]

LEANED_ON = {
    # how a call is seen, judged and answered
    "botocore.client.BaseClient._make_api_call": "one call at a time works on the accounts",
    "botocore.handlers.BUILTIN_HANDLERS": "every client of every session made from now on carries the gate's handlers",
    "botocore.httpsession.URLLib3Session.send": "the one way out of the process",
    "botocore.signers.RequestSigner._credentials": "who signs a call, known before it is signed",
    "botocore.session.Session.register_component": "what botocore knows of the services is read once for all sessions",
    "boto3.DEFAULT_SESSION": "the session of plain `boto3.client(…)`",
    # moto's simulation, switched on and off
    "moto.core.models.MockAWS._nested_count": "moto can be switched off after half a start",
    "moto.core.models.MockAWS._mocks_active": "as above",
    "moto.core.models.MockAWS._mock_init_lock": "as above",
    "moto.core.models.botocore_stubber.process_request": "moto answers only requests that the gate has stamped",
    "moto.core.base_backend.AccountSpecificBackend.get_session": "moto asks a session for the Regions of each service",
    "moto.core.common_models.BaseModel.__new__": "moto keeps every object it ever made, for its dashboard",
    "moto.s3.models.FakeKey.__del__": "an object's file is closed when the object goes",
    "moto.iam.policy_validation.IAMTrustPolicyDocumentValidator._validate_trust_policy_action": (
        "moto wants the actions of a trust policy spelt as in its list, AWS takes them in any case"
    ),
    "moto.moto_api._internal.mock_random": "ids and keys are the same in every run, and go back with the state",
    # moto's state, read where the public API cannot tell or would cost more than the call itself
    "moto.backends.get_backend": "the state of a service, by account and Region",
    "moto.core.base_backend.BackendDict._instances": "the state of all services, to be copied and put back",
    "moto.iam.models.AWSManagedPolicy.from_data": "the catalogue's AWS managed policies stand in each account",
    "moto.s3.models.s3_backends": "the owner of each bucket name, and the files that objects' contents are in",
    "moto.s3.utils._VersionedKeyStore.lists": "a bucket's objects with all their versions",
    "moto.moto_api._internal.moto_random.MotoRandom": "as `mock_random` begins",
    "moto.core.constants.MISSING": "moto compares it by identity: copies of the state share it",
    "moto.logs.models.LogEvent": "there are many of them and none changes: copies of the state share them",
    # where moto's services would run a function
    "moto.awslambda.utils.get_backend": "a secret's rotation asks for the function and invokes it",
    "moto.events.models.EventPattern": "AWS's event patterns, as rules and event source mappings have them",
    "moto.events.models.Rule.send_to_targets": "an event that matches a rule goes to its targets",
    "moto.events.utils.EventTemplateParser.parse": "a target's input transformer",
    "moto.logs.models.LogStream._send_log_events": "log lines go to a subscription filter's destination",
    "moto.s3.notifications._invoke_awslambda": "a bucket's notification runs a function",
    "moto.sns.models.Subscription.publish": "a message goes to a subscription's endpoint",
    "moto.sns.models.Subscription._parse_message_structure": "a message with one text for each protocol",
}
"""Dotted name of an inside -> what it is leaned on for."""
