"""Cases of the rules over what runs code."""

from __future__ import annotations

import json
from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import ACCOUNT, KEY

REPOSITORY, LIFECYCLE = "aws:ecr/repository:Repository", "aws:ecr/lifecyclePolicy:LifecyclePolicy"
FUNCTION, PERMISSION = "aws:lambda/function:Function", "aws:lambda/permission:Permission"
URL, MACHINE = "aws:lambda/functionUrl:FunctionUrl", "aws:sfn/stateMachine:StateMachine"
PROJECT, FLOW = "aws:codebuild/project:Project", "aws:ec2/flowLog:FlowLog"
MODEL, PARAMETER = "aws:sagemaker/model:Model", "aws:ssm/parameter:Parameter"
GROUP, CLUSTER, VPC = "aws:cloudwatch/logGroup:LogGroup", "aws:eks/cluster:Cluster", "aws:ec2/vpc:Vpc"
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
TEMPLATE, NODES = "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/nodeGroup:NodeGroup"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/m"
DIGEST = f"{REGISTRY}@sha256:{'a' * 64}"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
INSIDE = {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}


def project(name: str = "p", **props: Any) -> Declared:
    return declared(PROJECT, name, {"name": name, **props})


def image(value: Any) -> Declared:
    return project(environment={"image": value})


def variables(*values: dict[str, Any]) -> Declared:
    return project(environment={"environmentVariables": list(values)})


def function(name: Any = "f", **props: Any) -> Declared:
    return declared(FUNCTION, str(name), {"name": name, **props})


def environment(**values: Any) -> Declared:
    return function(environment={"variables": values})


def machine(**logging: Any) -> Declared:
    return declared(MACHINE, "m", loggingConfiguration=logging)


def expiring(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": list(rules)})


def cluster(**props: Any) -> Declared:
    return declared(CLUSTER, props=props)


def associated(role: Any, policy: str = "ClusterAdmin", scope: str = "cluster") -> Declared:
    """Who has which of AWS's policies, over a whole cluster or some of its namespaces."""
    return declared(
        ASSOCIATION,
        principalArn=role if role is UNKNOWN else f"arn:aws:iam::{ACCOUNT}:role/{role}",
        policyArn=f"arn:aws:eks::aws:cluster-access-policy/AmazonEKS{policy}Policy",
        accessScope={"type": scope},
    )


def template(**options: Any) -> Declared:
    return declared(TEMPLATE, metadataOptions=options)


def disk(**ebs: Any) -> Declared:
    return declared(TEMPLATE, blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": ebs}])


SECRET_KEY = {"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}
RULE = {"rulePriority": 1}

CASES: dict[str, Case] = {
    "ecr-1-scanned": Case(
        compliant=[declared(REPOSITORY, imageScanningConfiguration={"scanOnPush": True})],
        violating=[declared(REPOSITORY, imageScanningConfiguration={"scanOnPush": False}), declared(REPOSITORY)],
        unknown=[declared(REPOSITORY, imageScanningConfiguration=UNKNOWN)],
    ),
    "ecr-2-tags-are-immutable": Case(
        compliant=[declared(REPOSITORY, imageTagMutability="IMMUTABLE")],
        violating=[declared(REPOSITORY, imageTagMutability="MUTABLE"), declared(REPOSITORY)],
        unknown=[declared(REPOSITORY, imageTagMutability=UNKNOWN)],
    ),
    "ecr-3-lifecycle": Case(
        compliant=[
            declared(REPOSITORY, "a", {"name": "a"}),
            declared(LIFECYCLE, repository="a", policy=expiring(RULE)),
        ],
        violating=[
            declared(REPOSITORY, "a", {"name": "a"}),
            declared(LIFECYCLE, repository="a", policy=expiring()),
            declared(REPOSITORY, "bare", {"name": "bare"}),
        ],
        unknown=[declared(REPOSITORY, "a", {"name": "a"}), declared(LIFECYCLE, repository="a", policy=UNKNOWN)],
    ),
    "takeoff-24-images-by-digest": Case(
        compliant=[
            declared(MODEL, primaryContainer={"image": DIGEST}),
            function(imageUri=DIGEST),
            function(runtime="python3.13"),
            image("aws/codebuild/amazonlinux-x86_64-standard:5.0"),
        ],
        violating=[
            declared(MODEL, primaryContainer={"image": f"{REGISTRY}:latest"}),
            declared(MODEL, containers=[{"image": DIGEST}, {"image": f"{REGISTRY}:1"}]),
            function(imageUri=f"{REGISTRY}:1"),
            image("docker:dind"),
        ],
        unknown=[declared(MODEL, primaryContainer={"image": UNKNOWN}), image(UNKNOWN)],
    ),
    "lambda-1-not-public": Case(
        compliant=[
            declared(PERMISSION, principal="events.amazonaws.com"),
            declared(PERMISSION, principal="*", principalOrgId="o-1"),
            declared(PERMISSION, principal="s3.amazonaws.com", sourceAccount=ACCOUNT),
        ],
        violating=[
            declared(PERMISSION, principal="*"),
            declared(PERMISSION, principal="s3.amazonaws.com", sourceArn="arn:aws:s3:::b"),
        ],
        unknown=[declared(PERMISSION, principal=UNKNOWN)],
    ),
    "takeoff-19-function-callers": Case(
        compliant=[
            declared(PERMISSION, principal="events.amazonaws.com", action="lambda:InvokeFunction", sourceArn=UNKNOWN),
            declared(URL, authorizationType="AWS_IAM"),
        ],
        violating=[
            declared(PERMISSION, principal="events.amazonaws.com", action="lambda:InvokeFunction"),
            declared(
                PERMISSION, principal="events.amazonaws.com", action="lambda:*", sourceArn="arn:aws:events:::rule/r"
            ),
            declared(URL, authorizationType="NONE"),
        ],
        unknown=[declared(URL, authorizationType=UNKNOWN)],
    ),
    "lambda-2-supported-runtime": Case(
        compliant=[function(runtime="python3.13"), function(packageType="Image", imageUri=DIGEST)],
        violating=[function(runtime="python3.8"), function(runtime="nodejs14.x")],
        unknown=[function(runtime=UNKNOWN)],
    ),
    "lambda-5-several-zones": Case(
        compliant=[function(), function(vpcConfig={"subnetIds": ["subnet-1", "subnet-2"]})],
        violating=[function(vpcConfig={"subnetIds": ["subnet-1"]})],
        unknown=[function(vpcConfig=UNKNOWN)],
    ),
    "stepfunctions-1-logged": Case(
        compliant=[machine(level="ERROR", logDestination=UNKNOWN)],
        violating=[machine(level="OFF", logDestination=f"{LOGS}m:*"), machine(level="ALL"), declared(MACHINE)],
        unknown=[machine(level=UNKNOWN)],
    ),
    "takeoff-30-logs-are-declared": Case(
        compliant=[
            *(
                declared(GROUP, name, {"name": name})
                for name in ("/aws/lambda/f", "own", "/aws/codebuild/p", "flows", "states", "/aws/eks/c/cluster")
            ),
            function(),
            function("g", loggingConfig={"logGroup": "own"}),
            project(),
            project("quiet", logsConfig={"cloudwatchLogs": {"status": "DISABLED"}}),
            declared(FLOW, logDestination=f"{LOGS}flows"),
            machine(level="ALL", logDestination=f"{LOGS}states:*"),
            cluster(name="c", enabledClusterLogTypes=["audit"]),
            cluster(name="silent"),
        ],
        violating=[
            declared(GROUP, "other", {"name": "other"}),
            function(),
            project(logsConfig={"cloudwatchLogs": {"groupName": "gone", "status": "ENABLED"}}),
            declared(FLOW, logDestination=f"{LOGS}gone"),
            machine(level="ALL", logDestination=f"{LOGS}gone:*"),
            declared(MACHINE, "n", loggingConfiguration={"level": "ERROR"}),
            cluster(name="c", enabledClusterLogTypes=["audit"]),
        ],
        unknown=[function(name=UNKNOWN)],
    ),
    "takeoff-36-builds-have-roles-of-their-own": Case(
        compliant=[project(serviceRole="arn:a"), project("q", serviceRole="arn:b")],
        violating=[project(serviceRole="arn:a"), project("q", serviceRole="arn:a"), project("r", serviceRole="arn:b")],
        unknown=[project(serviceRole=UNKNOWN), project("q", serviceRole="arn:a")],
    ),
    "codebuild-1-no-credentials-in-urls": Case(
        compliant=[project(source={"location": "https://bitbucket.org/a/b.git"})],
        violating=[project(source={"location": "https://user:pass@bitbucket.org/a/b.git"})],
        unknown=[project(source={"location": UNKNOWN})],
    ),
    "codebuild-2-no-clear-text-keys": Case(
        compliant=[variables({"name": "STACK", "value": "prod"}, {**SECRET_KEY, "type": "SECRETS_MANAGER"}), project()],
        violating=[variables(SECRET_KEY), variables({"name": "AWS_ACCESS_KEY_ID", "value": "x", "type": "PLAINTEXT"})],
        unknown=[variables(UNKNOWN)],  # type: ignore[arg-type]
    ),
    "codebuild-3-s3-logs-are-encrypted": Case(
        compliant=[project(logsConfig={"s3Logs": {"status": "ENABLED"}}), project()],
        violating=[project(logsConfig={"s3Logs": {"status": "ENABLED", "encryptionDisabled": True}})],
        unknown=[project(logsConfig={"s3Logs": UNKNOWN})],
    ),
    "codebuild-4-logged": Case(
        compliant=[project(logsConfig={kind: {"status": "ENABLED"}}) for kind in ("cloudwatchLogs", "s3Logs")],
        violating=[project(), project(logsConfig={"cloudwatchLogs": {"status": "DISABLED"}})],
        unknown=[project(logsConfig={"cloudwatchLogs": {"status": UNKNOWN}})],
    ),
    "takeoff-44-builds-are-unprivileged": Case(
        compliant=[
            project(environment={"privilegedMode": False}),
            project(environment={"privilegedMode": True}, source={"buildspec": "- docker build ."}),
        ],
        violating=[project(environment={"privilegedMode": True}, source={"buildspec": "- make"})],
        unknown=[project(environment={"privilegedMode": UNKNOWN})],
    ),
    "takeoff-44-builds-run-inside": Case(
        compliant=[declared(VPC), project(vpcConfig=INSIDE)],
        violating=[declared(VPC), project(), project("open", vpcConfig={**INSIDE, "securityGroupIds": []})],
        unknown=[declared(VPC), project(vpcConfig=UNKNOWN)],
        unknown_is="fine",
    ),
    "takeoff-29-no-secrets-in-plain-text": Case(
        compliant=[
            environment(
                DB_PASSWORD_ARN="arn:aws:secretsmanager:us-east-1:1:secret:db", TOKENIZER="bert", DB_SECRET="arn:aws:x"
            ),
            variables(
                {"name": "REPOSITORY_URL", "value": REGISTRY},
                {"name": "TOKEN", "value": "/t", "type": "PARAMETER_STORE"},
            ),
            declared(MODEL, primaryContainer={"environment": {"TAKEOFF_MODEL_VERSION": "1"}}),
            declared(PARAMETER, props={"name": "/a/api-key", "type": "SecureString", "value": "x"}),
            declared(PARAMETER, props={"name": "/a/desired", "type": "String", "insecureValue": "{}"}),
        ],
        violating=[
            environment(DB_PASSWORD="hunter2"),
            environment(NOTE="AKIA" + 16 * "A"),
            variables({"name": "GITHUB_TOKEN", "value": "x", "type": "PLAINTEXT"}),
            declared(MODEL, primaryContainer={"environment": {"API_KEY": "x"}}),
            declared(MODEL, containers=[{"environment": {"K": "-----BEGIN RSA PRIVATE" + " KEY-----"}}]),
            declared(PARAMETER, props={"name": "/a/api-key", "type": "String", "insecureValue": "x"}),
        ],
        unknown=[environment(DB_PASSWORD=UNKNOWN)],
    ),
    "eks-1-private-api": Case(
        compliant=[cluster(vpcConfig={"endpointPublicAccess": False})],
        violating=[cluster(vpcConfig={"endpointPublicAccess": True}), cluster(vpcConfig={"subnetIds": []})],
        unknown=[cluster(vpcConfig=UNKNOWN)],
    ),
    "eks-2-supported-version": Case(
        compliant=[cluster(version="1.34"), cluster()],
        violating=[cluster(version="1.9"), cluster(version="1.32")],
        unknown=[cluster(version=UNKNOWN)],
    ),
    "eks-3-encrypted-secrets": Case(
        compliant=[cluster(encryptionConfig={"resources": ["secrets"], "provider": {"keyArn": KEY}})],
        violating=[cluster(), cluster(encryptionConfig={"resources": ["secrets"], "provider": {}})],
        unknown=[cluster(encryptionConfig=UNKNOWN)],
    ),
    "eks-8-audit-log": Case(
        compliant=[cluster(enabledClusterLogTypes=["api", "audit"])],
        violating=[cluster(enabledClusterLogTypes=["api"]), cluster()],
        unknown=[cluster(enabledClusterLogTypes=UNKNOWN)],
    ),
    "takeoff-56-every-control-plane-log": Case(
        compliant=[cluster(enabledClusterLogTypes=["api", "audit", "authenticator", "controllerManager", "scheduler"])],
        violating=[
            cluster(enabledClusterLogTypes=["api", "audit", "authenticator", "controllerManager"]),
            cluster(enabledClusterLogTypes=[]),
            cluster(),
        ],
        unknown=[cluster(enabledClusterLogTypes=UNKNOWN)],
    ),
    "takeoff-57-access-by-entries": Case(
        compliant=[cluster(accessConfig={"authenticationMode": "API"})],
        violating=[cluster(accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"}), cluster()],
        unknown=[cluster(accessConfig={"authenticationMode": UNKNOWN})],
    ),
    "takeoff-57-creator-is-nobody": Case(
        compliant=[cluster(accessConfig={"bootstrapClusterCreatorAdminPermissions": False})],
        violating=[cluster(accessConfig={"authenticationMode": "API"}), cluster()],
        unknown=[cluster(accessConfig=UNKNOWN)],
    ),
    "takeoff-57-few-administrators": Case(
        compliant=[
            associated("takeoff-bootstrap-deployer"),
            associated("engineers", policy="Edit"),
            associated("engineers", scope="namespace"),
            associated("team/operator", policy="View"),
        ],
        violating=[associated("engineers"), associated("other/takeoff-bootstrap-deployer2")],
        unknown=[associated(UNKNOWN), declared(ASSOCIATION, policyArn=UNKNOWN, accessScope={"type": "cluster"})],
    ),
    "takeoff-58-cluster-is-kept": Case(
        compliant=[cluster(deletionProtection=True)],
        violating=[cluster(deletionProtection=False), cluster()],
        unknown=[cluster(deletionProtection=UNKNOWN)],
    ),
    "ec2-170-templates-ask-for-tokens": Case(
        compliant=[template(httpTokens="required"), template(httpEndpoint="disabled")],
        violating=[template(httpTokens="optional"), template(), declared(TEMPLATE)],
        unknown=[template(httpTokens=UNKNOWN)],
    ),
    "ec2-181-templates-encrypt-disks": Case(
        compliant=[disk(encrypted="true"), disk(encrypted=True), declared(TEMPLATE)],
        violating=[disk(encrypted="false"), disk(volumeSize=80)],
        unknown=[disk(encrypted=UNKNOWN)],
    ),
    "takeoff-66-a-nodes-role-is-the-nodes": Case(
        compliant=[template(httpPutResponseHopLimit=1)],
        violating=[template(httpPutResponseHopLimit=2), template()],
        unknown=[template(httpPutResponseHopLimit=UNKNOWN)],
    ),
    "takeoff-66-nobody-logs-in-to-nodes": Case(
        compliant=[declared(NODES)],
        violating=[declared(NODES, remoteAccess={"ec2SshKey": "key"}), declared(NODES, remoteAccess=UNKNOWN)],
        unknown=[declared(NODES, remoteAccess={})],
        unknown_is="fine",
    ),
}
