"""The law: AWS's policy evaluation, on the standard library alone.

from perm_lab.iam import Policy, PolicySet, Principal, Request, evaluate

policy = Policy.parse('{"Version": "2012-10-17", "Statement": '
                      '{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}}')
maya = Principal.user("arn:aws:iam::111111111111:user/maya")
request = Request(maya, "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111111111111:function:resize")
decision = evaluate(request, PolicySet(identity=(policy,)))
print(decision)
"""

from perm_lab.iam.arn import Arn
from perm_lab.iam.change import Change, apply, what_would_change
from perm_lab.iam.decision import Decision, evaluate
from perm_lab.iam.errors import PolicyError
from perm_lab.iam.evidence import ElementEvidence, PolicyEvidence, StatementEvidence
from perm_lab.iam.policy import Policy
from perm_lab.iam.policy_set import PolicySet
from perm_lab.iam.principal import Principal
from perm_lab.iam.request import Request
from perm_lab.iam.statement import Statement
from perm_lab.iam.vocabulary import MatchCode, PolicyKind, PolicyType, PrincipalType, Reason, Verdict
from perm_lab.iam.wording import aws_message, because, element_words, explain, statement_line

__all__ = [
    "Arn",
    "Change",
    "Decision",
    "ElementEvidence",
    "MatchCode",
    "Policy",
    "PolicyError",
    "PolicyEvidence",
    "PolicyKind",
    "PolicySet",
    "PolicyType",
    "Principal",
    "PrincipalType",
    "Reason",
    "Request",
    "Statement",
    "StatementEvidence",
    "Verdict",
    "apply",
    "aws_message",
    "because",
    "element_words",
    "evaluate",
    "explain",
    "statement_line",
    "what_would_change",
]
