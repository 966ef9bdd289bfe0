"""What an objective measures, in one line: its queries as the ratio that they stand for."""

from __future__ import annotations

from opsanalytics.markup.strict_yaml import Node
from opsanalytics.readers.tabular import compact


def at(node: Node | None, *path: str) -> Node | None:
    """What stands under the keys; None where there is nothing."""
    for key in path:
        node = node.value.get(key) if node and isinstance(node.value, dict) else None
    return node if node and node.value is not None else None


def word_at(node: Node, *path: str) -> str | None:
    found = at(node, *path)
    return found.value if found and isinstance(found.value, str) else None


def openslo_indicator(indicator: Node, objective: Node) -> str:
    spec = at(indicator, "spec") or indicator
    if ratio := at(spec, "ratioMetric"):
        return openslo_ratio(ratio)
    if threshold := at(spec, "thresholdMetric"):
        bound = [compact(node) for node in (at(objective, "op"), at(objective, "value")) if node]
        return " ".join([_query(threshold), *bound])
    return compact(indicator)


def openslo_ratio(ratio: Node) -> str:
    good, bad, total, raw = (at(ratio, name) for name in ("good", "bad", "total", "raw"))
    if raw:
        return f"1 - {_grouped(raw)}" if word_at(ratio, "rawType") == "failure" else _query(raw)
    if total and (good or bad):
        return f"{_grouped(good)} / {_grouped(total)}" if good else f"1 - {_grouped(bad)} / {_grouped(total)}"
    return compact(ratio)


def sloth_indicator(sli: Node) -> str:
    errors = at(sli, "events", "error_query") or at(sli, "events", "errorQuery")
    total = at(sli, "events", "total_query") or at(sli, "events", "totalQuery")
    raw = at(sli, "raw", "error_ratio_query") or at(sli, "raw", "errorRatioQuery")
    if errors and total:
        return f"1 - {_grouped(errors)} / {_grouped(total)}"
    return f"1 - {_grouped(raw)}" if raw else compact(sli)


def pyrra_indicator(indicator: Node) -> str:
    if errors := at(indicator, "ratio", "errors"):
        return f"1 - {_grouped(errors)} / {_grouped(at(indicator, 'ratio', 'total'))}"
    if success := at(indicator, "latency", "success"):
        return f"{_grouped(success)} / {_grouped(at(indicator, 'latency', 'total'))}"
    if native := at(indicator, "latencyNative"):
        return f"{_grouped(at(native, 'total'))} within {word_at(native, 'latency')}"
    return compact(indicator)


def _grouped(node: Node | None) -> str:
    text = " ".join(_query(node).split()) if node else "?"
    return f"({text})" if " " in text else text


def _query(metric: Node) -> str:
    """The query of a metric, else all that describes it."""
    places = (("metric",), ("query",), ("metricSource", "spec", "query"), ("spec", "query"), ("metricSource", "spec"), ("spec",))
    return compact(next((found for place in places if (found := at(metric, *place))), metric))
