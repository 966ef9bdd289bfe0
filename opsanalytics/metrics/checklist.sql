-- name: roadmap_in_one_file
-- The queries here all give one row a record that a question of the checklist is asked of: `what` it is and `why` it fails,
-- the day that puts it into a period (day_on, NULL where the question is asked of what stands now), whether it `passed`, why
-- it cannot be asked (left_out, NULL when it can), and its place.
-- This one: open items for now and next; an item passes in the file that has the most of them.
with planned as (
    select *, count(*) over (partition by source_path) as n_in_file
    from roadmap_items
    where status = 'open' and horizon in ('now', 'next')
)
select
    title as what,
    'stands in another file' as why,
    cast(null as date) as day_on,
    source_path = first_value(source_path) over (order by n_in_file desc, source_path) as passed,
    null as left_out,
    source_path,
    source_line
from planned
order by source_path, source_line

-- name: roadmap_with_dri
-- Open items for now.
select
    title as what,
    'no DRI' as why,
    cast(null as date) as day_on,
    dri is not null as passed,
    if(horizon is null, 'under no horizon', null) as left_out,
    source_path,
    source_line
from roadmap_items
where status = 'open' and (horizon = 'now' or horizon is null)
order by source_path, source_line

-- name: roadmap_changed_days
-- Versions of the roadmap on the first-parent line, by their commit.
select
    'commit ' || file_versions.git_commit[:10] as what,
    change as why,
    cast(timezone($zone, timezone('UTC', committed_at)) as date) as day_on,
    true as passed,
    if(file_versions.git_commit = cut_at, 'where a shallow clone begins, which dates nothing', null) as left_out,
    path as source_path,
    1 as source_line
from file_versions
left join history_state on file_versions.git_commit = history_state.cut_at
where record_kind = 'roadmap'
order by position

-- name: asked_incidents
-- Counted incidents of the period that the communications checklist is asked of, by their severity.
select
    incidents.*,
    case
        when left_out is not null then left_out
        when severity_rank is null then 'no severity'
        when status <> 'resolved' or resolved_at > $as_of then 'not resolved yet'
    end as unasked
from ({incident_population}) as incidents
where
    severity_rank is null
    or incident_id in (select incident_id from incident_checks where required and check_name = 'postmortem_scheduled')

-- name: comms_kept
-- Incidents that have every check of the communications checklist which is asked of them; the postmortem has its own question.
with checked as (
    select
        incident_id,
        bool_and(passed) as passed,
        bool_or(passed is null) as is_silent,
        string_agg(replace(check_name, '_', ' '), ', ' order by check_name) filter (where passed is false) as missed,
        min(source_line) filter (where passed is false) as line
    from incident_checks
    where required and check_name <> 'postmortem_scheduled'
    group by incident_id
)
select
    incidents.incident_id as what,
    'not done: ' || missed as why,
    started_on as day_on,
    checked.passed,
    case
        when unasked is not null then unasked
        when coalesce(is_silent, true) and missed is null then 'the file does not say'
    end as left_out,
    source_path,
    coalesce(line, source_line) as source_line
from ({asked_incidents}) as incidents
left join checked using (incident_id)
order by started_on, incident_id

-- name: postmortem_in_time
-- Incidents whose postmortem is scheduled for, or was held or published within, the hours that the policy allows after the end.
with judged as (
    select
        incidents.*,
        resolved_at + to_seconds($postmortem_hours * 3600) as until_at,
        least(postmortem_scheduled_at, postmortem_held_at, postmortem_published_at) as first_at,
        coalesce(checks.source_line, incidents.source_line) as line,
        if(first_at <= until_at, true, coalesce(checks.passed, first_at <= until_at)) as is_in_time
    from ({asked_incidents}) as incidents
    left join incident_checks as checks
        on incidents.incident_id = checks.incident_id and checks.check_name = 'postmortem_scheduled'
)
select
    incident_id as what,
    if(first_at is null, 'no postmortem scheduled', date_diff('hour', resolved_at, first_at) || ' h after the end') as why,
    started_on as day_on,
    is_in_time as passed,
    case
        when unasked is not null then unasked
        when is_in_time is null then 'the file does not say'
        when not is_in_time and first_at is null and until_at > $as_of then 'too young: its hours are not over'
    end as left_out,
    source_path,
    line as source_line
from judged
order by started_on, incident_id

-- name: postmortem_written
-- Incidents whose file has a root cause, evidence and a lesson. A file without any part of a postmortem, such as a post of a
-- status page, is not one that somebody left unfinished.
with told as (
    select
        *,
        incident_id in (select origin_id from lessons where origin_kind = 'incident') as has_lesson,
        root_cause is not null or incident_id in (select incident_id from incident_factors) as has_cause,
        incident_id in (select origin_id from action_items where origin_kind = 'incident') as has_action
    from incidents
)
select
    incidents.incident_id as what,
    'without ' || concat_ws(
        ', ', if(has_cause, null, 'root cause'), if(told.evidence is null, 'evidence', null), if(has_lesson, null, 'lesson')
    ) as why,
    incidents.started_on as day_on,
    has_cause and has_lesson and told.evidence is not null as passed,
    case
        when unasked is not null then unasked
        when incidents.resolved_at + to_seconds($postmortem_hours * 3600) > $as_of then 'too young: its hours are not over'
        when not (has_cause or has_lesson or has_action)
            and coalesce(told.evidence, told.mitigations, told.impact) is null then 'its file has no part of a postmortem'
    end as left_out,
    incidents.source_path,
    incidents.source_line
from ({asked_incidents}) as incidents
inner join told using (incident_id)
order by incidents.started_on, incidents.incident_id

-- name: promises_in_time
-- Promises of the metric, by whether they were done within what they are allowed.
select
    promise_facts.text as what,
    if(standing.status = 'done', 'done after ', standing.status || ' after ')
    || date_diff('day', standing.created_on, coalesce(promise_facts.ended_on, $as_of_on)) || ' days of ' || sla_days as why,
    standing.created_on as day_on,
    is_done_within as passed,
    reason as left_out,
    source_path,
    source_line
from ({sla_standing}) as standing
inner join promise_facts using (action_id)
order by standing.created_on, action_id

-- name: improvements_not_repeated
-- What retrospectives promised first, by whether a later record promised it again. One that is open has not been put to the
-- test before the next retrospective.
with standing as (
    {promise_standing}
),
held as (
    select max(held_on) as last_on
    from ritual_facts
    where ritual = 'retrospective' and is_held and held_on <= $as_of_on
)
select
    promise_facts.text as what,
    'promised again ' || if(standing.carried = 1, 'once', standing.carried || ' times') as why,
    standing.created_on as day_on,
    standing.carried = 0 as passed,
    case
        when left_out is not null then left_out
        when standing.status = 'open' and standing.carried = 0 and standing.created_on >= last_on
            then 'too young: no retrospective since'
    end as left_out,
    source_path,
    source_line
from standing
inner join promise_facts using (action_id)
cross join held
where is_own
order by standing.created_on, action_id

-- name: runbooks_fresh
-- Services in use by their newest runbook, and runbooks of no listed service.
with listed as (
    select
        service,
        source_path,
        source_line,
        unnest(list_append(coalesce(aliases, []), service)) as name,
        coalesce(retired_on > $as_of_on, true) as is_used
    from services
),
reviewed as (
    select
        *,
        reviewed_on + cast(review_every_days as integer) as review_by
    from runbooks
),
judged as (
    select
        coalesce(listed.service, runbooks.service, runbooks.title) as what,
        max(runbooks.review_by) as last_review_by,
        count(runbooks.runbook_id) as n_runbooks,
        coalesce(arg_max(runbooks.source_path, coalesce(review_by, date '0001-01-01')), any_value(listed.source_path)) as source_path,
        coalesce(arg_max(runbooks.source_line, coalesce(review_by, date '0001-01-01')), any_value(listed.source_line)) as source_line
    from listed
    full join reviewed as runbooks on lower(listed.name) = lower(runbooks.service)
    where coalesce(is_used, true)
    group by coalesce(listed.service, runbooks.service, runbooks.title)
)
select
    what,
    if(n_runbooks = 0, 'no runbook', 'to be reviewed by ' || last_review_by) as why,
    cast(null as date) as day_on,
    coalesce(last_review_by >= $as_of_on, false) as passed,
    if(n_runbooks > 0 and last_review_by is null, 'its runbook does not say how long its review holds', null) as left_out,
    source_path,
    source_line
from judged
order by what

-- name: drill_days
-- Exercises.
select
    incident_id || ': ' || title as what,
    'a drill' as why,
    started_on as day_on,
    true as passed,
    if(started_on is null, 'no day', null) as left_out,
    source_path,
    source_line
from incidents
where kind = 'drill' and status <> 'cancelled' and coalesce(started_on <= $as_of_on, true)
order by started_on, incident_id

-- name: records_pass_check
-- Files that are read or rejected, by whether the automated check finds an error or a warning in them, style apart.
with found as (
    select
        path,
        count(*) as n,
        min(line) as line,
        arg_min(code || ' ' || message, line) as first
    from findings
    where level in ('error', 'warning') and not list_contains($style, code)
    group by path
)
select distinct
    source_files.path as what,
    first || if(n > 1, ', and ' || (n - 1) || ' more', '') as why,
    cast(null as date) as day_on,
    n is null and status = 'loaded' as passed,
    null as left_out,
    source_files.path as source_path,
    coalesce(line, 1) as source_line
from source_files
left join found using (path)
where status in ('loaded', 'rejected')
order by source_path

-- name: key_results_measured
-- Key results whose objective's period is over.
select
    text as what,
    'not measured' as why,
    ends_on as day_on,
    outcome <> 'not measured' as passed,
    case
        when ends_on is null then 'no readable period of its objective'
        when outcome = 'running' then 'its period is not over'
    end as left_out,
    source_path,
    source_line
from key_result_facts
where
    cast($starts_on as date) is null
    or ends_on is null
    or (ends_on >= $starts_on and ends_on < $ends_on)
order by ends_on, key_result_id

-- name: done_checked
-- RFCs that are implemented and roadmap items that are done, by whether they have the lines of the definition of done. Where
-- no record at all has one of them, nobody writes them.
with closed as (
    select 'rfc' as record_kind, rfc_id as record_id, title, source_path, source_line
    from rfcs
    where status = 'implemented'

    union all

    select 'roadmap_item', item_id, title, source_path, source_line
    from roadmap_items
    where status = 'done'
),
written as (
    select record_kind, record_id, list(name) as names
    from record_fields
    group by record_kind, record_id
),
lacking as (
    select
        closed.*,
        list_filter($done_states, lambda name: not coalesce(list_contains(names, name), false)) as missing
    from closed
    left join written using (record_kind, record_id)
)
select
    title as what,
    'no line for ' || array_to_string(missing, ', ') as why,
    cast(null as date) as day_on,
    len(missing) = 0 as passed,
    if(exists (select * from record_fields where list_contains($done_states, name)), null, 'no record has such a line') as left_out,
    source_path,
    source_line
from lacking
order by source_path, source_line, record_kind, record_id

-- name: rituals_held
-- Days for which the cadence promised a ritual.
select
    coalesce(rituals.title, slots.ritual) || ' of ' || promised_on as what,
    outcome as why,
    promised_on as day_on,
    outcome = 'held' as passed,
    if(promised_on > $as_of_on, 'promised after the as-of', null) as left_out,
    coalesce(sessions.source_path, rituals.source_path) as source_path,
    coalesce(sessions.source_line, rituals.source_line) as source_line
from ritual_slots as slots
left join rituals using (ritual)
left join ritual_sessions as sessions using (session_id)
where
    cast($starts_on as date) is null
    or (promised_on >= $starts_on and promised_on < $ends_on)
order by promised_on, slots.ritual

-- name: timebox_kept
-- Sessions that were held.
select
    coalesce(rituals.title, sessions.ritual) || coalesce(' of ' || held_on, '') as what,
    printf('took %.0f min of %.0f', duration_minutes, sessions.timebox_minutes) as why,
    held_on as day_on,
    not is_over_timebox as passed,
    reason as left_out,
    sessions.source_path,
    sessions.source_line
from ({session_standing}) as sessions
left join rituals using (ritual)
order by held_on, session_id

-- name: decisions_complete
-- Decisions that are taken, by whether they have all that their template asks for.
select
    title as what,
    'without ' || array_to_string(missing_parts, ', ') as why,
    counted_on as day_on,
    is_complete as passed,
    case
        when left_out is not null then left_out
        when is_open then 'not decided yet'
        when template is null then 'follows no known template'
    end as left_out,
    source_path,
    source_line
from ({decision_population})
order by counted_on, decision_id

-- name: decisions_filed_soon
-- Decisions that are taken, by whether their file was committed within a week of the day.
with filed as (
    select
        record_id as decision_id,
        cast(timezone($zone, timezone('UTC', min(changed_at))) as date) as filed_on
    from record_changes
    where record_kind = 'decision' and name = 'record' and became is not null
    group by record_id
)
select
    title as what,
    'committed ' || date_diff('day', decided_on, filed_on) || ' days later' as why,
    counted_on as day_on,
    date_diff('day', decided_on, filed_on) <= 7 as passed,
    case
        when left_out is not null then left_out
        when is_open then 'not decided yet'
        when decided_on is null then 'no day decided'
        when filed_on is null then 'git does not tell when it was committed'
    end as left_out,
    source_path,
    source_line
from ({decision_population})
left join filed using (decision_id)
order by counted_on, decision_id

-- name: oncall_covered
-- Days of each service that somebody is on call for, from its first shift to the as-of, by whether somebody was on shift all
-- the time. The place is that of the shift before the gap.
with stretches as (
    select
        service,
        people,
        from_at,
        hours,
        cast(timezone($zone, timezone('UTC', from_at)) as date) as from_on,
        cast(timezone($zone, timezone('UTC', to_at - interval 1 microsecond)) as date) as to_on
    from ({rota_stretches})
),
days as (
    select
        service,
        cast(unnest(generate_series(min(from_on), max(to_on), interval 1 day)) as date) as day_on
    from stretches
    group by service
),
gaps as (
    select
        days.service,
        day_on,
        min(from_at) as gap_at,
        arg_min(hours, from_at) as hours
    from days
    inner join stretches
        on days.service is not distinct from stretches.service and day_on between from_on and to_on and people = 0
    group by days.service, day_on
)
select
    concat_ws(' of ', days.service, cast(days.day_on as varchar)) as what,
    'nobody on shift for ' || printf('%.1f', gaps.hours) || ' h' as why,
    days.day_on,
    gap_at is null as passed,
    null as left_out,
    shifts.source_path,
    shifts.source_line
from days
left join gaps on days.service is not distinct from gaps.service and days.day_on = gaps.day_on
asof left join oncall_shifts as shifts
    on coalesce(days.service, '') = coalesce(shifts.service, '') and gap_at >= shifts.ends_at
order by days.day_on, days.service
