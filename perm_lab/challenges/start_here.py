"""The questions and tasks of lesson 0: a first denial, a statement with holes, two functions, and a deny that wins."""

from __future__ import annotations

import json
from typing import Any

from perm_lab.challenges.question import Question
from perm_lab.challenges.task import Rejected, Slip, Task, Tone
from perm_lab.iam import PolicyKind, Principal, Request

ACCOUNT = "111111111111"
MAYA = Principal.user(f"arn:aws:iam::{ACCOUNT}:user/maya")
FUNCTIONS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
THUMBNAILS, WATERMARK, PAYROLL = FUNCTIONS + "thumbnails", FUNCTIONS + "watermark", FUNCTIONS + "payroll"

FIRST_CALL = Question(
    "Maya calls `invoke` on `thumbnails`. There is no policy about her anywhere. What happens?",
    (
        "It works: her access key is valid and the function is in her own account",
        "It works: nothing forbids it",
        "It is denied: nothing allows it",
        "It is denied: the function must name her in its own policy first",
    ),
    "It is denied: nothing allows it",
    {
        "It works: her access key is valid and the function is in her own account": """A valid key answers *who is
this?* It says nothing about *may she do this?*, and being in the same account is no permission either.""",
        "It works: nothing forbids it": """IAM works the other way round: what nobody allows is denied. Nothing
has to forbid it.""",
        "It is denied: nothing allows it": """Every principal starts with no permissions at all. Somebody has to
allow each thing.""",
        "It is denied: the function must name her in its own policy first": """It is denied, but not for that.
Inside one account, one allow is enough, on her side *or* on the function's. Right now there is neither.""",
    },
    "00-first-call",
)

FROZEN = Question(
    """Maya now has two policies: `run-thumbnails` allows her to invoke the function, `freeze` denies all of
Lambda. She invokes the function. What happens?""",
    (
        "It works: the allow names exactly this function, and the more specific statement wins",
        "It works: the allow was there first",
        "It is denied: a deny beats every allow",
        "It is denied: the policy that was added last wins",
    ),
    "It is denied: a deny beats every allow",
    {
        "It works: the allow names exactly this function, and the more specific statement wins": """How exactly a
statement names something never matters. Routing tables and style sheets work like that; IAM does not.""",
        "It works: the allow was there first": "The order of statements and of policies never matters.",
        "It is denied: a deny beats every allow": """One deny that matches settles it, whatever else allows,
wherever it stands.""",
        "It is denied: the policy that was added last wins": """It is denied, but the order has nothing to do with
it: had the deny been there first, the verdict would be the same.""",
    },
    "00-frozen",
)

RECAP = (
    Question(
        """A call fails with: *… is not authorized to perform: lambda:UpdateFunctionCode on resource:
…:function:thumbnails because no identity-based policy allows the lambda:UpdateFunctionCode action*. What do you
look for?""",
        (
            "A Deny statement that must be removed",
            "An Allow statement that is missing",
            "A wrong access key",
        ),
        "An Allow statement that is missing",
        {
            "A Deny statement that must be removed": """A deny would show as *with an explicit deny in …*. Here the
sentence says that nothing *allows* it.""",
            "An Allow statement that is missing": """*Because no … policy allows* is an implicit deny: the mend is
one more allow, for this action on this resource.""",
            "A wrong access key": """With a key that AWS does not know, the call fails earlier and with other words
(*the security token included in the request is invalid*). This sentence names the user: the key is fine.""",
        },
        "00-recap-implicit",
    ),
    Question(
        """A call fails with: *… with an explicit deny in an identity-based policy*. A colleague adds an allow. Does it
help?""",
        ("Yes, if the allow names the exact ARN", "Yes, if it stands in an AWS managed policy", "No"),
        "No",
        {
            "Yes, if the allow names the exact ARN": "No allow beats a deny, however exact it is.",
            "Yes, if it stands in an AWS managed policy": "Who wrote a policy gives it no rank. No allow beats a deny.",
            "No": "Right. The deny has to go, or has to stop matching this request.",
        },
        "00-recap-explicit",
    ),
    Question(
        "Which permission does `boto3.client('lambda').invoke(...)` need?",
        ("lambda:Invoke", "lambda:InvokeFunction", "sts:AssumeRole"),
        "lambda:InvokeFunction",
        {
            "lambda:Invoke": """That is the API's name. The permission is called `lambda:InvokeFunction`: the two
names agree for most operations, and for this one they do not.""",
            "lambda:InvokeFunction": "Right: the sentence in the error tells the name to put in the policy.",
            "sts:AssumeRole": """Lambda itself assumes the function's role when the function runs. Whoever invokes
the function needs no permission for that.""",
        },
        "00-recap-action",
    ),
)


def _document(actions: Any, resources: Any, effect: str = "Allow") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, "Resource": resources}]}


def _may(action: str, resource: str) -> Request:
    return Request(MAYA, action, resource, ACCOUNT)


_EVERYTHING = Slip(
    "everything in Lambda",
    """Now Maya can do what she has to, and a lot that she has not: change code, delete functions, open them to
others. Name the actions she needs.""",
    allows=(_may("lambda:DeleteFunction", THUMBNAILS), _may("lambda:InvokeFunction", THUMBNAILS)),
)
_READ = "lambda:GetFunctionConfiguration"

READ_SETTINGS = Task(
    name="00-read-settings",
    title="Let Maya look at the settings",
    story="""Write the policy for Maya that lets her read the configuration of `thumbnails`, of this function
only. The error above names the action and the resource.""",
    kind=PolicyKind.IDENTITY,
    must_allow=(_may(_READ, THUMBNAILS),),
    must_deny=(
        _may(_READ, PAYROLL),
        _may("lambda:DeleteFunction", THUMBNAILS),
        _may("lambda:UpdateFunctionCode", THUMBNAILS),
    ),
    beyond=("another action", "another service", "another region"),
    slips=(
        _EVERYTHING,
        Slip(
            "the wrong effect",
            "`Deny` forbids. Somebody has to *allow* this: the effect is `Allow`.",
            forbids=(_may(_READ, THUMBNAILS),),
        ),
        Slip(
            "the function's name instead of its ARN",
            """A policy names resources by their ARN, all six parts of it. The error's sentence has it ready to
copy.""",
            refused="Resource",
        ),
        Slip(
            "every function",
            """She can read the settings of `thumbnails`, and those of every other function with it, with whatever
secrets stand in their environment variables. Put the function's ARN in place of the `*`.""",
            allows=(_may(_READ, THUMBNAILS), _may(_READ, PAYROLL)),
        ),
        Slip(
            "reading the code as well",
            """`lambda:GetFunction` is another action: it also hands out a link to the code, and it does not cover
`get_function_configuration`.""",
            allows=(_may("lambda:GetFunction", THUMBNAILS),),
            denies=(_may(_READ, THUMBNAILS),),
        ),
    ),
    hints=(
        "The three holes are: allow or deny, the action, the resource. The last two stand in the error above.",
        "The action is what comes after *is not authorized to perform:*",
        f"The resource is `{THUMBNAILS}`.",
    ),
    solution=_document(_READ, THUMBNAILS),
    reasoning="""One action, one resource: what the sentence asked for, and no more.""",
    starter=json.dumps(_document("___", "___", "___"), indent=2),
    accepted=(
        _document(_READ, THUMBNAILS),
        _document([_READ], [THUMBNAILS]),
        _document("lambda:GetFunctionConf*", THUMBNAILS),
    ),
    rejected=(
        Rejected(_document("lambda:*", THUMBNAILS), Tone.ALMOST, "everything in Lambda"),
        Rejected(_document(_READ, THUMBNAILS, "Deny"), Tone.ALMOST, "the wrong effect"),
        Rejected(_document(_READ, "thumbnails"), Tone.ALMOST, "the function's name instead of its ARN"),
        Rejected(_document(_READ, "*"), Tone.ALMOST, "every function"),
        Rejected(_document("lambda:GetFunction", THUMBNAILS), Tone.ALMOST, "reading the code as well"),
        Rejected(_document("lambda:InvokeFunction", THUMBNAILS), Tone.KEEP_GOING, says=_READ),
        Rejected(_document("___", "___", "___"), Tone.NOT_YET, says="fill in"),
    ),
)

_RUN = "lambda:InvokeFunction"

TWO_FUNCTIONS = Task(
    name="00-two-functions",
    title="Two functions and no more",
    story=f"""Write a policy for Maya from nothing: she may invoke `thumbnails` and `watermark`, both in account
`{ACCOUNT}`, region `us-east-1`, and no other function.""",
    kind=PolicyKind.IDENTITY,
    must_allow=(_may(_RUN, THUMBNAILS), _may(_RUN, WATERMARK)),
    must_deny=(_may(_RUN, PAYROLL), _may(_RUN, THUMBNAILS + "-v2"), _may("lambda:UpdateFunctionCode", WATERMARK)),
    beyond=("another action", "another service", "another region"),
    slips=(
        _EVERYTHING,
        Slip(
            "every function",
            """Both functions run, and so does every other one in the account: `payroll`, for one. A `Resource`
may be a list: `["…:thumbnails", "…:watermark"]`.""",
            allows=(_may(_RUN, THUMBNAILS), _may(_RUN, PAYROLL)),
        ),
        Slip(
            "a star that covers more than it seems",
            """`thumbnails*` covers `thumbnails`, and also `thumbnails-v2` and whatever else somebody will name
so. Write the two ARNs out.""",
            allows=(_may(_RUN, THUMBNAILS), _may(_RUN, THUMBNAILS + "-v2")),
        ),
        Slip(
            "only one of the two",
            "`thumbnails` runs; `watermark` is still denied. A statement's `Resource` may be a list of ARNs.",
            allows=(_may(_RUN, THUMBNAILS),),
            denies=(_may(_RUN, WATERMARK),),
        ),
        Slip(
            "the API's name instead of the permission's",
            "You call `invoke`, but the permission is named `lambda:InvokeFunction`. `lambda:Invoke` exists nowhere.",
            allows=(_may("lambda:Invoke", THUMBNAILS),),
            denies=(_may(_RUN, THUMBNAILS),),
        ),
        Slip(
            "the qualified functions only",
            """`…:function:thumbnails:*` covers the function's versions and aliases, and not the plain function,
which is a resource of its own.""",
            allows=(_may(_RUN, THUMBNAILS + ":prod"),),
            denies=(_may(_RUN, THUMBNAILS),),
        ),
    ),
    hints=(
        "Begin with the policy `run-thumbnails` above: only its `Resource` has to say more.",
        "A `Resource` may be one ARN, or a list of ARNs in square brackets.",
        f'`"Resource": ["{THUMBNAILS}", "{WATERMARK}"]`',
    ),
    solution=_document(_RUN, [THUMBNAILS, WATERMARK]),
    reasoning="""One statement with two resources, or two statements with one each: the engine sees no difference.""",
    accepted=(
        _document(_RUN, [THUMBNAILS, WATERMARK]),
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "One", "Effect": "Allow", "Action": _RUN, "Resource": THUMBNAILS},
                {"Sid": "Two", "Effect": "Allow", "Action": _RUN, "Resource": WATERMARK},
            ],
        },
    ),
    rejected=(
        Rejected(_document("lambda:*", [THUMBNAILS, WATERMARK]), Tone.ALMOST, "everything in Lambda"),
        Rejected(_document(_RUN, "*"), Tone.ALMOST, "every function"),
        Rejected(_document(_RUN, [THUMBNAILS + "*", WATERMARK]), Tone.ALMOST, "a star that covers more than it seems"),
        Rejected(_document(_RUN, THUMBNAILS), Tone.ALMOST, "only one of the two"),
        Rejected(
            _document("lambda:Invoke", [THUMBNAILS, WATERMARK]),
            Tone.ALMOST,
            "the API's name instead of the permission's",
        ),
        Rejected(_document(_RUN, [THUMBNAILS + ":*", WATERMARK + ":*"]), Tone.ALMOST, "the qualified functions only"),
        Rejected("", Tone.NOT_YET),
    ),
)

TASKS = (READ_SETTINGS, TWO_FUNCTIONS)
