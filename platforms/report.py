"""What ``rtbuild release`` says of a plan and of a run, to people and, as JSON, to programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from rtinstall.platforms.release import Finished, Plan
from rtinstall.platforms.terminal import Terminal
from rtinstall.platforms.units import Failure, Outcome
from rtinstall.runtime_bundle.commandline import amount, columns
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version


def show_plans(plans: Sequence[Plan], watch: Terminal, out: str) -> None:
    """Tell people what is going to be done."""
    if len(plans) == 1:
        watch.say(f"node {plans[0].version} into {out}/{plans[0].version.tag}:")
    else:
        watch.say(f"{len(plans)} versions into {out}:")
    rows = [("VERSION", "TARGET", "FROM", "DOWNLOAD", "FORMATS")]
    for plan in plans:
        for job in plan.jobs:
            size = "cached" if job.offer.cached else amount(job.offer.size)
            name, formats = job.target.name, " ".join(job.formats)
            rows.append((str(plan.version), name, job.source.name, size, formats))
    if len(plans) == 1:
        watch.say(columns([row[1:] for row in rows], right=frozenset({2})))
    else:
        watch.say(columns(rows, right=frozenset({3})))
    # What two targets are made of is fetched once.
    jobs = [job for plan in plans for job in plan.jobs]
    offers = {offer.location: offer for job in jobs for offer in job.offer.each}
    sizes = [offer.size for offer in offers.values() if not offer.cached]
    missing = [size for size in sizes if size is None]
    total = sum(size or 0 for size in sizes)
    if total:
        more = f", and {len(missing)} of unknown size" if missing else ""
        watch.say(f"{amount(total)} to download{more}")
    for plan in plans:
        version = f"node {plan.version}: " if len(plans) > 1 else ""
        if plan.refused:
            watch.say(f"{version}{plan.refused.message}")
        elif plan.without and len(plans) == 1:
            watch.say(f"not published there: {_names(plan)}")
        for reason in plan.left_out.values():
            watch.say(f"{version}no {reason}")


def word_on(outcome: Outcome) -> str:
    """Say in a few words what came of a unit."""
    if outcome.failure:
        return f"failed: {outcome.failure.message}"
    size = amount(sum(made.artifact.size for made in outcome.made))
    files = f"{len(outcome.made)} file{'s' * (len(outcome.made) != 1)}, {size}"
    if all(made.kept for made in outcome.made):
        return f"{files}, kept"
    seconds = sum(made.writing + made.checking for made in outcome.made)
    return f"{files}, {seconds:.1f} s"


def summary(done: Sequence[Finished], out: str) -> str:
    """Return a row per file, and for each target what stands behind its files."""
    rows = [("FILE", "SIZE", "BUILD", "CHECK", "CHECKED")]
    for _, outcome in done:
        for made in outcome.made:
            seconds = (
                ("kept", "-", "digest")
                if made.kept
                else (f"{made.writing:.1f} s", f"{made.checking:.1f} s", "read back")
            )
            rows.append((made.artifact.name, amount(made.artifact.size), *seconds))
    origins = [_origin(outcome.facts) for _, outcome in done if not outcome.failure]
    versions = {Version.parse(unit.version) for unit, outcome in done if not outcome.failure}
    where = ", ".join(f"{out}/{version.tag}" for version in sorted(versions))
    table = columns(rows, right=frozenset({1, 2, 3}))
    return "\n".join((table, "", *origins, "", f"{where}: with SHASUMS256.txt and manifests"))


def _origin(facts: Mapping[str, object]) -> str:
    """Say in one line what was put together, and on what evidence."""
    target = target_named(str(facts["target"]))
    libc = f", glibc {facts['glibc']}" if facts["glibc"] else ""
    parts = cast("Iterable[Mapping[str, str]]", facts["provenance"])
    evidence = "; ".join(f"{part['what']}: {part['checked']}" for part in parts)
    release = facts.get("os_release")
    return (
        f"{target}: node {facts['version']}, npm {facts['npm']}; "
        f"executable for {target.os}{release and f' {release}'} "
        f"{'/'.join(target.archs)}{libc}; {evidence}"
    )


def plan_facts(plans: Sequence[Plan], rows: Iterable[Mapping[str, str]]) -> dict[str, object]:
    """Return what is going to be done, ready for JSON; ``rows`` are those of :func:`.units.matrix`."""
    units = {(row["version"], row["target"]): row for row in rows}
    return {
        **_versions(plans),
        "targets": [
            {
                "version": str(plan.version),
                "target": job.target.name,
                "unit": units[str(plan.version), job.target.name]["unit"],
                "source": job.source.name,
                "location": job.offer.location,
                "size": job.offer.size,
                "cached": job.offer.cached,
                "formats": job.formats,
                "command": units[str(plan.version), job.target.name]["command"],
            }
            for plan in plans
            for job in plan.jobs
        ],
    }


def run_facts(
    plans: Sequence[Plan], done: Sequence[Finished], left: Iterable[str], out: str
) -> dict[str, object]:
    """Return what was built, what was kept, what has failed, and the units ``left``, ready for JSON."""
    refused = [
        {"version": str(plan.version), "target": "", "unit": "", **_failure(plan.refused)}
        for plan in plans
        if plan.refused
    ]
    failed = [
        {
            "version": unit.version, "target": unit.target, "unit": unit.name,
            **_failure(outcome.failure),
        }
        for unit, outcome in done
        if outcome.failure
    ]  # fmt: skip
    return {
        "out": out,
        **_versions(plans),
        "targets": [
            {
                **outcome.facts,
                "unit": unit.name,
                "artifacts": [
                    {
                        "file": f"v{unit.version}/{made.artifact.name}",
                        "format": made.artifact.format,
                        "size": made.artifact.size,
                        "sha256": made.artifact.sha256,
                        "build_seconds": round(made.writing, 3),
                        "check_seconds": round(made.checking, 3),
                        "kept": made.kept,
                    }
                    for made in outcome.made
                ],
            }
            for unit, outcome in done
            if not outcome.failure
        ],
        "failed": refused + failed,
        "left": sorted(left),
    }


def _versions(plans: Sequence[Plan]) -> dict[str, object]:
    """Return what is said of versions: of a single one without a list around it, too."""
    rows = [
        {
            "version": str(plan.version),
            "not_published": [target.name for target in plan.without],
            "left_out": {name: str(reason) for name, reason in plan.left_out.items()},
        }
        for plan in plans
    ]
    return {**(rows[0] if len(rows) == 1 else {}), "versions": rows}


def _failure(failure: Failure) -> dict[str, object]:
    return {"error": failure.message, "hint": failure.hint, "exit_code": failure.exit_code}


def _names(plan: Plan) -> str:
    return ", ".join(target.name for target in plan.without)
