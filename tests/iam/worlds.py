"""Rows of `cases/*.json` as requests and policies.

A policy of a row is a document, one statement, or a list of statements (with Version 2012-10-17 understood), or
`{"arn": …, "document": …}` for one that AWS names by its ARN.
"""

import json
from dataclasses import replace
from pathlib import Path

from perm_lab.iam import Policy, PolicyKind, PolicySet, Principal, Request

CASES = Path(__file__).parent / "cases"
LISTS = {"identity": PolicyKind.IDENTITY, "session": PolicyKind.IDENTITY}
SINGLE = {
    "resource": PolicyKind.RESOURCE,
    "vpc_endpoint": PolicyKind.RESOURCE,
    "boundary": PolicyKind.IDENTITY,
    "trust": PolicyKind.TRUST,
}
KNOWN = ("id", "tags", "organization", "canonical_id")
LEVELS = {"scps": PolicyKind.SCP, "rcps": PolicyKind.RCP}


def rows():
    """Every row of every subject, as (subject, row)."""
    return [(path.stem, row) for path in sorted(CASES.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]


def policy(written, kind, name):
    """The policy that a row writes in one of its short forms."""
    arn = ""
    if "document" in written:
        written, arn = written["document"], written["arn"]
    if isinstance(written, list) or "Statement" not in written:
        written = {"Version": "2012-10-17", "Statement": written}
    return Policy.parse(written, kind, name=name, arn=arn)


def policy_set(given):
    """The policies in force in a row."""
    made = {
        key: tuple(policy(each, LISTS[key], f"{key}[{n}]") for n, each in enumerate(given[key]))
        for key in LISTS.keys() & given.keys()
    }
    made |= {key: policy(given[key], SINGLE[key], key) for key in SINGLE.keys() & given.keys()}
    for key in LEVELS.keys() & given.keys():
        made[key] = tuple(
            tuple(policy(each, LEVELS[key], f"{key}[{n}][{m}]") for m, each in enumerate(level))
            for n, level in enumerate(given[key])
        )
    assert made.keys() == given.keys(), given.keys() - made.keys()
    return PolicySet(**made)


def request(written):
    """The request of a row.

    `role` is the ARN of a session's role where it has a path; `federated` says that the principal is an identity
    provider's; `id`, `tags`, `organization` and `canonical_id` are what is known of it.
    """
    text = written["principal"]
    who = Principal.federated(text) if written.get("federated") else Principal.parse(text, written.get("role", ""))
    who = replace(who, **{name: written[name] for name in KNOWN if name in written})
    return Request(
        who,
        written["action"],
        written["resource"],
        written.get("account", ""),
        written.get("context", {}),
        written.get("resource_organization", ""),
    )
