"""Watches a lakehouse from outside its runs: states of documents, figures, alerts, dashboards.

`states` and `missing` say what is there, as `indextracker status` shows it. `monitor` reads that,
Dagster and the lake again and again, and serves it as figures; `rules`, `routes` and `drawing` make
of the figures what Prometheus, Alertmanager and Grafana are told, which `files` writes. Figures of
other processes are their own, by `indextracker.metrics`.
"""
