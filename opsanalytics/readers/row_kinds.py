"""The kinds of record that are kept as rows and need no more than their columns."""

from __future__ import annotations

from opsanalytics.readers.tabular import Sheet

SERVICES = Sheet("service", "services", "services", name="service", is_named=True, order=(("active_from", "retired_on"),))
PEOPLE = Sheet("person", "people", "people", name="person", word="name", is_named=True, or_name="name")
DEPLOYMENTS = Sheet("deployment", "deployments", "deployments", name="deployment_id", needs=("service", "finished_at"))
PAGES = Sheet("page", "pages", "pages", name="page_id", needs=("paged_at",), order=(("paged_at", "acknowledged_at"),))
ANNOTATIONS = Sheet("annotation", "annotations", "annotations", name="starts_on", word="text", needs=("starts_on",),
                    order=(("starts_on", "ends_on"),))  # fmt: skip
SHIFTS = Sheet("oncall_shift", "oncall_shifts", "shifts", name="shift_id", needs=("person", "starts_at", "ends_at"),
               order=(("starts_at", "ends_at"),), days_begin=True)  # fmt: skip
SAMPLES = Sheet("sli_sample", "sli_samples", "samples", name="slo_id", needs=("bucket_at", "good", "total"),
                order=(("good", "total"),), days_begin=True)  # fmt: skip
