"""S3 and schedules of the emulated account, where moto alone would lose or refuse something."""

from __future__ import annotations

from collections.abc import Callable

from local.cloud import daemon
from tests.local.cloud.emulated import Cloud


def test_every_version_of_an_object_is_there_after_a_restart(new_cloud: Callable[..., Cloud]) -> None:
    cloud = new_cloud()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket="kept", Key="data.csv", Body=body)["VersionId"] for body in (b"old", b"new")]
    daemon.stop(cloud.state)
    cloud.start()
    s3 = cloud.client("s3")
    found = [s3.get_object(Bucket="kept", Key="data.csv", VersionId=each)["Body"].read() for each in versions]
    assert found == [b"old", b"new"]
    assert s3.get_object(Bucket="kept", Key="data.csv")["Body"].read() == b"new"


def test_a_bucket_is_emptied_of_versions_and_of_delete_markers(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="emptied")
    s3.put_bucket_versioning(Bucket="emptied", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="emptied", Key="a", Body=b"1")
    s3.delete_object(Bucket="emptied", Key="a")
    page = s3.list_object_versions(Bucket="emptied")
    doomed = [{"Key": e["Key"], "VersionId": e["VersionId"]} for e in [*page["Versions"], *page["DeleteMarkers"]]]
    assert len(doomed) == 2
    assert "Errors" not in s3.delete_objects(Bucket="emptied", Delete={"Objects": doomed})
    s3.delete_bucket(Bucket="emptied")


def test_a_schedule_that_is_updated_without_a_state_goes_on(cloud: Cloud) -> None:
    scheduler = cloud.client("scheduler")
    given = {
        "Name": "hourly",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "RoleArn": "arn:aws:iam::1:role/r"},
    }
    scheduler.create_schedule(**given, ScheduleExpression="rate(1 hour)")
    scheduler.update_schedule(**given, ScheduleExpression="rate(2 hours)")
    assert scheduler.get_schedule(Name="hourly")["State"] == "ENABLED"
    scheduler.delete_schedule(Name="hourly")
