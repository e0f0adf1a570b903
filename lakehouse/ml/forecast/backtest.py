"""Backtests: what the models said at earlier origins, held against what came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lakehouse.ml.forecast.intervals import INTERVALS, Calibration, Errors, calibrate
from lakehouse.ml.forecast.levels import Level
from lakehouse.ml.forecast.panel import Floats
from lakehouse.ml.forecast.projection import ENSEMBLE, Projection

CLEARLY = 0.05
"""How far below every baseline an ensemble's error must be to count as better."""

JUDGED_INTERVALS = 3
"""The last origins, whose intervals are judged; each by errors of earlier ones only."""


@dataclass(frozen=True)
class Score:
    """One model of a level over all origins.

    `wape` is the sum of absolute errors over the sum of what came; `bias` the sum of errors over
    it, below 0 for too low, `last_bias` at the last origin alone. `by_origin` holds the WAPEs.
    """

    model: str
    role: str
    wape: float
    bias: float
    last_bias: float
    by_origin: tuple[float, ...]


@dataclass(frozen=True)
class Verdict:
    """What the backtests say about a level: scores best first, coverage by interval level."""

    scores: tuple[Score, ...]
    coverage: dict[int, float | None]
    skill: float | None
    reliable: bool
    origins: int
    series: int


@dataclass(frozen=True)
class Bounds:
    """Low and high by interval level, of the slots and of their sum."""

    slots: dict[int, tuple[Floats, Floats]]
    sums: dict[int, tuple[Floats, Floats]]


def score(level: Level, past: Sequence[Projection]) -> list[Score]:
    """Every model over all `past` projections, the best first."""
    if not past:
        return []
    roles = dict.fromkeys(level.members, "member") | dict.fromkeys(level.baselines, "baseline")
    roles[ENSEMBLE] = "ensemble"
    found = [_score(level, past, model, role) for model, role in roles.items()]
    return sorted(found, key=lambda s: s.wape)


def verdict(level: Level, past: Sequence[Projection], *, whole: bool) -> Verdict:
    """Judge a level: reliable when clearly better than every baseline, most of the time too."""
    scores = score(level, past)
    coverage = covered(level, past, whole=whole)
    series = len(past[-1].rows) if past else 0
    if not scores:
        return Verdict((), coverage, None, reliable=False, origins=0, series=series)
    ensemble = next(s for s in scores if s.model == ENSEMBLE)
    rivals = [s for s in scores if s.role == "baseline"]
    strongest = min(rivals, key=lambda s: s.wape)
    skill = 1 - ensemble.wape / strongest.wape if strongest.wape > 0 else 0.0
    wins = [a < b for a, b in zip(ensemble.by_origin, strongest.by_origin, strict=True)]
    reliable = skill >= CLEARLY and sum(wins) > len(wins) / 2
    return Verdict(tuple(scores), coverage, skill, reliable, len(past), series)


def bounds(
    level: Level, projection: Projection, earlier: Sequence[Projection], *, whole: bool
) -> Bounds | None:
    """The intervals of a projection by what `earlier` ones showed; None when too little is known.

    `whole` widens the bounds to whole units: nobody buys half a mug.
    """
    if level.interval == "native":
        return _native(projection, whole=whole)
    slots = calibrate([_errors(p) for p in earlier])
    sums = calibrate([_errors(p, summed=True) for p in earlier])
    if slots is None or sums is None:
        return None
    each = _bounds(slots, projection.ensemble, projection.scale[:, None], whole=whole)
    return Bounds(
        {lvl: _closed(pair, projection) for lvl, pair in each.items()},
        _bounds(sums, projection.ensemble.sum(axis=1), projection.scale, whole=whole),
    )


def covered(level: Level, past: Sequence[Projection], *, whole: bool) -> dict[int, float | None]:
    """The share of what came that lay within the intervals, by level, over the last origins."""
    inside: dict[int, list[Floats]] = {lvl: [] for lvl in INTERVALS}
    for number in range(max(1, len(past) - JUDGED_INTERVALS), len(past)):
        projection, actual = past[number], past[number].actual
        found = bounds(level, projection, past[:number], whole=whole)
        if found is None or actual is None:
            continue
        truth = actual.sum(axis=1) if level.totals else actual
        for lvl in INTERVALS:
            low, high = (found.sums if level.totals else found.slots)[lvl]
            inside[lvl].append(((truth >= low) & (truth <= high)).ravel())
    return {
        lvl: float(np.concatenate(parts).mean()) if parts else None for lvl, parts in inside.items()
    }


def _score(level: Level, past: Sequence[Projection], model: str, role: str) -> Score:
    misses, biases, came = [], [], []
    for projection in past:
        said, actual = projection.by_model[model], projection.actual
        if actual is None:
            raise ValueError("a backtest needs what came")
        if level.totals:
            said, actual = said.sum(axis=1), actual.sum(axis=1)
        misses.append(float(np.abs(said - actual).sum()))
        biases.append(float((said - actual).sum()))
        came.append(float(actual.sum()))
    return Score(
        model,
        role,
        _share(sum(misses), sum(came)),
        _share(sum(biases), sum(came)),
        _share(biases[-1], came[-1]),
        tuple(_share(m, c) for m, c in zip(misses, came, strict=True)),
    )


def _share(part: float, whole: float) -> float:
    # Nothing came: an error of any size is 100 %, none is 0.
    return part / whole if whole > 0 else float(part != 0)


def _errors(projection: Projection, *, summed: bool = False) -> Errors:
    said, actual, scale = projection.ensemble, projection.actual, projection.scale
    if actual is None:
        raise ValueError("a calibration needs what came")
    if summed:
        return Errors(said.sum(axis=1), actual.sum(axis=1), scale)
    open_slots = ~(said == 0).all(axis=0) | actual.any(axis=0)
    wide = np.broadcast_to(scale[:, None], said.shape)
    return Errors(said[:, open_slots], actual[:, open_slots], wide[:, open_slots])


def _bounds(
    calibration: Calibration, said: Floats, scale: Floats, *, whole: bool
) -> dict[int, tuple[Floats, Floats]]:
    found = {lvl: calibration.interval(said, scale, lvl) for lvl in INTERVALS}
    return _ordered(found, whole=whole)


def _native(projection: Projection, *, whole: bool) -> Bounds | None:
    if projection.reach is None:
        return None
    said = projection.ensemble
    slots = {
        lvl: (np.maximum(said - low, 0), said + high)
        for lvl, (low, high) in projection.reach.items()
    }
    # Errors of a level that moves as a whole add up; independent ones would cancel.
    sums = {lvl: (low.sum(axis=1), high.sum(axis=1)) for lvl, (low, high) in slots.items()}
    return Bounds(_ordered(slots, whole=whole), _ordered(sums, whole=whole))


def _ordered(
    found: dict[int, tuple[Floats, Floats]], *, whole: bool
) -> dict[int, tuple[Floats, Floats]]:
    """The wider level reaches at least as far as the narrower one."""
    narrow, wide = min(found), max(found)
    (low, high), (lower, higher) = found[narrow], found[wide]
    lower, higher = np.minimum(low, lower), np.maximum(high, higher)
    if whole:
        low, lower = np.floor(low), np.floor(lower)
        high, higher = np.ceil(high), np.ceil(higher)
    return {narrow: (low, high), wide: (lower, higher)}


def _closed(pair: tuple[Floats, Floats], projection: Projection) -> tuple[Floats, Floats]:
    shut = (projection.ensemble == 0).all(axis=0)
    return np.where(shut, 0, pair[0]), np.where(shut, 0, pair[1])
