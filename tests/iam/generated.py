"""Generated requests and policies: a small world, so that names often meet."""

from hypothesis import strategies as st

from perm_lab.iam import Policy, PolicyKind, PolicySet, Principal, Request

OWN, OTHER = "111111111111", "222222222222"
ROLES = [f"arn:aws:iam::{account}:role/reader" for account in (OWN, OTHER)]
ARNS = [
    *(f"arn:aws:iam::{account}:user/maya" for account in (OWN, OTHER)),
    *(f"arn:aws:sts::{account}:assumed-role/reader/now" for account in (OWN, OTHER)),
    f"arn:aws:sts::{OWN}:federated-user/visitor",
]
ROOTS = [f"arn:aws:iam::{account}:root" for account in (OWN, OTHER)]
SERVICES = ["s3.amazonaws.com", "lambda.amazonaws.com"]
PEOPLE = [Principal.parse(text) for text in [*ARNS, *ROOTS]]
PRINCIPALS = [*PEOPLE, *(Principal.parse(text) for text in [*SERVICES, "*"])]
ACTIONS = ["lambda:InvokeFunction", "lambda:GetFunction", "s3:GetObject"]
RESOURCES = [f"arn:aws:lambda:us-east-1:{OWN}:function:{name}" for name in ("resize", "resize:prod", "rotate")]
PATTERNS = [
    "*",
    RESOURCES[0],
    RESOURCES[2],
    f"arn:aws:lambda:*:{OWN}:function:re*",
    "arn:aws:s3:::photos/${aws:username}",
]
CONTEXTS = st.fixed_dictionaries(
    {}, optional={"k:team": st.sampled_from(["blue", "red"]), "k:n": st.sampled_from("123")}
)
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"k:team": "blue"}},
        {"StringNotEquals": {"k:team": "blue"}},
        {"StringLikeIfExists": {"k:team": "b*"}},
        {"ForAllValues:StringEquals": {"k:team": ["blue", "${k:n}"]}},
        {"ForAnyValue:StringLike": {"k:team": ["*e*"]}},
        {"Null": {"k:n": "true"}},
        {"NumericLessThan": {"k:n": "2"}, "Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    ]
)


def some(values):
    """One value, or a list of several."""
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


def who():
    """What may stand in `Principal`."""
    named = {"AWS": some(["*", OTHER, *ARNS, *ROLES, *ROOTS]), "Service": some(SERVICES)}
    return st.just("*") | st.fixed_dictionaries({}, optional=named).filter(bool)


@st.composite
def statements(draw, kind=PolicyKind.IDENTITY, effects=("Allow", "Deny")):
    """A statement of a policy of this kind."""
    made = {"Effect": draw(st.sampled_from(effects))}
    if kind is PolicyKind.RCP:
        made["Principal"] = "*"
    elif kind in (PolicyKind.RESOURCE, PolicyKind.TRUST):
        exempting = kind is PolicyKind.RESOURCE and made["Effect"] == "Deny" and draw(st.booleans())
        made["NotPrincipal" if exempting else "Principal"] = draw(who())
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(
        some(["*", "lambda:*", "lambda:Get?unction", *ACTIONS])
    )
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(PATTERNS))
    return made | ({"Condition": condition} if (condition := draw(CONDITIONS)) else {})


def policies(kind=PolicyKind.IDENTITY, **more):
    """A policy of this kind with one to three statements."""
    documents = st.builds(
        lambda version, found: {**({"Version": version} if version else {}), "Statement": found},
        st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", ""]),
        st.lists(statements(kind, **more), min_size=1, max_size=3),
    )
    return documents.map(lambda document: Policy.parse(document, kind))


def requests(principals=PRINCIPALS):
    """A request by one of `principals`."""
    return st.builds(
        lambda who, action, what, context: Request(who, action, what, OWN, context),
        st.sampled_from(principals),
        st.sampled_from(ACTIONS),
        st.sampled_from(RESOURCES),
        CONTEXTS,
    )


def sets():
    """Policies of every type, most of them absent."""
    maybe = st.none
    levels = st.lists(st.tuples(policies(PolicyKind.SCP)), max_size=2).map(tuple)
    return st.builds(
        PolicySet,
        identity=st.lists(policies(), max_size=2).map(tuple),
        resource=maybe() | policies(PolicyKind.RESOURCE),
        boundary=maybe() | policies(),
        session=st.lists(policies(), max_size=1).map(tuple),
        scps=levels,
        rcps=st.lists(st.tuples(policies(PolicyKind.RCP)), max_size=2).map(tuple),
        vpc_endpoint=maybe() | policies(PolicyKind.RESOURCE),
    )
