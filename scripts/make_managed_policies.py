"""Make `perm_lab/catalog/data/managed_policies.json` from moto's bundle of AWS managed policies.

    python scripts/make_managed_policies.py [FOLDER]

FOLDER may hold further policies, one JSON file each with Arn, DefaultVersionId, Document, CreateDate, UpdateDate and
source: the deprecated ones that the bundle no longer has.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

TARGET = Path(__file__).parent.parent / "perm_lab/catalog/data/managed_policies.json"
NAMES = """
    AWSApplicationAutoscalingLambdaConcurrencyPolicy AWSCodeDeployRoleForLambda
    AWSCodeDeployRoleForLambdaLimited AWSDenyAll AWSLambdaBasicDurableExecutionRolePolicy
    AWSLambdaBasicExecutionRole AWSLambdaDynamoDBExecutionRole AWSLambdaENIManagementAccess AWSLambdaExecute
    AWSLambdaInvocation-DynamoDB AWSLambdaKinesisExecutionRole AWSLambdaMSKExecutionRole
    AWSLambdaManagedEC2ResourceOperator AWSLambdaNetworkConnectorOperatorPolicy AWSLambdaReplicator
    AWSLambdaRole AWSLambdaSQSQueueExecutionRole AWSLambdaServiceRolePolicy AWSLambdaVPCAccessExecutionRole
    AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AWSXRayDaemonWriteAccess AWSXrayWriteOnlyAccess
    AdministratorAccess AmazonAPIGatewayPushToCloudWatchLogs AmazonDynamoDBReadOnlyAccess
    AmazonKinesisReadOnlyAccess AmazonS3FullAccess AmazonS3ObjectLambdaExecutionRolePolicy
    AmazonS3ReadOnlyAccess AmazonSQSFullAccess CloudWatchLambdaApplicationSignalsExecutionRolePolicy
    CloudWatchLambdaInsightsExecutionRolePolicy CloudWatchLogsFullAccess IAMFullAccess IAMReadOnlyAccess
    PowerUserAccess
""".split()


def from_bundle() -> dict:
    bundle = json.loads(aws_managed_policies_data)
    source = f"moto {version('moto')}, moto/iam/aws_managed_policies.py"
    return {
        name: {
            "arn": f"arn:aws:iam::aws:policy{bundle[name]['Path']}{name}",
            "version": bundle[name]["DefaultVersionId"],
            "created": bundle[name]["CreateDate"][:10],
            "updated": bundle[name]["UpdateDate"][:10],
            "document": bundle[name]["Document"],
            "source": source,
        }
        for name in NAMES
    }


def from_folder(folder: Path) -> dict:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    return {
        name: {
            "arn": policy["Arn"],
            "version": policy["DefaultVersionId"],
            "created": policy["CreateDate"][:10],
            "updated": policy.get("UpdateDate", policy["CreateDate"])[:10],
            "document": policy["Document"],
            "source": policy["source"],
        }
        for name, policy in found.items()
    }


if __name__ == "__main__":
    policies = from_bundle()
    for folder in sys.argv[1:]:
        policies = from_folder(Path(folder)) | policies
    TARGET.write_text(json.dumps(dict(sorted(policies.items())), indent=1) + "\n")
