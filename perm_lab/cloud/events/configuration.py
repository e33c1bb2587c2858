"""Services that try the function before they take a configuration: without the grant nothing is stored.

Which services do, and in which words they refuse, is the catalogue's to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud.events.delivery import Source, probe
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import values
from perm_lab.cloud.gate.hooks import Answer, Call
from perm_lab.cloud.internals import state

_MEMBER = re.compile(r"\$\{([\w.]+)\}")


@cache
def _tried() -> Mapping[tuple[str, str], EventSource]:
    """The sources that try the functions that they are to run, by the call that names them."""
    tried = (kind for kind in catalog.event_sources().values() if kind.tries)
    return {(kind.configure["service"], kind.configure["operation"]): kind for kind in tried}


def try_function(lambdas: LambdaStore, call: Call, account: str) -> Answer | None:
    """The service's refusal of a configuration that names a function it may not run; None where nothing is amiss.

    `account` is the owner of what is configured.
    """
    kind = _tried().get((call.service, call.operation))
    if kind is None or call.params.get("SkipDestinationValidation"):
        return None
    known = {**call.params, "Region": call.region, "Account": account}
    if call.service == "secretsmanager":
        known["SecretArn"] = state.secret_arn(account, call.region, call.params["SecretId"])
    arn = _MEMBER.sub(lambda match: "".join(values(known, match[1])), kind.tries["source"])
    source = Source(kind, arn, account)
    for function in values(call.params, kind.tries["functions"]):
        if ":lambda:" in function and not probe(lambdas, source, function):
            return _refusal(source, FunctionName.parse(function, account, call.region).qualified_arn)
    return None


def _refusal(source: Source, function: str) -> Answer:
    failure = source.kind.failure
    error = {"Code": failure["code"], "Message": source.fill(failure["message"], function)}
    if source.kind.name == "s3":
        error |= {"ArgumentName1": function, "ArgumentValue1": f"Not authorized to invoke function [{function}]"}
    return Answer(failure.get("status", 400), {"Error": error})
