-- name: oncall_names
-- One row a name that somebody goes by, folded: the short one, the full one, the others. A name of two is nobody's. A zone
-- that is none of the database's is as good as none.
with said as (
    select
        person,
        zone,
        unnest(list_distinct(list_concat([person, name], coalesce(aliases, [])))) as name
    from people
)
select
    ltrim(lower(trim(said.name)), '@') as name,
    any_value(said.person) as person,
    any_value(zones.name) as zone
from said
left join pg_timezone_names() as zones on lower(zones.name) = lower(trim(said.zone))
group by ltrim(lower(trim(said.name)), '@')
having count(distinct said.person) = 1

-- name: begun_shifts
-- One row a shift that had begun by the as-of, with a start before its end.
select
    shift_id,
    coalesce(names.person, oncall_shifts.person) as person,
    coalesce(names.zone, latest_load.zone) as zone,
    names.zone is not null as is_own_zone,
    service,
    starts_at,
    ends_at,
    ends_at <= latest_load.as_of as is_over,
    cast(timezone(latest_load.zone, timezone('UTC', starts_at)) as date) as starts_on
from oncall_shifts
cross join latest_load
left join ({oncall_names}) as names on ltrim(lower(trim(oncall_shifts.person)), '@') = names.name
where starts_at < ends_at and starts_at <= latest_load.as_of

-- name: sent_pages
-- One row a page that was sent by the as-of.
select pages.*
from pages
cross join latest_load
where paged_at <= latest_load.as_of

-- name: calls
-- One row a page, and one a counted incident with a time: its first page's, else when it was detected, else its start.
-- person: who was called, as the record has it.
with first_pages as (
    select
        incident_id,
        min(paged_at) as called_at,
        arg_min(person, paged_at) as person
    from ({sent_pages})
    where incident_id is not null
    group by incident_id
)
select
    'page' as kind,
    page_id as call_id,
    paged_at as called_at,
    person,
    [service] as services
from ({sent_pages})

union all

select
    'incident' as kind,
    incident_id as call_id,
    coalesce(first_pages.called_at, detected_at, started_at) as called_at,
    first_pages.person,
    services
from incident_facts
left join first_pages using (incident_id)
cross join latest_load
where
    is_counted
    and coalesce(first_pages.called_at, detected_at, started_at) <= latest_load.as_of

-- name: taken_calls
-- One row a call, with whose it is: who was called, else who was on shift. On shift is who covers its service, else who covers
-- every service, else, for a service without a rota of its own, anybody. shift_id: the one shift of theirs that it fell into.
-- standing: `on shift`, `several shifts` (and nothing says which), `off shift` (somebody who was not on shift was called),
-- `nobody on shift`. Local time and hour class are the person's, else the workspace's. Shifts are joined by week, because by
-- their ends alone a hundred thousand pages take minutes.
with named as (
    select
        calls.* exclude (person),
        coalesce(names.person, calls.person) as person,
        names.zone,
        list_has_any(services, (select coalesce(list(distinct service), []) from oncall_shifts)) as has_rota
    from ({calls}) as calls
    left join ({oncall_names}) as names on ltrim(lower(trim(calls.person)), '@') = names.name
),
shift_weeks as (
    select
        shifts.*,
        unnest(generate_series(date_trunc('week', starts_at), least(ends_at, latest_load.as_of), interval 7 days)) as week_at
    from ({begun_shifts}) as shifts
    cross join latest_load
),
candidates as (
    select
        kind,
        call_id,
        shifts.shift_id,
        shifts.person,
        if(shifts.is_own_zone, shifts.zone, null) as zone,
        case
            when shifts.service is null then 1
            when list_contains(named.services, shifts.service) then 2
            else 0
        end as closeness
    from named
    inner join shift_weeks as shifts
        on date_trunc('week', named.called_at) = shifts.week_at
        and named.called_at >= shifts.starts_at
        and named.called_at < shifts.ends_at
        and coalesce(
            named.person = shifts.person,
            shifts.service is null
            or list_contains(named.services, shifts.service)
            or not has_rota
        )
    qualify closeness = max(closeness) over (partition by kind, call_id)
),
shifted as (
    select
        kind,
        call_id,
        count(*) as n_shifts,
        if(count(*) = 1, any_value(shift_id), null) as shift_id,
        if(count(distinct person) = 1, any_value(person), null) as person,
        if(count(distinct person) = 1, any_value(zone), null) as zone
    from candidates
    group by kind, call_id
)
select
    kind,
    call_id,
    called_at,
    coalesce(named.person, shifted.person) as person,
    shift_id,
    case
        when shift_id is not null then 'on shift'
        when n_shifts > 1 then 'several shifts'
        when named.person is not null then 'off shift'
        else 'nobody on shift'
    end as standing,
    coalesce(named.zone, shifted.zone, latest_load.zone) as local_zone,
    coalesce(named.zone, shifted.zone) is not null as is_own_zone,
    timezone(local_zone, timezone('UTC', called_at)) as called_local_at,
    hour_class(called_local_at) as hour_class,
    cast(timezone(latest_load.zone, timezone('UTC', called_at)) as date) as called_on
from named
left join shifted using (kind, call_id)
cross join latest_load

-- name: responses
-- One row a person's stay in a counted incident that tells when it began. minutes: NULL where it tells no end, or an end that
-- is before it began or more than a week later; of the stays of one person in one incident time that is told twice counts once.
with stays as (
    select
        incident_id,
        coalesce(names.person, incident_responders.person) as responder,
        coalesce(names.zone, latest_load.zone) as local_zone,
        joined_at,
        if(left_at between joined_at and least(joined_at + interval 7 days, latest_load.as_of), left_at, null) as left_at,
        incident_facts.severity,
        incident_facts.severity_rank
    from incident_responders
    inner join incident_facts using (incident_id)
    cross join latest_load
    left join ({oncall_names}) as names on ltrim(lower(trim(incident_responders.person)), '@') = names.name
    where is_counted and joined_at <= latest_load.as_of
),
ordered as (
    select
        *,
        max(left_at) over (
            partition by incident_id, responder order by joined_at, left_at rows between unbounded preceding and 1 preceding
        ) as known_until
    from stays
)
select
    incident_id,
    responder as person,
    local_zone,
    joined_at,
    left_at,
    severity,
    severity_rank,
    minutes_between(least(greatest(joined_at, coalesce(known_until, joined_at)), left_at), left_at) as minutes,
    cast(timezone(latest_load.zone, timezone('UTC', joined_at)) as date) as joined_on
from ordered
cross join latest_load

-- name: interrupted_hours
-- One row a person and clock hour, on the person's clock, in which a page of theirs was sent or they worked on an incident.
-- A stay without an end that can be used is the hour in which it began.
with work as (
    select
        person,
        local_zone,
        called_at as from_at,
        called_at as to_at
    from ({taken_calls})
    where kind = 'page' and person is not null

    union all

    select
        person,
        local_zone,
        joined_at as from_at,
        coalesce(left_at, joined_at) as to_at
    from ({responses})
),
started as (
    select
        *,
        timezone(local_zone, timezone('UTC', from_at)) as from_local_at,
        from_at - (from_local_at - date_trunc('hour', from_local_at)) as hour_at
    from work
),
hours as (
    select distinct
        person,
        local_zone,
        unnest(generate_series(hour_at, greatest(from_at, to_at - interval 1 microsecond), interval 1 hour)) as hour_at
    from started
)
select
    person,
    hour_at,
    hour_class(timezone(local_zone, timezone('UTC', hour_at))) as hour_class,
    cast(timezone(latest_load.zone, timezone('UTC', hour_at)) as date) as hour_on
from hours
cross join latest_load

-- name: pages_known
-- One row: first and last day on which a page was sent, in the workspace's zone; NULL without a page.
select
    cast(timezone(latest_load.zone, timezone('UTC', min(paged_at))) as date) as first_on,
    cast(timezone(latest_load.zone, timezone('UTC', max(paged_at))) as date) as last_on
from latest_load
left join ({sent_pages}) as pages on true
group by latest_load.zone

-- name: load_months
-- One row a month from the first page's to the last page's: its days, those of them from the first to the last page, and what
-- fell into it. hours: NULL where pages were sent and nobody is known whom they called.
with months as (
    select
        unnest(generate_series(date_trunc('month', first_on), last_on, interval 1 month)) as month_at,
        first_on,
        last_on
    from ({pages_known})
    where first_on is not null
),
paged as (
    select
        date_trunc('month', called_on) as month_at,
        count(*) as pages,
        count(*) filter (where person is null) as pages_of_nobody
    from ({taken_calls})
    where kind = 'page'
    group by date_trunc('month', called_on)
),
broken as (
    select
        date_trunc('month', started_on) as month_at,
        count(*) as incidents
    from incident_times
    where is_counted
    group by date_trunc('month', started_on)
),
interrupted as (
    select
        date_trunc('month', hour_on) as month_at,
        count(*) as hours
    from ({interrupted_hours})
    group by date_trunc('month', hour_on)
)
select
    cast(month_at as date) as month_on,
    day(last_day(month_at)) as days,
    date_diff('day', greatest(month_at, first_on), least(last_day(month_at), last_on)) + 1 as days_covered,
    coalesce(pages, 0) as pages,
    coalesce(pages_of_nobody, 0) as pages_of_nobody,
    coalesce(incidents, 0) as incidents,
    case when coalesce(pages_of_nobody, 0) = 0 or pages_of_nobody < pages then coalesce(hours, 0) end as hours
from months
left join paged using (month_at)
left join broken using (month_at)
left join interrupted using (month_at)
order by month_on

-- name: hour_classes
-- One row an hour class, in their order.
select
    unnest(['business', 'off', 'sleep']) as hour_class,
    unnest([1, 2, 3]) as position

-- name: class_loads
-- One row an hour class: what fell into the days. n_nobody: the pages of nobody. n_elsewhere: those that the workspace's clock
-- sorted, for want of their person's.
with called as (
    select
        hour_class,
        count(*) filter (where kind = 'page') as pages,
        count(*) filter (where kind = 'page' and person is null) as n_nobody,
        count(*) filter (where kind = 'page' and person is not null and not is_own_zone) as n_elsewhere,
        count(*) filter (where kind = 'incident') as incidents
    from ({taken_calls})
    where called_on between $first_on and $last_on
    group by hour_class
),
interrupted as (
    select
        hour_class,
        count(*) as hours
    from ({interrupted_hours})
    where hour_on between $first_on and $last_on
    group by hour_class
)
select
    hour_class,
    coalesce(pages, 0) as pages,
    coalesce(n_nobody, 0) as n_nobody,
    coalesce(n_elsewhere, 0) as n_elsewhere,
    coalesce(incidents, 0) as incidents,
    coalesce(hours, 0) as hours
from ({hour_classes})
left join called using (hour_class)
left join interrupted using (hour_class)
order by position

-- name: shift_loads
-- One row a shift that began in the days and an hour class: the calls that fell into it, and the interrupted hours of its person
-- meanwhile. pages is NULL for a shift that lies before the first page or after the last, incidents for one before the first
-- incident. crowded: the stretches of twelve hours, from the shift's start, with more than two incidents of any class.
with known as (
    select
        min(called_at) filter (where kind = 'page') as first_page_at,
        max(called_at) filter (where kind = 'page') as last_page_at,
        min(called_at) filter (where kind = 'incident') as first_incident_at
    from ({calls})
),
called as (
    select
        shift_id,
        hour_class,
        count(*) filter (where kind = 'page') as pages,
        count(*) filter (where kind = 'incident') as incidents
    from ({taken_calls})
    group by shift_id, hour_class
),
interrupted as (
    select
        shift_id,
        hour_class,
        count(distinct hour_at) as hours
    from ({begun_shifts}) as shifts
    inner join ({interrupted_hours}) as hours
        on shifts.person = hours.person
        and hour_at < ends_at
        and hour_at + interval 1 hour > starts_at
    group by shift_id, hour_class
),
stretches as (
    select
        shift_id,
        count(*) as incidents
    from ({taken_calls})
    inner join ({begun_shifts}) using (shift_id)
    where kind = 'incident'
    group by shift_id, date_diff('second', starts_at, called_at) // 43200
),
crowded as (
    select
        shift_id,
        count(*) as crowded
    from stretches
    where incidents > 2
    group by shift_id
)
select
    shift_id,
    service,
    starts_at,
    ends_at,
    starts_on,
    is_over,
    hour_class,
    if(ends_at > first_page_at and starts_at <= last_page_at, coalesce(pages, 0), null) as pages,
    if(ends_at > first_incident_at, coalesce(incidents, 0), null) as incidents,
    coalesce(hours, 0) as hours,
    cast(ceil(date_diff('second', starts_at, ends_at) / 43200) as bigint) as stretches,
    coalesce(crowded, 0) as crowded
from ({begun_shifts})
cross join known
cross join ({hour_classes})
left join called using (shift_id, hour_class)
left join interrupted using (shift_id, hour_class)
left join crowded using (shift_id)
where starts_on between $first_on and $last_on
order by starts_at, shift_id, position

-- name: call_standings
-- One row a standing that occurs in the days, and how many of the calls have it.
select
    standing,
    count(*) filter (where kind = 'page') as pages,
    count(*) filter (where kind = 'incident') as incidents
from ({taken_calls})
where called_on between $first_on and $last_on
group by standing
order by standing

-- name: unusable_shifts
-- One row: how many shifts lack a start before their end.
select count(*) as n
from oncall_shifts
where not coalesce(starts_at < ends_at, false)

-- name: rota_stretches
-- One row a service that somebody covers and a stretch of time in which as many were on shift for it, two standing for more:
-- from its first shift to the as-of, as far as it lies in the asked days. A shift for no service in particular is for every one.
with services as (
    select distinct service
    from ({begun_shifts})
),
covering as (
    select
        services.service,
        coalesce(person, shift_id) as person,
        starts_at,
        least(ends_at, latest_load.as_of) as ends_at
    from services
    inner join ({begun_shifts}) as shifts on shifts.service is null or services.service = shifts.service
    cross join latest_load
),
edges as (
    select service, starts_at as starts_at from covering
    union
    select service, ends_at from covering
    union
    select service, latest_load.as_of from services cross join latest_load
),
pieces as (
    select
        service,
        starts_at,
        lead(starts_at) over (partition by service order by starts_at) as ends_at
    from edges
),
counted as (
    select
        pieces.service,
        pieces.starts_at,
        pieces.ends_at,
        least(count(distinct person), 2) as people
    from pieces
    left join covering
        on pieces.service is not distinct from covering.service
        and covering.starts_at <= pieces.starts_at
        and covering.ends_at > pieces.starts_at
    where pieces.ends_at is not null
    group by pieces.service, pieces.starts_at, pieces.ends_at
),
turned as (
    select
        *,
        people is distinct from lag(people) over (partition by service order by starts_at) as is_turn
    from counted
),
numbered as (
    select
        *,
        sum(cast(is_turn as integer)) over (partition by service order by starts_at) as number
    from turned
),
merged as (
    select
        service,
        any_value(people) as people,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at
    from numbered
    group by service, number
)
select
    service,
    people,
    greatest(starts_at, coalesce(cast($from_at as timestamp), starts_at)) as from_at,
    least(ends_at, coalesce(cast($to_at as timestamp), ends_at)) as to_at,
    minutes_between(from_at, to_at) / 60 as hours
from merged
where from_at < to_at
order by service nulls first, from_at

-- name: acknowledgements
-- One row a page of the days: minutes until somebody took it, else until the as-of. An end before its start is left out.
select
    hour_class,
    minutes_between(paged_at, coalesce(taken_at, latest_load.as_of)) as minutes,
    taken_at is not null as is_taken
from (select *, if(acknowledged_at <= (select as_of from latest_load), acknowledged_at, null) as taken_at from ({sent_pages})) as pages
inner join ({taken_calls}) as calls on calls.kind = 'page' and pages.page_id = calls.call_id
cross join latest_load
where called_on between $first_on and $last_on

-- name: response_hours
-- One row a severity: its counted incidents of the days, those of them that tell how long somebody worked on them, and the hours.
with told as (
    select
        incident_id,
        sum(minutes) / 60 as hours,
        count(distinct person) as people
    from ({responses})
    where minutes is not null
    group by incident_id
)
select
    severity,
    count(*) as incidents,
    count(told.hours) as n,
    sum(told.hours) as hours,
    sum(told.people) as people
from incident_times
left join told using (incident_id)
where is_counted and started_on between $first_on and $last_on
group by severity, severity_rank
order by severity_rank nulls last, severity

-- name: rota_shares
-- One row a rota, of three people or more with a shift that began in the days: how many they are, the pages of the days that
-- fell into its shifts, the most that one of them had, and the same of sleep hours. Who it was is not told.
with rota as (
    select
        service,
        coalesce(person, shift_id) as person,
        list(shift_id) as shift_ids
    from ({begun_shifts})
    where starts_on between $first_on and $last_on
    group by service, coalesce(person, shift_id)
),
owned as (
    select
        service,
        person,
        unnest(shift_ids) as shift_id
    from rota
),
each as (
    select
        owned.service,
        owned.person,
        count(call_id) as pages,
        count(call_id) filter (where hour_class = 'sleep') as sleep_pages
    from owned
    left join ({taken_calls}) as calls on calls.kind = 'page' and owned.shift_id = calls.shift_id
    group by owned.service, owned.person
)
select
    service,
    count(*) as people,
    cast(sum(pages) as bigint) as pages,
    max(pages) as most_pages,
    cast(sum(sleep_pages) as bigint) as sleep_pages,
    max(sleep_pages) as most_sleep_pages
from each
group by service
having count(*) >= 3
order by sum(pages) desc, service nulls first
