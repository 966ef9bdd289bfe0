-- name: incident_services_and_standing
-- One row an incident: its day, its services by their own names, and why it is not counted (left_out), NULL when it is.
with standing as (
    {incident_standing}
),
touched as (
    select
        incident_id,
        list(distinct service order by service) as services
    from incident_services
    group by incident_id
)
select
    incident_id,
    started_on,
    coalesce(touched.services, []) as services,
    left_out
from standing
left join touched using (incident_id)
order by started_on, incident_id

-- name: known_services
-- One row a service of the services file.
select
    service,
    aliases,
    active_from,
    retired_on
from services
order by service

-- name: decisions_taken
-- One row a decision that was accepted, whatever became of it since: what it decides, and all that it says. `number` only
-- where no other word is likely to be one: `2026-003`, `ADR-12`.
with pointed as (
    select
        from_id,
        string_agg(to_raw, ' ') as links
    from decision_links
    group by from_id
)
select
    decision_id,
    if(regexp_full_match(number, '\d\d\d\d-\d\d\d\d?|[A-Za-z]{2,8}-\d+'), number, null) as number,
    coalesce(title, decision_id) as title,
    decided_on,
    concat_ws(' ', title, decision) as decides,
    concat_ws(' ', title, context, options, decision, consequences, links) as says,
    source_path,
    source_line
from decisions
left join pointed on pointed.from_id = decisions.decision_id
where status in ('accepted', 'superseded', 'deprecated') and decided_on <= $as_of_on
order by decided_on desc, decision_id

-- name: texts_on_decisions
-- One row a text that may name a decision: what an incident or its follow-ups say, and roadmap items (incident_id NULL).
select
    incident_id,
    concat_ws(' ', title, root_cause, mitigations, evidence) as says
from incidents
union all
select
    origin_id,
    text
from action_items
where origin_kind = 'incident'
union all
select
    null,
    title
from roadmap_items

-- name: roadmap
-- One row an item of the roadmap, with the text below it, in its order; done_on where the item states the day.
with fields as (
    select
        record_id,
        string_agg(value, ' ') filter (where name = 'text') as details,
        max(try_cast(value as date)) filter (where name = 'done_on') as done_on
    from record_fields
    where record_kind = 'roadmap_item'
    group by record_id
)
select
    item_id,
    horizon,
    title,
    status,
    concat_ws(' ', title, details) as says,
    done_on,
    roadmap_items.source_path,
    roadmap_items.source_line
from roadmap_items
left join fields on fields.record_id = item_id
order by list_position(['now', 'next', 'later', 'done'], horizon), roadmap_items.source_path, position

-- name: runbooks
-- One row a runbook: whether its review is still good at the as-of (NULL where it does not say), and the day on which the
-- file first came, under whatever name; NULL where history cannot tell: the first commit, that of a shallow clone, and one
-- that brings ten runbooks or more found the files there.
with recursive names as (
    select
        runbook_id,
        source_path as path
    from runbooks

    union

    select
        names.runbook_id,
        file_versions.renamed_from
    from names
    inner join file_versions using (path)
    where file_versions.renamed_from is not null
),
dateless as (
    select git_commit
    from file_versions
    where position = 1
    union
    select cut_at
    from history_state
    union
    select git_commit
    from file_versions
    where record_kind = 'runbooks' and change = 'added'
    group by git_commit
    having count(*) >= 10
),
came as (
    select
        names.runbook_id,
        arg_min(committed_at, position) as came_at,
        arg_min(git_commit, position) as came_with
    from names
    inner join file_versions using (path)
    where record_kind = 'runbooks' and change in ('added', 'renamed')
    group by names.runbook_id
)
select
    runbook_id,
    coalesce(title, runbook_id) as title,
    service,
    date_diff('day', reviewed_on, latest_load.as_of_on) <= review_every_days as is_fresh,
    if(
        came.came_with in (select git_commit from dateless where git_commit is not null),
        null,
        cast(timezone(latest_load.zone, timezone('UTC', came.came_at)) as date)
    ) as came_on,
    source_path,
    source_line
from runbooks
left join came using (runbook_id)
cross join latest_load
order by runbook_id

-- name: service_weeks
-- One row a service and week of the period: its days in use that have begun and are on record, and the counted incidents
-- that touched it. An incident of two services counts at each.
with counted as (
    select distinct
        incident_services.service,
        incident_id,
        started_on
    from ({incident_population})
    inner join incident_services using (incident_id)
    where left_out is null
)
select
    services.service,
    calendar.week_on,
    count(distinct day_on) as days,
    count(incident_id) as incidents
from services
cross join calendar
left join counted on lower(trim(counted.service)) = lower(trim(services.service)) and counted.started_on = calendar.day_on
where
    (cast($starts_on as date) is null or (day_on >= $starts_on and day_on < $ends_on))
    and coalesce(day_on >= active_from, true)
    and coalesce(day_on < retired_on, true)
group by services.service, calendar.week_on
order by services.service, calendar.week_on

-- name: said_in_rituals
-- One row a note or action of a session that may name an incident.
with said as (
    select
        session_id,
        text,
        source_path,
        source_line
    from ritual_notes
    union all
    select
        origin_id,
        text,
        source_path,
        source_line
    from action_items
    where origin_kind = 'ritual'
)
select
    text,
    coalesce(ritual_sessions.ritual, 'a session') as ritual,
    held_on,
    said.source_path,
    said.source_line
from said
left join ritual_sessions using (session_id)
where regexp_matches(text, '[A-Za-z][-‐‑–]\d')
order by held_on, said.source_path, said.source_line

-- name: incident_files
-- One row a file that may be an incident's: one that could not be read is a file all the same.
select path
from source_files
where record_kind = 'incidents'
