"""What surrounds every page: head, filters, and the state to show where the page can't be."""

from pathlib import Path
from typing import Literal, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.bi import as_of, drill, filters, header, notices_menu, source, states
from apps.bi.access import gate
from apps.bi.dashboards import listed
from apps.bi.pages import PAGES, PageSpec
from apps.bi.queries.coverage import Coverage, covered_by
from apps.bi.view import LakeView, View, hand_over
from lakehouse.errors import AccessError, LakehouseError
from lakehouse.query.access.viewer import Viewer, narrowed
from lakehouse.query.published import Marts
from lakehouse.query.published_moment import UnpublishedError
from lakehouse.query.published_seen import SeenMarts, seen
from lakehouse.query.published_watch import Condition, Published

# On paper: no controls, and the whole page instead of what the window shows of it. The sheet has
# A4's shape and is as wide as the page, so that tables keep their columns; a printer makes it
# smaller, and so is made what was drawn for a wider window. On a phone the figures are smaller, and
# what stands about them may take two lines.
_LOOKS = """<style>@page { size: 300mm 424mm; margin: 10mm }
@media (max-width: 640px) {
    [data-testid=stMetricValue] { font-size: 1.5rem }
    [data-testid=stMetric] [class*=stMarkdownEllipsis] :is(p, *) { white-space: normal }
    [data-testid=stMetric] [class*=stMarkdownEllipsis] { white-space: normal; overflow: visible }
}
@media print {
    [data-testid=stSidebar], [data-testid=stHeader], [data-testid=stElementToolbar],
    [data-testid=stPopover], [data-testid=stTextInput],
    .st-key-filters > :not(:last-child), .stTooltipIcon {
        display: none !important }
    [data-testid=stApp], [data-testid=stAppViewContainer], [data-testid=stMain] {
        position: static !important; overflow: visible !important; height: auto !important }
    [class*=st-key-card_], [data-testid=stMetric] { break-inside: avoid }
    :is([data-testid=stDataFrame], [data-testid=stEChartsChart]) * { max-width: 100% !important }
    :is([data-testid=stDataFrame], [data-testid=stEChartsChart]) canvas { height: auto !important }
    .stMainBlockContainer { padding: 0 !important }
}</style>"""
_SCRIPTS = Path(__file__).with_name("app_pages")


def run() -> None:
    """Draw the page that the URL names, in its frame."""
    settings = source.watch().settings
    specs = (*PAGES, *listed.pages(settings.home).values())
    offered = {spec.path: _page(spec) for spec in specs}
    chosen = st.navigation(list(offered.values()), position=_position())
    viewer = gate.let_in()
    spec = next(spec for spec in specs if offered[spec.path] is chosen)
    st.set_page_config(page_title=f"{spec.title} · Cadabra")
    st.html(_LOOKS)
    published, freshness, answer = header.head(spec)
    try:
        if spec.of_all_rows and narrowed(viewer) is not None:
            states.of_all_rows()
        elif spec.about_the_lake:
            lake = LakeView(spec, settings, published, answer, viewer)
            hand_over(lake)
            header.tell_of_now(freshness, spec)
            if published.condition is not Condition.NO_LAKE:
                notices_menu.offer(lake, freshness)
            chosen.run()
        else:
            view = _view(spec, published, freshness, answer, viewer)
            hand_over(view)
            notices_menu.offer(view, freshness)
            drill.open_if_asked(view)
            chosen.run()
    except UnpublishedError as e:
        states.no_marts(settings, e.tables)
    except AccessError as e:
        states.denied(e)
    except LakehouseError as e:
        states.failed(e)


def _position() -> Literal["sidebar", "hidden"]:
    """Nothing is shown to who has not logged in, not even what there is."""
    try:
        viewer = source.viewer()
    except AccessError:
        return "hidden"
    return "hidden" if viewer is not None and viewer.scope.nothing else "sidebar"


def _page(spec: PageSpec) -> "st.Page":
    return st.Page(
        _SCRIPTS / f"{spec.script or spec.path}.py",
        title=spec.title,
        icon=spec.icon,
        url_path=spec.path,
        default=spec is PAGES[0],
        help=spec.question,
    )


def _view(
    spec: PageSpec,
    published: Published,
    freshness: DeltaGenerator,
    answer: DeltaGenerator,
    viewer: Viewer | None,
) -> View:
    """What the page is to show. Where there is nothing, says why and ends the page."""
    if published.marts is None:
        _explain(published)
    if published.condition is not Condition.READY:
        states.outdated(published)
    whole, number = _chosen_state(published.marts)
    marts = seen(whole, narrowed(viewer))
    if missing := [table for table in spec.needs if table not in marts.moment.tables]:
        raise UnpublishedError(missing)
    if isinstance(marts, SeenMarts):
        marts.require(spec.needs)
    covered = covered_by(marts)
    if covered is None:
        states.no_orders(source.watch().settings)
        st.stop()
    header.tell_state(freshness, marts, covered, number)
    _tell_nonsense(covered)
    chosen = filters.filter_bar(covered, spec.filters)
    settings = source.watch().settings
    return View(spec, settings, published, answer, viewer, marts, covered, chosen, number)


def _chosen_state(newest: Marts) -> tuple[Marts, int | None]:
    """The state that the URL asks for, and its number if it is not simply the newest."""
    number = as_of.asked()
    known = [each.number for each in newest.moment.publications]
    if number is None:
        return newest, None
    if not isinstance(number, int) or number not in known:
        states.no_publication(str(number), newest.moment.publications)
        st.stop()
    return source.watch().earlier(number), number


def _tell_nonsense(covered: Coverage) -> None:
    if told := filters.nonsense(covered):
        st.warning(
            " ".join([*told, "The link's other filters are kept."]),
            title="This link asks for something that is not there",
            icon=":material/link_off:",
        )


def _explain(published: Published) -> NoReturn:
    match published.condition:
        case Condition.NO_LAKE:
            states.no_lake(source.watch().settings)
        case Condition.NO_MARTS:
            states.no_marts(source.watch().settings, published.missing)
        case Condition.FAILED if published.error is not None:
            states.failed(published.error)
        case _:
            states.loading()
    st.stop()
