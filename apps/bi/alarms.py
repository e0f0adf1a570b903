"""What is wrong with the lakehouse, by name, and the sentence about its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.bi import wording
from apps.bi.queries.operations import Stream
from lakehouse.query.build_notes import BuildNote


@dataclass(frozen=True)
class Limits:
    """When there is an alarm: no delivery for so long, so large a part of the lines rejected."""

    stale_after: timedelta
    rejected: Decimal


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong: its name, and in Markdown what it is and what helps."""

    name: str
    told: str


def alarms(
    streams: Sequence[Stream], builds: Sequence[BuildNote], limits: Limits, now: datetime
) -> list[Alarm]:
    """What is wrong now, the newest build and every stream looked at."""
    found = []
    for stream in streams:
        name = wording.plain(stream.name)
        age = now - stream.last_at
        if age > limits.stale_after:
            found.append(
                Alarm(
                    "Stale",
                    f"**{name}** delivered last {ago(age)}; `lakehouse ingest` lands what is new.",
                )
            )
        share = rejected_share(stream)
        if share > limits.rejected:
            found.append(
                Alarm(
                    f"Rejects above {wording.percent(limits.rejected)}",
                    f"**{wording.percent(share)}** of the lines of {name} were rejected: "
                    f"{stream.rejected:,} of {stream.lines:,}. `landing.rejects` has each of them.",
                )
            )
    if builds and (failed := [node for node in builds[0].nodes if node.failed]):
        named = ", ".join(f"`{node.name}`" for node in failed[:5])
        found.append(
            Alarm("Build failed", f"{len(failed):,} failed in the last build: {named}."),
        )
    return found


def rejected_share(stream: Stream) -> Decimal:
    """The part of the lines read that was rejected."""
    return Decimal(stream.rejected) / stream.lines if stream.lines else Decimal(0)


def ago(age: timedelta) -> str:
    """How long ago: just now, 5 minutes ago, 3 hours ago, 12 days ago."""
    seconds = int(age.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def sentence(streams: Sequence[Stream], found: Sequence[Alarm], now: datetime) -> str:
    """One sentence of Markdown: how fresh, how clean, and whether anything is wrong."""
    state = "nothing is wrong"
    if found:
        names = ", ".join(dict.fromkeys(alarm.name.lower() for alarm in found))
        state = f"**{len(found):,} alarm{'' if len(found) == 1 else 's'}**: {names}"
    if not streams:
        return f"No stream has delivered yet; {state}."
    last = max(stream.last_at for stream in streams)
    landed, lines = sum(s.landed for s in streams), sum(s.lines for s in streams)
    rejected = sum(s.rejected for s in streams)
    share = wording.percent(Decimal(rejected) / lines) if lines else "0.0%"
    return (
        f"The last delivery came **{ago(now - last)}**; **{landed:,}** of {lines:,} lines landed, "
        f"{rejected:,} ({share}) were rejected; {state}."
    )
