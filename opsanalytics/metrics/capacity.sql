-- name: incident_months
-- One row a month that is over and in the record, which begins with its first incident, from its first day on: its days, and
-- the severity of each counted incident that started in it, an empty text where the file states none.
with months as (
    select
        month_on,
        count(*) as days
    from calendar
    cross join latest_load
    where last_day(month_on) < as_of_on
    group by month_on
    having count(*) = day(last_day(month_on))
)
select
    month_on,
    days,
    coalesce(list(coalesce(severity, '')) filter (where incident_id is not null), []) as severities
from months
left join incident_times on started_month_on = month_on and is_counted
group by month_on, days
order by month_on

-- name: severity_scale
-- One row: the levels of severity, the worst first, and the newest day on which a file of the record has an incident start.
select
    severities,
    (select max(started_on) from incidents where started_on <= as_of_on) as newest_on
from latest_load

-- name: roster
-- One row where shifts lie in the days asked, none otherwise: on how many people they fall, how many they are and how long in
-- the median, the hours of them within those days, each person's own, and the end of the last.
select
    count(distinct coalesce(names.person, oncall_shifts.person)) as people,
    count(*) as shifts,
    median(minutes_between(starts_at, ends_at)) / 60 as hours_a_shift,
    sum(minutes_between(greatest(starts_at, $starts_at), least(ends_at, $ends_at))) / 60 as hours,
    max(ends_at) as until_at
from oncall_shifts
left join ({oncall_names}) as names on ltrim(lower(trim(oncall_shifts.person)), '@') = names.name
where starts_at < $ends_at and ends_at > $starts_at and starts_at < ends_at
having count(*) > 0
