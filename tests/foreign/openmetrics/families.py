"""Reads figures in the text form of OpenMetrics from stdin with the client library of Prometheus, and
prints the names of all families with their types, one a line. Ends with 1 where it is no such text."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

try:
    families = list(text_string_to_metric_families(sys.stdin.read()))
except ValueError as error:
    print(f"not OpenMetrics: {error}", file=sys.stderr)
    sys.exit(1)
for family in families:
    print(family.name, family.type)
