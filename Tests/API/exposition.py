"""Reads metrics from standard input with Prometheus' own parser and prints each sample: name, labels and value as one
JSON list a line."""
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    if not family.documentation or family.type == "unknown":
        sys.exit(f"{family.name} has no help or no type")
    for sample in family.samples:
        print(json.dumps([sample.name, sample.labels, sample.value]))
