"""Network, lake, registry, alerts and dashboards."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

UNIT = "tests/unit/components/test_"
ALARM, ALERTS, KEY, BUCKET = (f"components/{name}.py" for name in ("alarm", "alerts", "key", "bucket"))
PARTS, WATCH, STATES = (f"components/{name}.py" for name in ("bucket_parts", "access_logs", "execution_log"))
NETWORK, PLACEMENT, CALLS, FLOWS = (
    f"components/{name}.py" for name in ("network", "placement", "service_endpoints", "flow_log")
)
LAKE, REGISTRY, BURN = (f"components/{name}.py" for name in ("data_lake", "model_registry", "burn_rate"))
SERVICE, BODY = (f"components/{name}.py" for name in ("service_dashboard", "dashboard"))

_SAYS = "alarm::test_an_alarm_says_what_is_wrong_whose_it_is_and_where_to_read_on"
_TELLS = "alarm::test_an_alarm_tells_the_topic_of_its_severity_when_it_comes_and_when_it_goes"
_WATCHES = "alarm::test_an_alarm_watches_what_it_was_asked_to"
_TOPICS = "alarm::test_every_severity_has_an_encrypted_topic_and_its_own_recipients"
_PUBLISH = "alarm::test_only_this_accounts_alarms_rules_and_budgets_publish"
_USE_KEY = "alarm::test_publishers_may_use_the_key_and_rules_without_the_condition_that_would_silence_them"
_TERM = "bucket::test_what_has_a_term_is_deleted_for_good_a_day_after_it"
_LOCK = "bucket::test_a_locked_bucket_is_born_locked_and_keeps_objects_for_its_days"
_WRITE = "bucket::test_a_role_that_may_write_adds_objects_under_its_prefix_and_reads_none"
_UNFINISHED = "bucket::test_uploads_that_nobody_finished_go_in_the_whole_bucket"
_LOG_KEY = "bucket::test_a_key_lets_cloudwatch_encrypt_this_accounts_log_groups_and_nothing_else"
_WATCHED = "access_logs::test_every_bucket_but_the_one_that_takes_logs_is_watched_below_its_own_name"
_DELIVERED = "access_logs::test_s3_alone_delivers_for_this_account_and_over_tls"
_FORGETS = "access_logs::test_the_bucket_is_as_s3_needs_it_closed_and_forgets_after_ninety_days"
_STATES = "execution_log::test_what_fails_is_logged_without_data_in_an_encrypted_group_that_ends_after_ninety_days"
_ARRANGES = "execution_log::test_the_machines_role_may_arrange_deliveries_and_look_at_this_accounts_groups"
_ORDER = "bucket::test_versions_have_to_be_on_before_their_rules"
_LEAVES = "network::test_private_subnets_leave_by_a_nat_gateway_and_public_ones_by_the_internet_gateway"
_REACH = "network::test_workloads_reach_each_other_the_endpoints_and_nothing_else_without_a_way_out"
_WAITS = "network::test_whoever_is_placed_waits_until_its_calls_can_succeed"
_ENDPOINTS = "network::test_s3_is_a_route_and_every_service_that_is_called_has_an_endpoint_in_every_zone"
_LOGGED = "network::test_every_connection_is_logged_for_ninety_days_under_the_key_by_a_role_that_can_do_no_more"
_S3_ONLY = "network::test_no_data_leaves_for_buckets_of_other_accounts"
_FORCE = "data_lake::test_buckets_keep_what_is_in_them_unless_told_otherwise_and_the_audit_bucket_always"
_ACCESS = "data_lake::test_lake_formation_reaches_raw_data_and_features_and_no_other_bucket"
_CATALOG = "data_lake::test_raw_data_and_features_are_in_the_catalog_and_reached_through_lake_formation"
_GRANT = "data_lake::test_a_reader_finds_tables_and_selects_from_them_and_nobody_else_is_let_in"
_MOVED = "data_lake::test_what_stood_alone_before_keeps_its_data"
_READERS = "model_registry::test_readers_find_versions_and_make_models_of_them_and_change_nothing"
_CARD = "model_registry::test_the_card_names_owner_purpose_and_risk_as_aws_spells_them"
_WINDOWS = "service_dashboard::test_a_burn_alarm_needs_both_windows"
_RATE = "service_dashboard::test_the_error_rate_is_that_of_all_variants_whether_or_not_each_has_requests"
_OUTAGE = "service_dashboard::test_an_outage_is_told_at_once"
_SLOW = "service_dashboard::test_latency_is_watched_by_variant_where_it_is_promised"
_HEALTH = "service_dashboard::test_health_is_in_alarm_while_anything_is_and_tells_nobody_by_itself"
_SHOWS = "service_dashboard::test_every_variant_has_traffic_errors_latency_and_utilisation"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("alarm-text", "cloudwatch.MetricAlarm", ALARM, "alarm_description=describe(", "alarm_description=str(", _SAYS),
    ("alarm-owner", "alarm", ALARM, "{title}. Owner: {owner}. Runbook", "{title}. Runbook", _SAYS),
    ("alarm-tags", "alarm", ALARM, "tags=model_tags(args.model, args.owner),", "", _SAYS),
    ("alarm-action", "alarm", ALARM, "alarm_actions=actions,", "", _TELLS),
    ("alarm-ok-action", "alarm", ALARM, "ok_actions=actions,", "", _TELLS),
    ("alarm-missing", "alarm", ALARM, "treat_missing_data=args.missing,", "", _WATCHES),
    ("alarm-m-of-n", "alarm", ALARM, "datapoints_to_alarm=args.datapoints,", "", _WATCHES),
    ("alarm-dimensions", "alarm", ALARM, '"dimensions": dict(args.dimensions),', "", _WATCHES),
    (
        "alarm-silence",
        "alarm",
        ALARM,
        "if alerts and not args.silent else",
        "if alerts else",
        "alarm::test_a_silent_alarm_and_one_without_topics_tell_nobody",
    ),
    (
        "alarm-percentile",
        "alarm",
        ALARM,
        '"extended_statistic" if percentile else "statistic"',
        '"statistic"',
        "alarm::test_a_percentile_is_an_extended_statistic",
    ),
    (
        "alarm-answer",
        "alarm",
        ALARM,
        "answer=n == last",
        "answer=True",
        "alarm::test_the_last_line_of_metric_math_is_what_is_compared",
    ),
    ("topic-key", "sns.Topic", ALERTS, "kms_master_key_id=args.key.arn, ", "", _TOPICS),
    (
        "topic-severity",
        "sns.Topic",
        ALERTS,
        "= self._topics[severity].arn",
        '= self._topics["warning"].arn',
        _TELLS,
    ),
    (
        "topic-policy",
        "sns.TopicPolicy",
        ALERTS,
        "aws.sns.TopicPolicy(logical, arn=topic.arn, policy=policy(publishers(site, topic.arn)), opts=child)",
        "",
        _PUBLISH,
    ),
    (
        "topic-source",
        "sns.TopicPolicy",
        ALERTS,
        '"Condition": {"ArnLike": {"aws:SourceArn": source}}',
        '"Condition": {}',
        _PUBLISH,
    ),
    (
        "topic-subscription",
        "sns.TopicSubscription",
        ALERTS,
        "args.recipients.get(severity, ())",
        "()",
        _TOPICS,
    ),
    (
        "alerts-need-a-key-that-lets-them-in",
        "Alerts",
        ALERTS,
        "if missing := sorted(set(PUBLISHERS) - set(self.key.services)):",
        "if missing := []:",
        "alarm::test_alerts_that_would_reach_nobody_are_refused",
    ),
    ("key-services", "kms.Key", KEY, "*(_service(site, service) for service in services)", "", _USE_KEY),
    ("key-service-account", "kms.Key", KEY, "if service not in _UNNAMED:", "if False:", _USE_KEY),
    ("key-service-unnamed", "kms.Key", KEY, "if service not in _UNNAMED:", "if True:", _USE_KEY),
    (
        "key-service-decrypt",
        "kms.Key",
        KEY,
        '"Action": ["kms:Decrypt", "kms:GenerateDataKey*"],',
        '"Action": ["kms:GenerateDataKey*"],',
        _USE_KEY,
    ),
    ("key-logs", "kms.Key", KEY, "[statement, _logs(site), *(", "[statement, *(", _LOG_KEY),
    ("key-logs-groups", "kms.Key", KEY, 'site.arn("logs", "log-group:*")', '"*"', _LOG_KEY),
    ("key-logs-encrypt", "kms.Key", KEY, '"kms:Encrypt*", ', "", _LOG_KEY),
    ("grant-encrypt", "Key grant", KEY, '["kms:GenerateDataKey", "kms:Decrypt"]', '["kms:Decrypt"]', _WRITE),
    ("grant-write-key", "Bucket grant", BUCKET, "        self._key.grant_encrypt(role)\n", "", _WRITE),
    ("grant-write", "Bucket grant", BUCKET, '["s3:PutObject", "s3:AbortMultipartUpload"]', '["s3:PutObject"]', _WRITE),
    ("bucket-term", "s3.BucketLifecycleConfiguration", PARTS, '"expiration": {"days": days},', "", _TERM),
    (
        "bucket-term-of-versions",
        "s3.BucketLifecycleConfiguration",
        PARTS,
        '"noncurrent_version_expiration": {"noncurrent_days": _EXPIRED_VERSION_DAYS},',
        "",
        _TERM,
    ),
    (
        "bucket-lifecycle",
        "s3.BucketLifecycleConfiguration",
        BUCKET,
        "if rules := lifecycle(expire or {}, noncurrent_days):",
        "if rules := []:",
        _TERM,
    ),
    (
        "bucket-lifecycle-waits",
        "s3.BucketLifecycleConfiguration",
        BUCKET,
        "bucket=versioning.bucket, rules=rules",
        "bucket=bucket.id, rules=rules",
        _ORDER,
    ),
    (
        "bucket-lock-waits",
        "s3.BucketObjectLockConfiguration",
        BUCKET,
        "bucket=versioning.bucket, rule=retention",
        "bucket=bucket.id, rule=retention",
        _ORDER,
    ),
    (
        "bucket-unfinished",
        "s3.BucketLifecycleConfiguration",
        PARTS,
        '"abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS},',
        "",
        _UNFINISHED,
    ),
    ("bucket-logs", "s3.BucketLogging", BUCKET, 'logs.watch(name, bucket, f"{physical}/", child)', "pass", _WATCHED),
    ("bucket-logs-prefix", "s3.BucketLogging", WATCH, "target_prefix=prefix", 'target_prefix="logs/"', _WATCHED),
    (
        "models-logs",
        "s3.BucketLogging",
        LAKE,
        "            logs=self._logs,\n            opts=opts or",
        "            opts=opts or",
        _WATCHED,
    ),
    (
        "audit-logs",
        "s3.BucketLogging",
        LAKE,
        "            logs=self._logs,\n            opts=pulumi",
        "            opts=pulumi",
        _WATCHED,
    ),
    (
        "logs-wait",
        "s3.BucketLogging",
        WATCH,
        "pulumi.Output.all(bucket.id, encryption.id, block.id, door.id)",
        "pulumi.Output.all(bucket.id, encryption.id, block.id)",
        "access_logs::test_whoever_is_watched_waits_until_s3_may_deliver",
    ),
    (
        "logs-without-a-lake",
        "AccessLogs",
        LAKE,
        "self._access_logs() if args.lake else None",
        "self._access_logs()",
        "access_logs::test_without_a_lake_nothing_is_watched",
    ),
    ("logs-delivery", "s3.BucketPolicy", WATCH, ", _delivered(site, bucket.arn)]", "]", _DELIVERED),
    (
        "logs-account",
        "s3.BucketPolicy",
        WATCH,
        '"Condition": {"StringEquals": {"aws:SourceAccount": site.account}},',
        "",
        _DELIVERED,
    ),
    ("logs-term", "s3.BucketLifecycleConfiguration", WATCH, '{"": _DAYS}', '{"": 10 * _DAYS}', _FORGETS),
    ("states-level", "sfn.StateMachine", STATES, 'level="ERROR", ', "", _STATES),
    ("states-data", "sfn.StateMachine", STATES, "include_execution_data=False", "include_execution_data=True", _STATES),
    ("states-destination", "sfn.StateMachine", STATES, ', ":*")', ")", _STATES),
    ("states-log-kept", "cloudwatch.LogGroup", STATES, "retention_in_days=_DAYS,", "", _STATES),
    ("states-log-key", "cloudwatch.LogGroup", STATES, "kms_key_id=part.key.arn,", "", _STATES),
    ("states-deliver", "iam.RolePolicy", STATES, '    "logs:CreateLogDelivery",\n', "", _ARRANGES),
    (
        "states-look",
        "iam.RolePolicy",
        STATES,
        'part.site.arn("logs", "log-group:*")',
        '"arn:aws:logs:*:*:*"',
        _ARRANGES,
    ),
    ("bucket-lock", "s3.Bucket", BUCKET, "object_lock_enabled=True if lock else None,", "", _LOCK),
    (
        "bucket-lock-mode",
        "s3.BucketObjectLockConfiguration",
        BUCKET,
        '"mode": lock.mode',
        '"mode": "GOVERNANCE"',
        _LOCK,
    ),
    (
        "vpc-names",
        "ec2.Vpc",
        NETWORK,
        "enable_dns_hostnames=True,",
        "",
        "network::test_names_resolve_inside_or_no_endpoint_would_be_found",
    ),
    (
        "default-group",
        "ec2.DefaultSecurityGroup",
        NETWORK,
        "aws.ec2.DefaultSecurityGroup(self._name, vpc_id=vpc.id, ingress=[], egress=[], opts=self._child)",
        "",
        "network::test_the_default_group_lets_nothing_through",
    ),
    (
        "subnet-addresses",
        "ec2.Subnet",
        NETWORK,
        "map_public_ip_on_launch=False,",
        "map_public_ip_on_launch=True,",
        "network::test_no_two_subnets_share_addresses_and_none_gives_public_ones",
    ),
    (
        "subnet-zones",
        "ec2.Subnet",
        NETWORK,
        "availability_zone=self._args.zones[subnet.zone],",
        "availability_zone=self._args.zones[0],",
        "network::test_no_two_subnets_share_addresses_and_none_gives_public_ones",
    ),
    (
        "named-table",
        "ec2.RouteTable",
        NETWORK,
        "vpc_id=self._vpc.id, tags=self._named(*parts)",
        "vpc_id=self._vpc.id",
        "network::test_a_route_table_is_the_networks_and_is_named_like_its_subnet",
    ),
    (
        "subnet-table",
        "ec2.RouteTableAssociation",
        NETWORK,
        "subnet_id=subnet.id, route_table_id=table.id",
        "subnet_id=subnet.id, route_table_id=self._vpc.id",
        "network::test_every_subnet_has_a_route_table_of_its_own",
    ),
    ("internet-route", "ec2.InternetGateway", NETWORK, ", gateway_id=gateway.id)", ")", _LEAVES),
    (
        "nat-per-zone",
        "ec2.NatGateway",
        NETWORK,
        'public if self._args.nat == "per-zone" else public[:1]',
        "public[:1]",
        _LEAVES,
    ),
    ("nat-after-gateway", "ec2.NatGateway", NETWORK, ", depends_on=[gateway])", ")", _LEAVES),
    ("nat-address", "ec2.Eip", NETWORK, "allocation_id=address.id, ", "", _LEAVES),
    ("route-destination", "ec2.Route", NETWORK, "destination_cidr_block=ANYWHERE, ", "", _LEAVES),
    ("placed-waits", "Network", NETWORK, "after(subnet.id, self._ready)", "subnet.id", _WAITS),
    ("placed-waits-for-routes", "ec2.Route", NETWORK, "        self._ready.append(route)\n", "", _WAITS),
    (
        "placed-waits-for-endpoints",
        "ec2.VpcEndpoint",
        NETWORK,
        "self._ready += endpoints.declare(",
        "endpoints.declare(",
        _WAITS,
    ),
    (
        "waiting-keeps-values-known",
        "Placement",
        PLACEMENT,
        "return pulumi.Output(both(), future, value.is_known(), value.is_secret())",
        "return pulumi.Output.all(value, *[each.id for each in extra]).apply(lambda found: found[0])",
        "network::test_waiting_for_something_unknown_does_not_make_a_value_unknown",
    ),
    (
        "way-out-is-https",
        "vpc.SecurityGroupEgressRule",
        NETWORK,
        'self._ready.append(egress_rule(f"{name}-https", group, child, cidr_ipv4=ANYWHERE))',
        "pass",
        "network::test_with_a_way_out_workloads_call_anybody_by_https_and_nobody_calls_them",
    ),
    ("egress-port", "vpc.SecurityGroupEgressRule", PLACEMENT, "to_port=HTTPS,", "to_port=65535,", _REACH),
    (
        "members-in",
        "vpc.SecurityGroupIngressRule",
        PLACEMENT,
        "(aws.vpc.SecurityGroupIngressRule, aws.vpc.SecurityGroupEgressRule)",
        "(aws.vpc.SecurityGroupEgressRule,)",
        _REACH,
    ),
    (
        "existing-way-out",
        "vpc.SecurityGroupEgressRule",
        PLACEMENT,
        "after(group.id, [way_out])",
        "group.id",
        "network::test_an_existing_network_gains_a_group_and_nothing_else",
    ),
    (
        "existing-group",
        "ec2.SecurityGroup",
        PLACEMENT,
        "vpc_id=vpc_id,\n        tags=",
        'vpc_id="",\n        tags=',
        "network::test_an_existing_network_gains_a_group_and_nothing_else",
    ),
    (
        "s3-always",
        "ec2.VpcEndpoint",
        CALLS,
        'sorted({"s3"} | services & GATEWAYS)',
        "sorted(services & GATEWAYS)",
        _ENDPOINTS,
    ),
    (
        "endpoint-routes",
        "ec2.VpcEndpoint",
        CALLS,
        "route_table_ids=[table.id for table in self._tables],",
        "",
        _ENDPOINTS,
    ),
    ("endpoint-names", "ec2.VpcEndpoint", CALLS, "private_dns_enabled=True,", "", _ENDPOINTS),
    (
        "endpoint-zones",
        "ec2.VpcEndpoint",
        CALLS,
        "for subnet in self._subnets]",
        "for subnet in self._subnets[:1]]",
        _ENDPOINTS,
    ),
    ("endpoint-group", "ec2.SecurityGroup", CALLS, "security_group_ids=[group.id],", "", _ENDPOINTS),
    (
        "endpoint-callers",
        "vpc.SecurityGroupIngressRule",
        CALLS,
        "referenced_security_group_id=self._workloads.id,",
        "",
        _REACH,
    ),
    (
        "endpoint-buckets",
        "ec2.VpcEndpoint",
        CALLS,
        'policy=policy(bucket_rule(self._site)) if service == "s3" else None,',
        "",
        _S3_ONLY,
    ),
    (
        "endpoint-own-buckets",
        "ec2.VpcEndpoint",
        CALLS,
        '"Condition": {"StringEquals": {"aws:ResourceAccount": site.account}},',
        "",
        _S3_ONLY,
    ),
    ("endpoint-layers", "ec2.VpcEndpoint", CALLS, "return [own, layers]", "return [own, own]", _S3_ONLY),
    ("flow-retention", "cloudwatch.LogGroup", FLOWS, ", retention_in_days=_DAYS", "", _LOGGED),
    ("flow-key", "cloudwatch.LogGroup", FLOWS, ", kms_key_id=key.arn", "", _LOGGED),
    ("flow-all", "ec2.FlowLog", FLOWS, 'traffic_type="ALL",', 'traffic_type="ACCEPT",', _LOGGED),
    ("flow-writes", "iam.RolePolicy", FLOWS, '"logs:PutLogEvents", ', "", _LOGGED),
    ("flow-groups", "iam.RolePolicy", FLOWS, 'site.arn("logs", "log-group:*")', '"arn:aws:logs:*:*:*"', _LOGGED),
    ("lake-aliases", "DataLake", LAKE, ", aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]", "", _MOVED),
    ("lake-retention", "s3.Bucket", LAKE, "force_destroy=not self._args.retain_data,", "force_destroy=False,", _FORCE),
    (
        "audit-retention",
        "s3.Bucket",
        LAKE,
        "            force_destroy=False,",
        "            force_destroy=True,",
        _FORCE,
    ),
    (
        "audit-lock",
        "s3.BucketObjectLockConfiguration",
        LAKE,
        "lock=ObjectLock(days=lake.audit_days, mode=lake.audit_mode),",
        "",
        "data_lake::test_nobody_deletes_what_is_audited_for_its_days",
    ),
    (
        "captures-term",
        "s3.BucketLifecycleConfiguration",
        LAKE,
        ", expire=args.expiry())",
        ")",
        "data_lake::test_captures_stay_for_their_term_for_all_or_by_model",
    ),
    (
        "lake-old-versions",
        "s3.BucketLifecycleConfiguration",
        LAKE,
        "            noncurrent_days=noncurrent_days,\n",
        "",
        "data_lake::test_overwritten_data_can_be_had_back_for_ninety_days",
    ),
    (
        "models-old-versions",
        "s3.BucketLifecycleConfiguration",
        LAKE,
        "expire=_PASSING, noncurrent_days=_OLD_VERSION_DAYS, opts=moved",
        "expire=_PASSING, opts=moved",
        "data_lake::test_overwritten_data_can_be_had_back_for_ninety_days",
    ),
    (
        "models-previews",
        "s3.BucketLifecycleConfiguration",
        LAKE,
        '{"previews/": 14}',
        '{"": 14}',
        "data_lake::test_reports_of_previews_go_after_two_weeks_and_artifacts_stay",
    ),
    (
        "audit-old-versions",
        "s3.BucketLifecycleConfiguration",
        LAKE,
        "noncurrent_days=lake.audit_days,",
        "noncurrent_days=1,",
        "data_lake::test_what_was_overwritten_in_the_audit_bucket_goes_when_no_lock_can_hold_it_any_more",
    ),
    ("lake-catalog-name", "glue.CatalogDatabase", LAKE, '.replace("-", "_")', "", _CATALOG),
    (
        "lake-registered",
        "lakeformation.Resource",
        LAKE,
        "arn=bucket.arn, role_arn",
        "arn=role.ready_arn, role_arn",
        _CATALOG,
    ),
    ("lake-access-objects", "iam.RolePolicy", LAKE, '"s3:DeleteObject"', '"s3:DeleteObjectVersion"', _ACCESS),
    ("lake-access-list", "iam.RolePolicy", LAKE, '["s3:ListBucket"]', '["s3:ListBucketVersions"]', _ACCESS),
    ("lake-access-key", "iam.RolePolicy", LAKE, "        self.key.grant_encrypt(role)\n", "", _ACCESS),
    (
        "lake-grant-database",
        "lakeformation.Permissions",
        LAKE,
        'permissions=["DESCRIBE"]',
        'permissions=["ALL"]',
        _GRANT,
    ),
    ("lake-grant-tables", "lakeformation.Permissions", LAKE, '["DESCRIBE", "SELECT"]', '["DESCRIBE"]', _GRANT),
    (
        "registry-group",
        "sagemaker.ModelPackageGroup",
        REGISTRY,
        'model_package_group_description=f"Versions of {args.model}",',
        "model_package_group_description=args.description,",
        "model_registry::test_another_description_is_not_another_group",
    ),
    (
        "registry-readers",
        "sagemaker.ModelPackageGroupPolicy",
        REGISTRY,
        'iam::{reader}:root" for reader in sorted(readers)',
        'iam::*:root" for reader in sorted(readers)',
        _READERS,
    ),
    (
        "registry-readers-use",
        "sagemaker.ModelPackageGroupPolicy",
        REGISTRY,
        ', "sagemaker:CreateModel"]',
        "]",
        _READERS,
    ),
    ("registry-readers-versions", "sagemaker.ModelPackageGroupPolicy", REGISTRY, "[versions]),", "[group]),", _READERS),
    ("card-risk", "sagemaker.ModelCard", REGISTRY, "args.risk.capitalize()", "args.risk", _CARD),
    ("card-owner", "sagemaker.ModelCard", REGISTRY, '"model_owner": args.owner,', "", _CARD),
    ("card-key", "sagemaker.ModelCard", REGISTRY, 'security_config={"kms_key_id": self._args.key.arn},', "", _CARD),
    (
        "card-status",
        "sagemaker.ModelCard",
        REGISTRY,
        ', ignore_changes=["modelCardStatus"]',
        "",
        "model_registry::test_an_up_does_not_take_back_that_people_approved_a_card",
    ),
    (
        "burn-rates",
        "cloudwatch.CompositeAlarm",
        BURN,
        'name="slow", rate=6,',
        'name="slow", rate=3,',
        "service_dashboard::test_the_burns_are_those_of_the_workbook",
    ),
    ("burn-windows", "cloudwatch.CompositeAlarm", BURN, 'rule("AND", [', 'rule("OR", [', _WINDOWS),
    ("burn-tells", "cloudwatch.CompositeAlarm", BURN, "alarm_actions=actions,", "", _WINDOWS),
    ("burn-tells-the-end", "cloudwatch.CompositeAlarm", BURN, "ok_actions=actions,", "", _WINDOWS),
    ("burn-parts-are-silent", "cloudwatch.MetricAlarm", BURN, "silent=True,", "", _WINDOWS),
    ("burn-objective", "cloudwatch.MetricAlarm", BURN, "burn.rate * (1 - served.objective)", "burn.rate", _WINDOWS),
    ("burn-fills", "cloudwatch.MetricAlarm", BURN, 'f"FILL({each}{n},0)"', 'f"{each}{n}"', _RATE),
    (
        "burn-page",
        "cloudwatch.CompositeAlarm",
        BURN,
        'f"slo-{burn.name}-burn"',
        'f"slo-{burn.name}"',
        "service_dashboard::test_every_alarm_has_an_owner_and_a_page",
    ),
    ("outage-threshold", "cloudwatch.MetricAlarm", SERVICE, "_OUTAGE = 0.05", "_OUTAGE = 0.5", _OUTAGE),
    ("outage-severity", "cloudwatch.MetricAlarm", SERVICE, 'severity="critical",', 'severity="warning",', _OUTAGE),
    ("latency-unit", "cloudwatch.MetricAlarm", SERVICE, "threshold=limit * 1000,", "threshold=limit,", _SLOW),
    ("latency-percentile", "cloudwatch.MetricAlarm", SERVICE, 'statistic="p99",', "", _SLOW),
    ("latency-variant", "cloudwatch.MetricAlarm", SERVICE, ', "VariantName": variant}', "}", _SLOW),
    ("health-parts", "cloudwatch.CompositeAlarm", SERVICE, 'rule("OR", names)', 'rule("AND", names)', _HEALTH),
    (
        "dashboard-alarms",
        "cloudwatch.Dashboard",
        SERVICE,
        "alarms=alarms,",
        "alarms=[],",
        "service_dashboard::test_the_dashboard_shows_the_endpoint_and_its_alarms",
    ),
    ("dashboard-errors", "cloudwatch.Dashboard", BODY, 'lines(_REQUESTS, "Invocation5XXErrors", "Sum") + ', "", _SHOWS),
    (
        "dashboard-gpu",
        "cloudwatch.Dashboard",
        BODY,
        ' + lines(_MACHINES, "GPUMemoryUtilization", "Average")',
        "",
        _SHOWS,
    ),
)

EDGES = tuple(
    Sabotage(name, what, file, old, new, f"{UNIT}{owner.replace('::', '.py::')}")
    for name, what, file, old, new, owner in _TAKEN
)
