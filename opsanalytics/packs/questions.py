"""The questions that each pack must answer, and where it does: a figure or table of a page, and the numbers that say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A figure or table by its name on the page of a notebook. numbers: their ids in numbers.json, without the page; `*` stands for
    what only a record can name. metrics: entries of the catalogue behind them.
    """

    page: str
    name: str
    numbers: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    asked: str
    answers: tuple[Answer, ...]


_INCIDENTS = ("incident_count",)
_FOLLOW_UPS = ("follow_up_completion",)
_RESTORE = ("time_to_restore",)

# By the name of the pack, in the order of its pages.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "weekly-oncall": (
        Question("Were there more or fewer incidents than usual, or is that noise?", (
            Answer("oncall_overview", "weekly_incidents", ("incidents_of_week", "incidents_usual_per_week"), _INCIDENTS),)),
        Question("Were there more or fewer pages than usual, or is that noise?", (
            Answer("oncall_overview", "weekly_pages", ("pages_of_week", "pages_usual_per_week")),
            Answer("on_call_load", "weekly_pages", ("weekly_pages.pages", "weekly_pages.in_sleep_hours")))),
        Question("Which services, severities and hours of the day had them?", (
            Answer("oncall_overview", "which"), Answer("on_call_load", "hours", ("hours_interrupted*",)))),
        Question("Did something break again that had broken before?", (
            Answer("oncall_overview", "incidents", ("repeats",)), Answer("incident_stories", "repeat"))),
        Question("What did customers see before any monitor did?", (Answer("oncall_overview", "customers", ("seen_by_customers_first",)),)),
        Question("Which error budgets are burning?", (
            Answer("oncall_overview", "budgets", ("burn_rate.*",)),
            Answer("slo_error_budgets", "budgets", ("left.*", "budgets.missed")))),
        Question("Which promises are due, and which are late?", (
            Answer("oncall_overview", "due", ("promises_due_soon", "promises_overdue")),
            Answer("follow_up_completion", "promises", ("follow_ups_open", "follow_ups_overdue"), _FOLLOW_UPS))),
        Question("Was the communication checklist kept?", (Answer("oncall_overview", "comms", ("comms_kept",)),)),
    ),
    "monthly-retro": (
        Question("What happened?", (
            Answer("retro_overview", "weekly_incidents", ("incidents", "weekly_incidents.*"), _INCIDENTS),)),
        Question("Which incident lasted longest, which surprised most, and which was a repeat?", (
            Answer("incident_stories", "longest", ("longest_minutes",), _RESTORE),
            Answer("incident_stories", "surprising", ("surprising_minutes",), _RESTORE),
            Answer("incident_stories", "repeat"))),
        Question("What went well?", (Answer("incident_stories", "well", ("caught_by_monitors",)),)),
        Question("Were the improvements of the last retrospective done?", (
            Answer("retro_overview", "latest", ("last_improvements_done",), ("retro_action_completion",)),
            Answer("retro_actions", "latest", ("last_improvements_done",)))),
        Question("Which improvements came back?", (
            Answer("retro_overview", "returning", ("improvements_came_back",)),
            Answer("retro_actions", "improvements", ("improvements.*",), ("retro_action_completion",)))),
        Question("How old are the open promises, and where do they come from?", (
            Answer("retro_overview", "promises", ("promises_open", "promises_overdue", "promises_older_than_a_quarter")),
            Answer("follow_up_completion", "ageing", ("older_than_a_quarter",), _FOLLOW_UPS),
            Answer("promise_ledger", "longest", ("promises_carried_over",)))),
        Question("Which rituals were held, and how many minutes did they take?", (
            Answer("ritual_health", "ritual_days", ("rituals.held", "rituals.missed"), ("ritual_held",)),
            Answer("ritual_health", "timeboxes", ("rituals.median", "rituals.share_within_timebox", "rituals.person_hours"),
                   ("ritual_minutes",)))),
        Question("What was decided?", (
            Answer("decision_log", "decisions", ("decisions",), ("decision_count",)),
            Answer("decision_log", "waiting", ("proposals_open", "proposals_stale"), ("time_in_proposed",)))),
        Question("How good is the record itself?", (
            Answer("record_quality", "by_kind", ("clean_files",)), Answer("record_quality", "stated_fields", ("stated.*",)))),
    ),
    "quarterly-planning": (
        Question("Were the key results hit?", (
            Answer("overview", "objectives", ("key_results.*",), ("key_results",)),
            Answer("roadmap_objectives", "key_results", ("key_results.share_hit",), ("key_results",)))),
        Question("Are there more or fewer incidents of each severity than before?", (
            Answer("overview", "weekly_incidents", ("incidents", "weekly_incidents.*"), _INCIDENTS),
            Answer("severity_trends", "levels", ("incidents_per_week.*",), _INCIDENTS))),
        Question("How long until service was back?", (
            Answer("overview", "restore_times", ("time_to_restore*",), _RESTORE),
            Answer("mttr", "restore_trend", ("time_to_restore.*",), _RESTORE),
            Answer("mttr_definitions", "definitions", ("definition.*",), _RESTORE))),
        Question("In which months did which objective miss its target?", (
            Answer("slo_error_budgets", "months", ("month.*", "months.missed")),)),
        Question("What does the budget policy ask for, and does the roadmap have it?", (
            Answer("slo_error_budgets", "verdicts", ("policy.due", "policy.not_on_the_roadmap")),)),
        Question("How long has each service been without an incident of the worst severity?", (
            Answer("severity_trends", "quiet", ("days_since_worst.*",)),)),
        Question("How many hours did responders spend?", (
            Answer("on_call_load", "responses", ("incidents_with_responder_hours",)),
            Answer("on_call_load", "hours", ("hours_interrupted", "hours_interrupted_outside_business_hours")))),
        Question("What moved on the roadmap, and who answers for what is on it?", (
            Answer("roadmap_objectives", "moved", ("roadmap_moves", "roadmap_moves.*")),
            Answer("roadmap_objectives", "roadmap", ("roadmap.to_do", "roadmap.without_dri", "roadmap.overdue")))),
        Question("What was decided, and did incidents become fewer afterwards?", (
            Answer("decision_log", "decisions", ("decisions",), ("decision_count",)),
            Answer("decision_log", "outcomes", ("outcomes.changes", "outcomes.judged")))),
        Question("What will the next month and quarter bring, and who stands ready?", (
            Answer("capacity_forecast", "forecast"), Answer("capacity_forecast", "forecasts", ("incidents.next_quarter", "pages.next_month")),
            Answer("capacity_forecast", "rota"))),
        Question("Would the founder's checklist be answered yes?", (
            Answer("founders_checklist", "priorities", ("answers.yes", "roadmap_with_dri")), Answer("founders_checklist", "incidents", ("comms_kept",)),
            Answer("founders_checklist", "done", ("done_checked",)), Answer("founders_checklist", "meetings", ("rituals_held",)))),
        Question("Which numbers of the last quarter read differently now?", (
            Answer("restatements", "numbers", ("restated",)), Answer("restatements", "changes", ("changed",)))),
        Question("Is what was promised after incidents and retrospectives done?", (
            Answer("follow_up_completion", "by_day", ("by_day.90.done",), _FOLLOW_UPS),
            Answer("retro_actions", "improvements", ("improvements.done",), ("retro_action_completion",)))),
    ),
}  # fmt: skip
