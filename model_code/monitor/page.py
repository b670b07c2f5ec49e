"""The job's report as one HTML file that needs nothing else: the verdict first, then what it rests on."""

from __future__ import annotations

from model_code.drift.page import figures, page, statistics, table, text
from model_code.drift.profile import Profile
from model_code.monitor.concept import Concept
from model_code.monitor.settings import Settings
from model_code.monitor.verdict import Verdict
from model_code.monitor.window import Window

_WIDTH, _HEIGHT = 600.0, 120.0


def render(
    settings: Settings, verdict: Verdict, window: Window, baseline: Profile | None, first: Profile | None
) -> str:
    """The page. `first` holds the answers of the version's first windows; every text from the data is escaped."""
    raised = [name for name, value in verdict.alarmed.items() if value and name != "FeaturesDrifted"]
    said, tone = ("broken data", "fault") if verdict.faulty else ("quiet", "good")
    if raised:
        said, tone = ", ".join(raised), "drift"
    lead = (
        f"{settings.start:%Y-%m-%d %H:%M} to {settings.end:%Y-%m-%d %H:%M} UTC, version {settings.version}: "
        f"{window.counts.requests:,} captured requests read, {window.outcomes:,} outcomes joined, {window.wrong:,} of "
        f"them wrong; {settings.false_alarms:g} false alarms a month are allowed for"
    )
    parts = [("Findings", _findings(verdict))]
    if verdict.inputs is not None and baseline is not None and window.inputs is not None:
        parts.append(("Inputs", figures(verdict.inputs, baseline, window.inputs)))
    if verdict.predictions is not None and first is not None and window.answers is not None:
        parts.append(
            ("Answers, beside those of the first windows", figures(verdict.predictions, first, window.answers))
        )
    parts.append(("Wrong answers", _curve(verdict.state.concept, verdict.tolerated)))
    if settings.groups:
        parts.append(("Groups", _gaps(verdict)))
    if verdict.attribution is not None:
        parts.append(("Importance", _importance(verdict)))
    if settings.kpis:
        parts.append(("KPIs this month", _kpis(verdict)))
    if verdict.inputs is not None:
        parts.append(("Statistics of inputs", statistics(verdict.inputs)))
    if verdict.predictions is not None:
        parts.append(("Statistics of answers", statistics(verdict.predictions)))
    body = "".join(f"<h2>{heading}</h2>\n{content}" for heading, content in parts)
    return page(f"drift of {settings.model} in {settings.stack}", said, tone, lead, body)


def _findings(verdict: Verdict) -> str:
    rows = [
        f'<tr class="{one.level}"><td>{one.area}</td><td class="text">{text(one.kind)}</td>'
        f'<td class="text">{text(one.feature)}</td><td class="text">{text(one.text)}</td>'
        f"<td>{'' if one.p is None else f'{one.p:.2g}'}</td></tr>\n"
        for one in verdict.lines
    ]
    return table(("area", "finding", "feature", "what", "p"), rows) if rows else "<p>none</p>\n"


def _curve(concept: Concept, tolerated: float | None) -> str:
    """The share of wrong answers, window by window, and what is tolerated."""
    if not concept.curve or tolerated is None:
        return "<p>no outcome has been held to the version's error rate yet</p>\n"
    shares = [wrong / outcomes for _, wrong, outcomes, _ in concept.curve]
    top, step = max(*shares, tolerated) * 1.1, _WIDTH / len(shares)
    points = " ".join(
        f"{x * step:.1f},{_HEIGHT * (1 - share / top):.1f}" for at, share in enumerate(shares) for x in (at, at + 1)
    )
    limit = _HEIGHT * (1 - tolerated / top)
    return (
        f'<p class="dim">line: share of wrong answers by window, {text(concept.curve[0][0])} to '
        f"{text(concept.curve[-1][0])}; dashed: tolerated, {tolerated:.1%}</p>\n"
        f'<svg viewBox="0 -2 {_WIDTH:g} {_HEIGHT + 4:g}" role="img" aria-label="wrong answers">'
        f'<polyline class="limit" points="0,{limit:.1f} {_WIDTH:g},{limit:.1f}"/>'
        f'<polyline class="now" points="{points}"/></svg>\n'
    )


def _gaps(verdict: Verdict) -> str:
    rows = []
    for gap in verdict.gaps:
        shown = "".join(
            f"<td>{gap[name]['value']:.3f} ({gap[name]['low']:.3f} to {gap[name]['high']:.3f})</td>"
            for name in ("rate", "reference_rate", "difference", "ratio")
        )
        who = f"{gap['column']}={gap['group']} beside {gap['reference']}"
        rows.append(f'<tr><td>{text(who)}</td><td class="text">{gap["measure"]}</td>{shown}</tr>\n')
    heads = ("group", "measure", "rate", "reference's rate", "difference", "ratio")
    waiting = f"<p>{verdict.state.block.windows} windows are counted; too few rows to judge yet</p>\n"
    return table(heads, rows) if rows else waiting


def _importance(verdict: Verdict) -> str:
    found = verdict.attribution
    if found is None:
        return ""
    rows = [
        f"<tr><td>{text(name)}</td><td>{found.then[name]:.3f}</td><td>{found.now[name]:.3f}</td>"
        f"<td>{found.p[name]:.2g}</td></tr>\n"
        for name in sorted(found.then, key=lambda name: -found.then[name])
    ]
    return f"<p>NDCG {found.ndcg:.3f}</p>\n" + table(("feature", "before", "now", "p"), rows)


def _kpis(verdict: Verdict) -> str:
    rows = []
    for kpi in verdict.kpis:
        span = "too few values" if kpi.low is None or kpi.high is None else f"{kpi.low:.4g} to {kpi.high:.4g}"
        tone, said = ("drift", "missed") if kpi.missed else ("dim", "not missed")
        rows.append(
            f'<tr class="{tone}"><td>{text(kpi.name)}</td><td>{kpi.values:,}</td><td>{kpi.mean:.4g}</td>'
            f"<td>{span}</td><td>{kpi.direction} {kpi.target:g}</td><td>{said}</td></tr>\n"
        )
    return table(("KPI", "values", "mean", "interval", "target", ""), rows)
