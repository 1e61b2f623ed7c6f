"""Asserts what linters do not: that template.yaml, as SAM transforms it, is exactly what we mean.

Linters accept an unknown runtime, a misspelt IAM action or a table without a backup. The lists here
are exact, so a wider permission or a lost setting has to be written down twice to get through.

    python .ci/check_template.py              checks template.yaml, samconfig.toml and Cargo.toml
    python .ci/check_template.py --self-test  bends copies in memory and demands that each is refused
"""

import copy
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import tomlkit
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from checks import report, self_test

ROOT = Path(__file__).resolve().parent.parent

# SAM asks for a region; which one makes no difference to what is checked.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
# It warns about usage metrics that it would send if it could.
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)

# Function → its Cargo binary, and every statement of its role, some of them under a condition.
FUNCTIONS = {
    "SkillFunction": {
        "binary": "skill",
        "features": ["skill"],
        "role": "SkillRole",
        "allows": [
            (
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
                {"Fn::GetAtt": ["Table", "Arn"]},
            ),
            (
                ["secretsmanager:GetSecretValue"],
                [{"Ref": "LinkSecretArn"}, {"Ref": "PayKeySecretArn"}],
                "HasWallets",
            ),
            (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["SkillLogGroup", "Arn"]}),
            (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ],
    },
    "LinkFunction": {
        "binary": "link",
        "features": ["link"],
        "role": "LinkRole",
        "allows": [
            (
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
                {"Fn::GetAtt": ["Table", "Arn"]},
            ),
            (["secretsmanager:GetSecretValue"], [{"Ref": "LinkSecretArn"}, {"Ref": "PayKeySecretArn"}]),
            (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["LinkLogGroup", "Arn"]}),
            (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ],
    },
    "IpnFunction": {
        "binary": "ipn",
        "features": ["ipn"],
        "role": "IpnRole",
        "allows": [
            (
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
                {"Fn::GetAtt": ["Table", "Arn"]},
            ),
            (["secretsmanager:GetSecretValue"], {"Ref": "PayKeySecretArn"}),
            (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["IpnLogGroup", "Arn"]}),
            (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ],
    },
    "ReconcileFunction": {
        "binary": "reconcile",
        "features": ["reconcile"],
        "role": "ReconcileRole",
        "allows": [
            (["dynamodb:GetItem", "dynamodb:UpdateItem"], {"Fn::GetAtt": ["Table", "Arn"]}),
            (["dynamodb:Query"], {"Fn::Sub": "${Table.Arn}/index/open"}),
            (["sqs:SendMessage"], {"Fn::GetAtt": ["ReconcileFailures", "Arn"]}),
            (["secretsmanager:GetSecretValue"], {"Ref": "PayKeySecretArn"}),
            (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["ReconcileLogGroup", "Arn"]}),
            (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ],
    },
    "NotifyFunction": {
        "binary": "notify",
        "features": ["notify"],
        "role": "NotifyRole",
        "allows": [
            (["dynamodb:GetItem", "dynamodb:UpdateItem"], {"Fn::GetAtt": ["Table", "Arn"]}),
            (
                ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
                {"Fn::Sub": "${Table.Arn}/stream/*"},
            ),
            (
                ["ses:SendEmail", "ses:SendRawEmail"],
                {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}"},
            ),
            (["sqs:SendMessage"], {"Fn::GetAtt": ["NotifyFailures", "Arn"]}),
            (
                ["secretsmanager:GetSecretValue"],
                [
                    {"Ref": "PayKeySecretArn"},
                    {"Fn::If": ["HasAlexaClient", {"Ref": "AlexaClientSecretArn"}, {"Ref": "AWS::NoValue"}]},
                ],
            ),
            (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["NotifyLogGroup", "Arn"]}),
            (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ],
    },
}

# Who may call a function, beside what stands here: nobody.
CALLERS = [
    {
        "Action": "lambda:InvokeFunction",
        "EventSourceToken": {"Ref": "SkillId"},
        "FunctionName": {"Ref": "SkillFunction"},
        "Principal": "alexa-appkit.amazon.com",
    },
    # Browsers and Alexa's servers have no identity at AWS either.
    {
        "Action": "lambda:InvokeFunctionUrl",
        "FunctionName": {"Ref": "LinkFunction"},
        "FunctionUrlAuthType": "NONE",
        "Principal": "*",
    },
    {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "LinkFunction"},
        "InvokedViaFunctionUrl": True,
        "Principal": "*",
    },
    # SNS signs what it posts and has no identity at AWS, so the function's address is open.
    {
        "Action": "lambda:InvokeFunctionUrl",
        "FunctionName": {"Ref": "IpnFunction"},
        "FunctionUrlAuthType": "NONE",
        "Principal": "*",
    },
    {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "IpnFunction"},
        "InvokedViaFunctionUrl": True,
        "Principal": "*",
    },
    {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "ReconcileFunction"},
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["ReconcileFunctionEvery10Minutes", "Arn"]},
    },
]

# Where buyers find the pages: what cards and mails name.
PAGES_FOR_BUYERS = {
    "Fn::If": [
        "HasLinkOrigin",
        {"Ref": "LinkOrigin"},
        {"Fn::If": ["HasWallets", {"Fn::GetAtt": ["LinkFunctionUrl", "FunctionUrl"]}, {"Ref": "AWS::NoValue"}]},
    ]
}

# What the functions that ask Amazon Pay are told.
PAYING = {
    "VOICETILL_TABLE": {"Ref": "Table"},
    "VOICETILL_WORLD": {"Ref": "World"},
    "VOICETILL_PAY_KEY_ID": {"Ref": "PayKeyId"},
    "VOICETILL_PAY_KEY_SECRET": {"Ref": "PayKeySecretArn"},
    "VOICETILL_LOG": "info",
}

# Place in the transformed template → what must stand there.
WANTED = {
    "Parameters.World.Default": "sandbox",
    "Parameters.World.AllowedValues": ["simulated", "sandbox", "live"],
    "Parameters.Architecture.Default": "arm64",
    "Parameters.DeletionProtection.Default": "true",
    "Resources.SkillFunction.Properties.Runtime": "provided.al2023",
    "Resources.SkillFunction.Properties.Handler": "bootstrap",
    "Resources.SkillFunction.Properties.Architectures": [{"Ref": "Architecture"}],
    "Resources.SkillFunction.Properties.Timeout": 8,
    "Resources.SkillFunction.Properties.TracingConfig": {"Mode": "Active"},
    "Resources.SkillFunction.Properties.LoggingConfig": {
        "LogFormat": "JSON",
        "SystemLogLevel": "WARN",
        "LogGroup": {"Ref": "SkillLogGroup"},
    },
    "Resources.SkillFunction.Properties.Environment.Variables": {
        "VOICETILL_TABLE": {"Ref": "Table"},
        "VOICETILL_SKILL_ID": {"Ref": "SkillId"},
        "VOICETILL_WORLD": {"Ref": "World"},
        "VOICETILL_PAY_KEY_ID": {"Ref": "PayKeyId"},
        "VOICETILL_PAY_KEY_SECRET": {"Ref": "PayKeySecretArn"},
        "VOICETILL_LINK_SECRET": {"Ref": "LinkSecretArn"},
        "VOICETILL_LINK_ORIGIN": PAGES_FOR_BUYERS,
        "VOICETILL_LOG": "info",
    },
    "Resources.LinkFunction.Condition": "HasWallets",
    "Resources.LinkFunction.Properties.Timeout": 25,
    "Resources.LinkFunction.Properties.TracingConfig": {"Mode": "Active"},
    "Resources.LinkFunction.Properties.Environment.Variables": {
        "VOICETILL_TABLE": {"Ref": "Table"},
        "VOICETILL_WORLD": {"Ref": "World"},
        "VOICETILL_PAY_KEY_ID": {"Ref": "PayKeyId"},
        "VOICETILL_PAY_KEY_SECRET": {"Ref": "PayKeySecretArn"},
        "VOICETILL_PAY_STORE_ID": {"Ref": "PayStoreId"},
        "VOICETILL_LINK_SECRET": {"Ref": "LinkSecretArn"},
        "VOICETILL_LINK_CLIENT_ID": {"Ref": "LinkClientId"},
        "VOICETILL_LINK_VENDOR": {"Ref": "LinkVendorId"},
        "VOICETILL_LINK_ORIGIN": {"Ref": "LinkOrigin"},
        "VOICETILL_LOG": "info",
    },
    "Resources.LinkFunctionUrl.Properties.AuthType": "NONE",
    "Resources.LinkLogGroup.Properties.RetentionInDays": {"Ref": "LogRetentionDays"},
    "Resources.SkillLogGroup.Properties.RetentionInDays": {"Ref": "LogRetentionDays"},
    "Parameters.PayKeyId.Default": "",
    "Parameters.PayKeySecretArn.Default": "",
    "Parameters.LinkSecretArn.Default": "",
    "Conditions.HasWallets": {"Fn::And": [{"Condition": "HasPayKey"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "LinkSecretArn"}, ""]}]}]},
    "Resources.IpnFunction.Condition": "HasPayKey",
    "Resources.IpnFunction.Properties.Timeout": 15,
    "Resources.IpnFunction.Properties.TracingConfig": {"Mode": "Active"},
    "Resources.IpnFunction.Properties.Environment.Variables": PAYING,
    "Resources.IpnFunctionUrl.Properties.AuthType": "NONE",
    "Resources.IpnLogGroup.Properties.RetentionInDays": {"Ref": "LogRetentionDays"},
    "Resources.ReconcileFunction.Condition": "HasPayKey",
    "Resources.ReconcileFunction.Properties.Timeout": 300,
    "Resources.ReconcileFunction.Properties.ReservedConcurrentExecutions": 1,
    "Resources.ReconcileFunction.Properties.TracingConfig": {"Mode": "Active"},
    "Resources.ReconcileFunction.Properties.Environment.Variables": PAYING,
    "Resources.ReconcileFunctionEvery10Minutes.Properties.ScheduleExpression": "rate(10 minutes)",
    "Resources.ReconcileFunctionEventInvokeConfig.Properties.MaximumRetryAttempts": 0,
    "Resources.ReconcileFunctionEventInvokeConfig.Properties.DestinationConfig": {
        "OnFailure": {"Destination": {"Fn::GetAtt": ["ReconcileFailures", "Arn"]}}
    },
    "Resources.ReconcileFailures.Properties.SqsManagedSseEnabled": True,
    "Resources.ReconcileLogGroup.Properties.RetentionInDays": {"Ref": "LogRetentionDays"},
    "Resources.NotifyFunction.Condition": "HasMail",
    "Resources.NotifyFunction.Properties.Timeout": 300,
    "Resources.NotifyFunction.Properties.TracingConfig": {"Mode": "Active"},
    "Resources.NotifyFunction.Properties.Environment.Variables": {
        **PAYING,
        "VOICETILL_LINK_ORIGIN": PAGES_FOR_BUYERS,
        "VOICETILL_ALEXA_CLIENT_ID": {"Ref": "AlexaClientId"},
        "VOICETILL_ALEXA_CLIENT_SECRET": {"Ref": "AlexaClientSecretArn"},
    },
    "Resources.NotifyFunctionChanges.Properties": {
        "BatchSize": 10,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["NotifyFailures", "Arn"]}}},
        "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
        "FilterCriteria": {
            "Filters": [
                {"Pattern": '{"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"s":{"S":[{"prefix":"O#"}]}}}}'},
                {"Pattern": '{"eventName":["INSERT"],"dynamodb":{"Keys":{"s":{"S":["D"]}}}}'},
            ]
        },
        "FunctionName": {"Ref": "NotifyFunction"},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRecordAgeInSeconds": 3600,
        "MaximumRetryAttempts": 60,
        "StartingPosition": "TRIM_HORIZON",
    },
    "Resources.NotifyFailures.Properties.SqsManagedSseEnabled": True,
    "Resources.NotifyLogGroup.Properties.RetentionInDays": {"Ref": "LogRetentionDays"},
    "Resources.Table.DeletionPolicy": "Retain",
    "Resources.Table.UpdateReplacePolicy": "Retain",
    "Resources.Table.Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "p", "AttributeType": "S"},
            {"AttributeName": "s", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "S"},
            {"AttributeName": "d", "AttributeType": "N"},
        ],
        "KeySchema": [
            {"AttributeName": "p", "KeyType": "HASH"},
            {"AttributeName": "s", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "open",
                "KeySchema": [
                    {"AttributeName": "g", "KeyType": "HASH"},
                    {"AttributeName": "d", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "DeletionProtectionEnabled": {"Ref": "DeletionProtection"},
    },
    "Outputs.SkillFunctionArn.Value": {"Fn::GetAtt": ["SkillFunction", "Arn"]},
    "Outputs.TableName.Value": {"Ref": "Table"},
}

# Every alarm → threshold. Above it, somebody is told.
ALARMS = {
    "SkillErrorsAlarm": 0,
    "SkillThrottlesAlarm": 0,
    "SkillDurationAlarm": 6000,
    "SkillErrorLinesAlarm": 0,
    "LinkErrorsAlarm": 0,
    "LinkErrorLinesAlarm": 0,
    "IpnErrorsAlarm": 0,
    "IpnErrorLinesAlarm": 0,
    "IpnForgedAlarm": 20,
    "ReconcileErrorsAlarm": 0,
    "ReconcileErrorLinesAlarm": 0,
    "OldestOpenPaymentAlarm": 86400,
    "ReconcileFailuresAlarm": 0,
    "UnreconciledMoneyAlarm": 0,
    "NotifyErrorsAlarm": 0,
    "NotifyErrorLinesAlarm": 0,
    "NotifyLateAlarm": 300000,
    "NotifyFailuresAlarm": 0,
    "TableThrottlesAlarm": 0,
    "TableSystemErrorsAlarm": 0,
}
ALARM_ACTIONS = [{"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]}]


def load():
    """The files as plain data; `cargo metadata` because Cargo.toml alone does not list the binaries."""
    cargo = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {
        "template": yaml_parse((ROOT / "template.yaml").read_text()),
        "samconfig": tomlkit.parse((ROOT / "samconfig.toml").read_text()).unwrap(),
        "package": json.loads(cargo.stdout)["packages"][0],
    }


def transform(template):
    """The CloudFormation template that SAM makes of ours. It accepts uploaded code only."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return Translator({}, Parser()).translate(template, {})


def find_problems(files):
    try:
        transformed = transform(copy.deepcopy(files["template"]))
    except InvalidDocumentException as error:
        return [f"template.yaml: SAM refuses it: {cause.message}" for cause in error.causes]
    return [
        *wanted_problems(transformed),
        *function_problems(transformed["Resources"]),
        *alarm_problems(transformed["Resources"]),
        *build_problems(files["template"]["Resources"], files["package"]),
        *samconfig_problems(files["samconfig"], files["template"]["Parameters"]),
    ]


def wanted_problems(transformed):
    for place, wanted in WANTED.items():
        found = transformed
        for key in place.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if found != wanted:
            yield f"template.yaml: {place} must be {wanted}, found {found}"


def of_type(resources, kind):
    return {name: it["Properties"] for name, it in resources.items() if it["Type"] == kind}


def function_problems(resources):
    functions = of_type(resources, "AWS::Lambda::Function")
    roles = of_type(resources, "AWS::IAM::Role")
    if set(functions) != set(FUNCTIONS):
        yield f"template.yaml: functions {sorted(functions)} must be those in FUNCTIONS of .ci/check_template.py"
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if of_type(resources, kind):
            yield f"template.yaml: {kind} must go; permissions stand in each function's role"
    if set(roles) != {function["role"] for function in FUNCTIONS.values()}:
        yield f"template.yaml: roles {sorted(roles)} must be exactly one per function, written out"
    for name, wanted in FUNCTIONS.items():
        if functions.get(name, {}).get("Role") != {"Fn::GetAtt": [wanted["role"], "Arn"]}:
            yield f"template.yaml: {name} must run as {wanted['role']}"
        yield from role_problems(wanted["role"], roles.get(wanted["role"], {}), wanted["allows"])
    permissions = list(of_type(resources, "AWS::Lambda::Permission").values())
    if permissions != CALLERS:
        yield f"template.yaml: the AlexaSkill event must carry SkillId, and CALLERS must be the only callers: {permissions}"


def conditional(statement):
    """A statement, and the condition that it stands under, if there is one. What stands otherwise must be nothing."""
    condition, statement, otherwise = statement.get("Fn::If", (None, statement, {"Ref": "AWS::NoValue"}))
    if otherwise != {"Ref": "AWS::NoValue"}:
        return {"Action": "*", "Resource": otherwise, "Effect": "Fn::If"}, ()
    return statement, (condition,) if condition else ()


def role_problems(name, role, allows):
    statements = [
        statement
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    granted = [(it["Action"], it["Resource"], *condition) for it, condition in map(conditional, statements)]
    if granted != allows:
        yield f"template.yaml: {name} must allow exactly {allows}, found {granted}"
    if any(conditional(statement)[0]["Effect"] != "Allow" for statement in statements):
        yield f"template.yaml: {name} may hold Allow statements only"
    if "ManagedPolicyArns" in role:
        yield f"template.yaml: {name} must not take managed policies, they allow more than is needed"
    trusted = [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    if role.get("AssumeRolePolicyDocument", {}).get("Statement") != trusted:
        yield f"template.yaml: {name} must be for lambda.amazonaws.com alone"


def alarm_problems(resources):
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    if set(alarms) != set(ALARMS):
        yield f"template.yaml: alarms {sorted(alarms)} must be {sorted(ALARMS)}"
    for name, threshold in ALARMS.items():
        alarm = alarms.get(name, {})
        rule = (alarm.get("Threshold"), alarm.get("ComparisonOperator"), alarm.get("TreatMissingData"))
        if rule != (threshold, "GreaterThanThreshold", "notBreaching"):
            yield f"template.yaml: {name} must fire above {threshold} and not for want of data, found {rule}"
        if alarm.get("AlarmActions") != ALARM_ACTIONS:
            yield f"template.yaml: {name} must send to AlarmTopicArn when there is one"


def build_problems(resources, package):
    """`sam build` passes no features, so Cargo.toml has to: else a function would carry the laptop's tools."""
    binaries = {target["name"] for target in package["targets"] if "bin" in target["kind"]}
    settings = (package["metadata"] or {}).get("lambda", {})
    for name, wanted in FUNCTIONS.items():
        metadata = resources.get(name, {}).get("Metadata")
        if metadata != {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": wanted["binary"]}}:
            yield f"template.yaml: {name} must be built by rust-cargolambda from binary {wanted['binary']}: {metadata}"
        if wanted["binary"] not in binaries:
            yield f"Cargo.toml: {name} needs a binary {wanted['binary']}, found {sorted(binaries)}"
        build = settings.get("bin", {}).get(wanted["binary"], settings).get("build", {})
        if build.get("no_default_features") is not True or build.get("features") != wanted["features"]:
            yield (
                f"Cargo.toml: [package.metadata.lambda.build] must say no_default_features = true, "
                f"features = {wanted['features']} for binary {wanted['binary']}, found {build}"
            )


def samconfig_problems(config, parameters):
    overrides = {}
    for stage in ("sandbox", "production"):
        deploy = config.get(stage, {}).get("deploy", {}).get("parameters", {})
        overrides[stage] = dict(line.split("=", 1) for line in deploy.get("parameter_overrides", []))
        for name in overrides[stage]:
            if name not in parameters:
                yield f"samconfig.toml: {stage} sets {name}, which template.yaml does not have"
        if "SkillId" not in overrides[stage]:
            yield f"samconfig.toml: {stage} must set SkillId"
    if overrides["sandbox"].get("World") != "sandbox":
        yield "samconfig.toml: sandbox must set World=sandbox"
    production = config.get("production", {}).get("deploy", {}).get("parameters", {})
    if overrides["production"].get("World") != "live" or production.get("confirm_changeset") is not True:
        yield "samconfig.toml: production must set World=live and confirm_changeset = true"
    if overrides["production"].get("DeletionProtection") != "true":
        yield "samconfig.toml: production must set DeletionProtection=true"


def bends():
    """What must never get through, each with a word of the problem it must raise."""

    def resource(name):
        return lambda files: files["template"]["Resources"][name]

    def prop(name, key, value):
        def bend(files):
            resource(name)(files)["Properties"][key] = value

        return bend

    def role(files):
        return resource("SkillRole")(files)["Properties"]["Policies"][0]["PolicyDocument"]

    def statement(files):
        return role(files)["Statement"][0]

    def overrides(files, stage):
        return files["samconfig"][stage]["deploy"]["parameters"]["parameter_overrides"]

    # Without the role, SAM makes its own.
    def drop_role(files):
        del resource("SkillFunction")(files)["Properties"]["Role"]

    def drop_skill_id(files):
        del resource("SkillFunction")(files)["Properties"]["Events"]["Alexa"]["Properties"]["SkillId"]

    def second_caller(files):
        files["template"]["Resources"]["Anyone"] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": "SkillFunction"},
                "Principal": "*",
            },
        }

    return [
        ("unknown runtime", prop("SkillFunction", "Runtime", "provided.al2024"), "Properties.Runtime"),
        ("long timeout", prop("SkillFunction", "Timeout", 30), "Properties.Timeout"),
        ("no tracing", prop("SkillFunction", "Tracing", "PassThrough"), "TracingConfig"),
        (
            "lost variable",
            lambda files: resource("SkillFunction")(files)["Properties"]["Environment"]["Variables"].pop(
                "VOICETILL_WORLD"
            ),
            "Environment.Variables",
        ),
        (
            "secrets without saved wallets",
            lambda files: role(files)["Statement"][1]["Fn::If"].__setitem__(0, "HasPayKey"),
            "allow exactly",
        ),
        ("something else without", lambda files: role(files)["Statement"][1]["Fn::If"].__setitem__(2, "*"), "allow exactly"),
        ("Scan allowed", lambda files: statement(files)["Action"].append("dynamodb:Scan"), "allow exactly"),
        (
            "misspelt action",
            lambda files: statement(files).update(Action=["dynamodb:GetItems"]),
            "allow exactly",
        ),
        ("any table", lambda files: statement(files).update(Resource="*"), "allow exactly"),
        (
            "managed policy",
            prop("SkillRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/x"]),
            "managed policies",
        ),
        ("SAM's own role", drop_role, "one per function"),
        ("bad property", prop("SkillFunction", "Runtimes", "x"), "SAM refuses it"),
        ("any skill may call", drop_skill_id, "SkillId"),
        ("lost caller", lambda files: resource("ReconcileFunction")(files)["Properties"].pop("Events"), "only callers"),
        (
            "signed callers only, which SNS is not",
            prop("IpnFunction", "FunctionUrlConfig", {"AuthType": "AWS_IAM"}),
            "AuthType",
        ),
        ("key for everybody", prop("IpnFunction", "Role", "x"), "IpnRole"),
        ("anyone may call", second_caller, "only callers"),
        (
            "sort key lost",
            lambda files: resource("Table")(files)["Properties"]["KeySchema"].pop(),
            "Table.Properties",
        ),
        (
            "wider index",
            lambda files: resource("Table")(files)["Properties"]["GlobalSecondaryIndexes"][0].update(
                Projection={"ProjectionType": "ALL"}
            ),
            "Table.Properties",
        ),
        (
            "no backup",
            prop("Table", "PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False}),
            "Table.Properties",
        ),
        (
            "other expiry attribute",
            prop("Table", "TimeToLiveSpecification", {"AttributeName": "expires", "Enabled": True}),
            "Table.Properties",
        ),
        (
            "thin stream",
            prop("Table", "StreamSpecification", {"StreamViewType": "KEYS_ONLY"}),
            "Table.Properties",
        ),
        ("deletable table", prop("Table", "DeletionProtectionEnabled", False), "Table.Properties"),
        (
            "table dies with the stack",
            lambda files: resource("Table")(files).update(DeletionPolicy="Delete"),
            "DeletionPolicy",
        ),
        (
            "logs for ever",
            lambda files: resource("SkillLogGroup")(files)["Properties"].pop("RetentionInDays"),
            "RetentionInDays",
        ),
        ("deaf alarm", prop("SkillErrorsAlarm", "Threshold", 100), "SkillErrorsAlarm"),
        (
            "lost alarm",
            lambda files: files["template"]["Resources"].pop("TableThrottlesAlarm"),
            "TableThrottlesAlarm",
        ),
        (
            "live by default",
            lambda files: files["template"]["Parameters"]["World"].update(Default="live"),
            "World.Default",
        ),
        (
            "other binary",
            lambda files: resource("SkillFunction")(files)["Metadata"]["BuildProperties"].update(
                Binary="voicetill"
            ),
            "rust-cargolambda",
        ),
        ("laptop features", lambda files: files["package"].update(metadata=None), "no_default_features"),
        ("binary lost", lambda files: files["package"].update(targets=[]), "needs a binary"),
        ("misspelt override", lambda files: overrides(files, "sandbox").append("Wrld=live"), "Wrld"),
        ("live sandbox", lambda files: overrides(files, "sandbox").append("World=live"), "World=sandbox"),
        (
            "unread change set",
            lambda files: files["samconfig"]["production"]["deploy"]["parameters"].update(
                confirm_changeset=False
            ),
            "confirm_changeset",
        ),
    ]


def main():
    files = load()
    if sys.argv[1:] == ["--self-test"]:
        self_test(find_problems, files, bends())
        return
    report(
        [
            f"template.yaml as transformed: {len(WANTED)} settings, {len(ALARMS)} alarms, callers of the function",
            *(f"template.yaml: what {it['role']} allows, exactly" for it in FUNCTIONS.values()),
            *(
                f"Cargo.toml: binary {it['binary']} with features {it['features']}"
                for it in FUNCTIONS.values()
            ),
            "samconfig.toml: sandbox and production against the template's parameters",
        ],
        find_problems(files),
    )


if __name__ == "__main__":
    main()
