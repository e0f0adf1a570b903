"""The filters of an alert or a report, as the page of that URL would have them.

A page shows what is left of a link that asks for nonsense; here nobody looks, so it is an error.
"""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from apps.bi import groups, wording
from apps.bi.filters import DEFAULT_PRESET, Filter, Filters
from apps.bi.pages import PAGES, PageSpec
from apps.bi.periods import Comparison, Period, Preset, compared_period, preset_period
from apps.bi.queries.coverage import Coverage
from lakehouse.errors import ConfigError
from lakehouse.notices.definitions import PageFilters

# The pages that can be sent beside saved dashboards, and what narrows them beside the filter bar.
SEARCHES = {
    "overview": (),
    "customers": ("customer",),
    "products": ("product", "find"),
    "forecast": ("metric", "level", "series", "weeks"),
    "recommendations": ("customer", "product"),
    "operations": ("stale", "rejects"),
}


def page_named(name: str) -> PageSpec:
    """The page of that path. Raises ConfigError when it can't be sent."""
    found = {page.path: page for page in PAGES if page.path in SEARCHES}
    return found[one_of(name.strip("/"), found, "page")]


def chosen(page: PageSpec, wanted: PageFilters, covered: Coverage) -> Filters:
    """What the page would be narrowed to. Raises ConfigError for what it does not know."""
    refuse_others(page, wanted)
    period = _period(wanted, covered.days) if Filter.PERIOD in page.filters else covered.days
    comparison = Comparison.NONE
    if Filter.COMPARE in page.filters:
        asked = wanted.compare or Comparison.PREVIOUS
        comparison = Comparison(one_of(asked, list(Comparison), "comparison", "compare"))
    return Filters(
        period,
        comparison,
        compared_period(period, comparison, covered.days),
        _known(wanted.country, covered.countries, "country"),
        _known(wanted.segment, groups.SEGMENTS, "segment"),
        _known(wanted.group, groups.PRICE_BANDS, "group"),
    )


def one_of(asked: str, known: Collection[str], what: str, key: str = "") -> str:
    """What was asked for, if it is known. Raises ConfigError, which names the nearest."""
    if asked in known:
        return asked
    near = get_close_matches(asked, known, n=1, cutoff=0.4)
    listed = ", ".join(repr(str(each)) for each in known)
    hint = f"did you mean {str(near[0])!r}?" if near else f"there are: {listed}"
    where = f"filters.{key or what}: " if what not in ("page", "figure") else ""
    raise ConfigError(f"{where}there is no {what} {asked!r}", hint=hint)


def refuse_others(page: PageSpec, wanted: PageFilters) -> None:
    """Raises ConfigError for a filter that the page does not take."""
    takes = {str(each) for each in page.filters} | set(SEARCHES.get(page.path, ()))
    takes |= {"days"} if Filter.PERIOD in page.filters else set()
    for name in wanted.model_dump(exclude_none=True):
        if name not in takes:
            hint = f"it takes: {', '.join(sorted(takes))}" if takes else "it takes none"
            raise ConfigError(f"the page {page.path} has no filter {name!r}", hint=hint)


def _period(wanted: PageFilters, data: Period) -> Period:
    if wanted.days is not None:
        period = Period(*wanted.days)
        if not period.within(data):
            hint = f"the data covers {data.first} to {data.last}"
            raise ConfigError(f"filters.days: {wording.span(period)} is not covered", hint=hint)
        return period
    presets = [each for each in Preset if each is not Preset.CUSTOM]
    preset = Preset(one_of(wanted.period or DEFAULT_PRESET, presets, "period"))
    return preset_period(preset, data)


def _known(asked: str | None, known: Sequence[str] | Collection[str], what: str) -> str | None:
    return None if asked is None else one_of(asked, known, what)
