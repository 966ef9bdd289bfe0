-- name: clock
-- The load's clock, zone and policies. No row when nothing was loaded.
select
    as_of,
    as_of_on,
    zone,
    fiscal_year_start,
    severities,
    policies
from latest_load

-- name: first_day
-- The day on which the record begins, NULL without an incident by the as-of.
select min(started_on) as first_on
from incidents
where started_on <= $as_of_on

-- name: incident_standing
-- One row an incident: `left_out` says why it is not counted whatever the period, NULL when it is.
-- With every_kind, maintenance, notices and drills count too: only where the reader asked for it.
select
    incident_times.*,
    case
        when started_on > $as_of_on or started_at > $as_of then 'starts after the as-of'
        when $every_kind and status in ('cancelled', 'merged') then 'status is ' || status
        when $every_kind and excluded_reason is not null then 'excluded by the file: ' || excluded_reason
        when not $every_kind then not_counted_reason
    end as left_out
from incident_times

-- name: incident_population
-- One row an incident that started in the period: `left_out` says why it is not counted, NULL when it is.
with standing as (
    {incident_standing}
)
select
    * replace (
        case when $starts_on is not null and started_on is null then 'no day of start, so in no period' else left_out end
        as left_out
    )
from standing
where
    cast($starts_on as date) is null
    or started_on is null
    or (started_on >= $starts_on and started_on < $ends_on)

-- name: incident_counts
-- One row a group and reason for leaving out (NULL: counted): how many incidents, how many of them open.
with grouped as (
    {grouping}
),
population as (
    {incident_population}
)
select
    label,
    left_out as reason,
    count(*) as n,
    count(*) filter (where is_open) as n_open
from population
inner join grouped using (incident_id)
group by label, left_out
order by label is null, min(label_rank), label, reason

-- name: exposure
-- One row a group of days (one in all where `label` is NULL): how many days of it lie in the period, are begun by the
-- as-of, and are in the record, which begins with its first incident.
select
    {label} as label,
    count(*) as days
from calendar
where
    cast($starts_on as date) is null
    or (day_on >= $starts_on and day_on < $ends_on)
group by label
order by label
