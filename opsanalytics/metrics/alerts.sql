-- name: promises_to_keep
-- One row a promise of `$levels` that has a day, as `due` has it: what it says where it was written last, the last day that
-- was named for it, whether it is owed past that day, and the places of its first writing and its last.
select
    promises.action_id,
    lasts.text,
    coalesce(promises.severity, lasts.severity) as severity,
    promises.created_on,
    promises.last_due_on,
    coalesce(lasts.is_overdue, false) as is_overdue,
    promises.days_late,
    promises.source_path || ':' || promises.source_line as first_place,
    lasts.source_path || ':' || lasts.source_line as last_place
from promise_facts as promises
inner join action_item_facts as lasts on promises.last_action_id = lasts.action_id
where
    list_contains(cast($levels as varchar[]), coalesce(promises.severity, lasts.severity))
    and (promises.last_due_on is not null or lasts.is_owed)
order by promises.last_due_on nulls last, promises.action_id

-- name: objective_places
-- Where each objective is written.
select
    slo_id,
    source_path || ':' || source_line as place
from slos

-- name: series_events
-- One row an event of a series of weekly counts, by its day in the zone: the counted incidents, all of them, by severity and
-- by service, and pages.
with counted as (
    select incident_id, severity, started_on, source_path || ':' || source_line as place
    from incident_times
    where is_counted
),
served as (
    select distinct incident_id, service
    from incident_services
)
select 'incidents' as kind, null as label, started_on as day_on, place
from counted

union all

select 'severity', severity, started_on, place
from counted

union all

select 'service', service, started_on, place
from counted
inner join served using (incident_id)

union all

select 'pages', null, cast(timezone($zone, timezone('UTC', paged_at)) as date), source_path || ':' || source_line
from pages

-- name: weekly_series
-- One row a series: from its first week from `$starts_on` on to the last before `$ends_on` the days on record and the events
-- of each, and the places of the last week's. All incidents and those of each severity are on record from `$first_on`, a
-- service's and pages from the first of them. A service without an event in all of these weeks has no row.
with events as (
    {series_events}
),
begun as (
    select 'incidents' as kind, null as label, cast($first_on as date) as first_on, 0 as rank

    union all

    select 'severity', level, cast($first_on as date), list_position(cast($severities as varchar[]), level)
    from unnest(cast($severities as varchar[])) as scale (level)

    union all

    select kind, label, min(day_on), if(kind = 'pages', 1001, 1000)
    from events
    where kind in ('service', 'pages')
    group by kind, label
),
days as (
    select
        kind, label, rank,
        cast(unnest(generate_series(
            greatest(first_on, cast($starts_on as date)), cast($ends_on as date) - interval 1 day, interval 1 day
        )) as date) as day_on
    from begun
    where first_on is not null
),
weeks as (
    select kind, label, rank, cast(date_trunc('week', day_on) as date) as week_on, min(day_on) as begins_on, count(*) as days
    from days
    group by kind, label, rank, week_on
),
counts as (
    select kind, label, cast(date_trunc('week', day_on) as date) as week_on, count(*) as n, list(place order by place) as places
    from events
    group by kind, label, week_on
)
select
    weeks.kind,
    weeks.label,
    min(begins_on) as begins_on,
    list(days order by weeks.week_on) as days,
    list(coalesce(n, 0) order by weeks.week_on) as counts,
    coalesce(last(places order by weeks.week_on), []) as places
from weeks
left join counts
    on weeks.kind = counts.kind
    and weeks.label is not distinct from counts.label
    and weeks.week_on = counts.week_on
group by weeks.kind, weeks.label, rank
having weeks.kind <> 'service' or count(n) > 0
order by rank, weeks.label

-- name: left_out_of_week
-- One row a reason for which incidents that started in the week are not counted.
select not_counted_reason as reason, count(*) as n
from incident_times
where
    not is_counted
    and started_on >= cast($week_on as date)
    and started_on < cast($ends_on as date)
group by reason
order by n desc, reason
