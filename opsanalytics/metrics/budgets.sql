-- name: usable_samples
-- One row a sample that is over at the as-of and can be used: one without a start, a length or counts, or with more good
-- events than all, is as good as none.
select
    slo_id,
    bucket_at,
    bucket_minutes,
    bucket_at + to_microseconds(cast(bucket_minutes * 60000000 as bigint)) as bucket_ends_at,
    good,
    total
from sli_samples
where
    bucket_minutes > 0
    and good between 0 and total
    and bucket_ends_at <= $as_of

-- name: samples_seen
-- One row an objective that has samples: how many, how long, and how many could not be used, or are not over.
with usable as (
    {usable_samples}
),
used as (
    select
        slo_id,
        count(*) as n,
        min(bucket_minutes) as shortest_minutes,
        max(bucket_minutes) as longest_minutes
    from usable
    group by slo_id
)
select
    slo_id,
    coalesce(n, 0) as n,
    shortest_minutes,
    longest_minutes,
    count(*) - coalesce(n, 0) as n_excluded
from sli_samples
left join used using (slo_id)
group by slo_id, n, shortest_minutes, longest_minutes

-- name: sample_gaps
-- One row a stretch between the first sample of an objective and the as-of for which it has none, where one as long as the
-- shortest would have had room.
with usable as (
    {usable_samples}
),
ends as (
    select
        slo_id,
        bucket_at as ends_at,
        max(bucket_ends_at) over (
            partition by slo_id order by bucket_at rows between unbounded preceding and 1 preceding
        ) as begins_at
    from usable
    union all
    select slo_id, cast($as_of as timestamp) as ends_at, max(bucket_ends_at) as begins_at
    from usable
    group by slo_id
)
select
    slo_id,
    begins_at,
    ends_at,
    minutes_between(begins_at, ends_at) as minutes
from ends
inner join (select slo_id, min(bucket_minutes) as shortest_minutes from usable group by slo_id) using (slo_id)
where minutes_between(begins_at, ends_at) >= shortest_minutes
order by slo_id, begins_at

-- name: objectives
-- One row an objective, and from when to when it has samples, whatever the gaps between.
with seen as (
    select
        slo_id,
        min(bucket_at) as first_at,
        max(bucket_ends_at) as last_at,
        arg_max(bucket_at, bucket_ends_at) as last_begins_at
    from ({usable_samples})
    group by slo_id
)
select
    slos.slo_id,
    slos.service,
    slos.name,
    slos.target,
    slos.time_window,
    slos.window_kind,
    coalesce(slos.budgeting_method, 'occurrences') as method,
    slos.time_slice_target as slice_target,
    slos.time_slice_window as slice_window,
    seen.first_at,
    seen.last_at,
    seen.last_begins_at
from slos
left join seen using (slo_id)
order by slos.service is null, slos.service, slos.slo_id

-- name: budget_units
-- One row a stretch and unit that the budget counts in it: a sample, or a time slice with the samples seen of it.
-- Samples of the same start and length are parts of one. A stretch has the samples that end in it, that lie in it by the
-- greater part, or that begin in it, as `sides` says: end, middle, start. A slice of whole days begins at midnight in the zone.
-- Good and total are events, else slices: a slice without events is none.
with asked as (
    select
        unnest(cast($numbers as bigint[])) as number,
        unnest(cast($slo_ids as varchar[])) as slo_id,
        unnest(cast($methods as varchar[])) as method,
        unnest(cast($slice_targets as double[])) as slice_target,
        unnest(cast($slice_seconds as bigint[])) as slice_seconds,
        unnest(cast($starts_at as timestamp[])) as starts_at,
        unnest(cast($ends_at as timestamp[])) as ends_at,
        unnest(cast($sides as varchar[])) as side
),
span as (
    select
        min(starts_at) as first_at,
        max(ends_at) as last_at
    from asked
),
buckets as (
    select
        slo_id,
        bucket_at,
        bucket_ends_at,
        bucket_minutes,
        sum(good) as good,
        sum(total) as total
    from ({usable_samples})
    where
        bucket_ends_at > (select first_at from span)
        and bucket_at < (select last_at from span)
    group by slo_id, bucket_at, bucket_ends_at, bucket_minutes
),
sided as (
    select
        buckets.*,
        side,
        case side
            when 'end' then bucket_ends_at
            when 'middle' then bucket_at + (bucket_ends_at - bucket_at) / 2
            else bucket_at + interval 1 microsecond
        end as counts_at
    from buckets
    cross join (select distinct side from asked)
),
placed as (
    select
        asked.number,
        asked.method,
        asked.slice_target,
        sided.*,
        case
            when asked.slice_seconds is null then bucket_at
            when asked.slice_seconds % 86400 <> 0 then time_bucket(to_seconds(asked.slice_seconds), bucket_at)
            else time_bucket(to_seconds(asked.slice_seconds), timezone($zone, timezone('UTC', bucket_at)))
        end as unit_at
    from sided
    inner join asked
        on sided.slo_id = asked.slo_id
        and sided.side = asked.side
        and counts_at > asked.starts_at
        and counts_at <= asked.ends_at
),
units as (
    select
        number,
        any_value(slo_id) as slo_id,
        any_value(method) as method,
        any_value(slice_target) as slice_target,
        min(bucket_at) as unit_starts_at,
        max(bucket_ends_at) as unit_ends_at,
        count(*) as n,
        sum(bucket_minutes) as minutes,
        min(bucket_minutes) as shortest_minutes,
        max(bucket_minutes) as longest_minutes,
        sum(good) as good,
        sum(total) as total
    from placed
    group by number, unit_at
)
select
    * replace (
        case
            when method = 'occurrences' then good
            when total = 0 then 0
            when method = 'timeslices' then if(good / total >= slice_target, 1, 0)
            else good / total
        end as good,
        case when method = 'occurrences' then total when total > 0 then 1 else 0 end as total
    )
from units

-- name: budget_counts
-- One row a stretch that has samples: what its budget counts, and how many samples of how many minutes it has.
with units as (
    {budget_units}
)
select
    number,
    sum(good) as good,
    sum(total) as total,
    cast(sum(n) as bigint) as n,
    sum(minutes) as minutes,
    min(shortest_minutes) as shortest_minutes,
    max(longest_minutes) as longest_minutes
from units
group by number
order by number

-- name: impacts
-- One row a counted incident and an objective of one of its services: from when to when the impact lasted, up to the as-of
-- at most, or the reason why nobody can tell.
with lasted as (
    select
        incident_id,
        services,
        coalesce(impact_started_at, started_at) as begins_at,
        case when restored_at is not null or is_open then least(restored_at, as_of_now) end as ends_at
    from incident_facts
    cross join (select as_of as as_of_now from latest_load)
    where is_counted
)
select distinct
    lasted.incident_id,
    slos.slo_id,
    slos.service,
    begins_at,
    ends_at,
    case
        when begins_at is null then 'no start of the impact'
        when ends_at is null then 'no end of the impact'
        when ends_at <= begins_at then 'the impact ends before it begins, or at once'
    end as reason
from lasted
inner join slos on list_contains(list_transform(lasted.services, lambda name: lower(trim(name))), lower(trim(slos.service)))
where cast($since as timestamp) is null or ends_at is null or ends_at > $since
order by ends_at, lasted.incident_id, slos.slo_id

-- name: impact_shares
-- One row a stretch and incident whose impact its samples saw: the bad events (or slices) that fall to it. Of a sample that
-- lies in part in an impact that part is taken, by minutes; incidents that share a minute share what was bad in it. At
-- least (`low`) it is what was bad in samples that lie wholly in it and in no other, at most (`high`) all in those it meets.
with units as (
    {budget_units}
),
impacts as (
    select
        incident_id,
        slo_id,
        begins_at,
        ends_at
    from ({impacts})
    where reason is null
),
bounds as (
    select slo_id, begins_at as from_at from impacts
    union
    select slo_id, ends_at as from_at from impacts
),
pieces as (
    select
        slo_id,
        from_at,
        lead(from_at) over (partition by slo_id order by from_at) as to_at
    from bounds
),
shared as (
    select
        pieces.*,
        impacts.incident_id,
        count(*) over (partition by pieces.slo_id, pieces.from_at) as n_incidents
    from pieces
    inner join impacts
        on pieces.slo_id = impacts.slo_id
        and pieces.from_at >= impacts.begins_at
        and pieces.to_at <= impacts.ends_at
),
met as (
    select
        units.number,
        shared.incident_id,
        unit_starts_at,
        any_value(units.n) as n,
        any_value(units.total - units.good) as bad,
        any_value(minutes_between(unit_starts_at, unit_ends_at)) as unit_minutes,
        sum(minutes_between(greatest(unit_starts_at, from_at), least(unit_ends_at, to_at))) as minutes,
        sum(minutes_between(greatest(unit_starts_at, from_at), least(unit_ends_at, to_at)) / n_incidents) as own_minutes
    from units
    inner join shared
        on units.slo_id = shared.slo_id
        and unit_starts_at < to_at
        and unit_ends_at > from_at
    group by units.number, shared.incident_id, unit_starts_at, unit_ends_at
)
select
    number,
    incident_id,
    sum(bad * own_minutes / unit_minutes) as bad,
    sum(if(own_minutes > unit_minutes - 1e-6, bad, 0)) as low,
    sum(bad) as high,
    cast(sum(n) as bigint) as n,
    sum(minutes) as minutes,
    bool_or(minutes < unit_minutes - 1e-6) as is_partial,
    bool_or(own_minutes < minutes - 1e-6) as is_split
from met
group by number, incident_id
order by number, incident_id

-- name: incident_classes
-- One row an incident and a class that its factors give it.
select distinct
    incident_id,
    class
from incident_factors
where class is not null
order by incident_id, class

-- name: planned
-- One row an open item of the roadmap that is for now or next.
select
    horizon,
    title,
    source_path,
    source_line
from roadmap_items
where status = 'open' and horizon in ('now', 'next')
order by horizon = 'next', source_path, position

-- name: service_aliases
-- One row a service that has other names.
select
    service,
    aliases
from services
where aliases is not null

-- name: postmortems
-- One row an incident: what the record says of its postmortem.
select
    incident_id,
    case
        when postmortem_published_at is not null then 'postmortem published ' || strftime(postmortem_published_at, '%Y-%m-%d')
        when postmortem_held_at is not null then 'postmortem held ' || strftime(postmortem_held_at, '%Y-%m-%d')
        when postmortem_scheduled_at is not null then 'postmortem scheduled ' || strftime(postmortem_scheduled_at, '%Y-%m-%d')
        else 'no postmortem on record'
    end as said
from incidents
