"""Reads OpenMetrics text from standard input with the parser of prometheus-client, and says
"name value" a line; labels in between. Fails on what the parser refuses."""
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

text = sys.stdin.read()
assert text.endswith("# EOF\n"), "no # EOF"
families = list(parse(text))
for family in families:
    assert family.documentation, family.name
    for s in family.samples:
        labels = ",".join(f"{k}={v}" for k, v in sorted(s.labels.items()))
        print(s.name, labels or "-", s.value)
assert len(families) > 15, len(families)
