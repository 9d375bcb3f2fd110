"""The units of a plan as jobs of a build server: all of them, none twice, and each does its part."""

import json

import pytest
import yaml

from rtinstall.platforms.plan_matrix import github, gitlab, jobs_of
from rtinstall.runtime_bundle.errors import NotReadable


def planned(count: int) -> bytes:
    units = [
        {
            "version": f"{number}.0.0",
            "target": "linux-x64",
            "command": f"rtbuild release {number}.0.0",
        }
        for number in range(count)
    ]
    return json.dumps({"targets": units}).encode()


@pytest.mark.parametrize(("count", "jobs"), [(0, 0), (1, 1), (256, 256), (257, 129), (5000, 250)])
def test_every_unit_is_in_one_job_and_no_matrix_is_too_large(count: int, jobs: int) -> None:
    rows = json.loads(github(jobs_of(planned(count), "plan")))["include"]
    assert len(rows) == jobs <= 256
    assert len({row["name"] for row in rows}) == jobs
    commands = [line for row in rows for line in row["commands"].splitlines()]
    assert commands == [f"rtbuild release {number}.0.0" for number in range(count)]


def test_a_job_is_called_what_it_builds() -> None:
    assert [job.name for job in jobs_of(planned(1), "plan")] == ["0.0.0 linux-x64"]
    assert jobs_of(planned(257), "plan")[0].name == "0.0.0 linux-x64 to 1.0.0 linux-x64"


def test_gitlab_reads_a_pipeline_with_a_job_for_each() -> None:
    pipeline = yaml.safe_load(gitlab(jobs_of(planned(3), "plan")))
    assert pipeline["1.0.0 linux-x64"] == {
        "extends": ".build",
        "script": ["rtbuild release 1.0.0"],
    }
    assert set(pipeline) == {".build", *(f"{number}.0.0 linux-x64" for number in range(3))}


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[" * 100_000, b'{"targets": 5}', b'{"targets": [{"version": "1"}]}', b"\xff",
     b'{"targets": [{"version": "1", "target": "t", "command": "rm -rf /"}]}',
     b'{"targets": [{"version": "1", "target": "t", "command": "rtbuild release 1; rm -rf /"}]}',
     b'{"targets": [{"version": "1", "target": "t", "command": "rtbuild release 1\\nrm -rf /"}]}',
     b'{"targets": [{"version": "1", "target": "t", "command": 5}]}'],
)  # fmt: skip
def test_what_is_no_plan_is_refused(data: bytes) -> None:
    with pytest.raises(NotReadable, match="is no plan"):
        jobs_of(data, "plan.json")
