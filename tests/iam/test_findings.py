"""What `Policy.check` finds in policies that AWS would take, and what it leaves alone.

A row of `findings.json` is a whole document, or the statements (`policy`) of a document with Version 2012-10-17.
"""

import json
from pathlib import Path

import pytest

from perm_lab import catalog
from perm_lab.iam import Policy, PolicyKind
from perm_lab.iam.findings import Severity, check

IDENTITY, RESOURCE, TRUST = PolicyKind.IDENTITY, PolicyKind.RESOURCE, PolicyKind.TRUST
ROWS = json.loads((Path(__file__).parent / "findings.json").read_text("utf-8"))


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


@pytest.mark.parametrize("row", ROWS)
def test_what_is_found(row):
    source = row["document"] if "document" in row else {"Version": "2012-10-17", "Statement": row["policy"]}
    found = check(source, PolicyKind[row["kind"]])
    assert row["findings"] == [[each.severity.value, each.code, each.path, each.message] for each in found]
    if found and found[0].code != "GRAMMAR":
        assert found == Policy.parse(source, PolicyKind[row["kind"]]).check()


def test_every_code_is_found_somewhere_and_what_has_it_beside_what_has_not():
    assert {
        *("GRAMMAR", "MISSING_VERSION", "VARIABLES_NEED_2012", "UNKNOWN_ACTION", "UNKNOWN_SERVICE"),
        *("ACTION_AND_RESOURCE_NEVER_MEET", "UNKNOWN_CONDITION_KEY", "KEY_NOT_OF_THE_ACTION"),
        *("KEY_HAS_SEVERAL_VALUES", "KEY_HAS_ONE_VALUE", "OPERATOR_NOT_FOR_KEY", "WILDCARD_TAKEN_LITERALLY"),
        *("PASS_ROLE_ON_EVERYTHING", "PUBLIC", "SERVICE_WITHOUT_SOURCE", "ALLOW_WITH_NOT_PRINCIPAL"),
        *("REDUNDANT_ITEM", "REDUNDANT_STATEMENT"),
    } == {finding[1] for row in ROWS for finding in row["findings"]}
    assert 20 <= sum(not row["findings"] for row in ROWS)


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (PolicyKind.IDENTITY, 6_144),
        (PolicyKind.RESOURCE, 20_480),
        (PolicyKind.TRUST, 2_048),
        (PolicyKind.SCP, 5_120),
        (PolicyKind.RCP, 5_120),
    ],
)
def test_a_policy_that_is_too_long(kind, most):
    statement = {"Effect": "Deny", "Action": "sts:AssumeRole"}
    if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.RCP):
        statement["Principal"] = "*"
    if kind is not PolicyKind.TRUST:
        statement["Resource"] = "*"
    document = {"Version": "2012-10-17", "Id": "", "Statement": statement}
    document["Id"] = "ü" * (most - len(json.dumps(document, separators=(",", ":"))))
    assert () == Policy.parse(document, kind).check()
    document["Id"] += "ü"
    (finding,) = Policy.parse(json.dumps(document, indent=9), kind).check()
    assert ("TOO_LONG", Severity.ERROR, "") == (finding.code, finding.severity, finding.path)
    assert f"{most + 1:,} characters; {most:,} is the most for a" in finding.message
    assert str(finding).startswith(f"error at the policy: {most + 1:,} characters")


def test_a_near_miss_is_named():
    actions = Policy.parse(
        {"Version": "2012-10-17", "Statement": allow(["lambda:InvokFunction", "lambda:Get*"])}
    ).check()
    assert ["Statement[0].Action[0]"] == [finding.path for finding in actions]
    assert "did you mean `lambda:InvokeFunction`?" in str(actions[0])
    tested = allow("s3:*", Condition={"Bool": {"aws:SecureTranport": "true"}})
    (key,) = Policy.parse({"Version": "2012-10-17", "Statement": tested}).check()
    assert "did you mean `aws:SecureTransport`?" in key.message


def test_errors_stand_before_warnings_and_suggestions():
    document = {"Statement": [allow(["iam:PassRole", "iam:PassRoll"]), allow("iam:PassRole")]}
    severities = [finding.severity for finding in check(document, PolicyKind.IDENTITY)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {Severity.ERROR, Severity.SECURITY_WARNING, Severity.WARNING, Severity.SUGGESTION} == set(severities)


@pytest.mark.parametrize("name", catalog.managed_policies())
def test_awss_own_policies_have_no_mistake_but_these(name):
    """Those that AWS publishes allow a few actions of CloudWatch Logs on resources that they do not take."""
    found = Policy.parse(catalog.managed_policy(name).document).check()
    assert [] == [each for each in found if each.severity is Severity.ERROR and "logs:" not in each.message]
