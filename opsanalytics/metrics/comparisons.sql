-- name: weekly_counts
-- One row a week of the period, from Monday on: its days that have begun and are on record, and the counted incidents of
-- `$levels` (NULL: of any severity) that started on them. A week without an incident has its row.
with counted as (
    select incident_id, started_on
    from ({incident_population})
    where
        left_out is null
        and (cast($levels as varchar[]) is null or list_contains(cast($levels as varchar[]), severity))
)
select
    calendar.week_on,
    count(distinct day_on) as days,
    count(incident_id) as incidents
from calendar
left join counted on counted.started_on = calendar.day_on
where
    cast($starts_on as date) is null
    or (day_on >= $starts_on and day_on < $ends_on)
group by calendar.week_on
order by calendar.week_on

-- name: seen_by_customers
-- One row: of the counted incidents that started in the period and say who saw them first, how many, and how many of
-- them customers did.
select
    count(*) as n,
    count(*) filter (where detected_by = 'customer') as n_found
from ({incident_population})
where left_out is null and detected_by is not null
