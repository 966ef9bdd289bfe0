-- name: promise_standing
-- One row a promise of the metric, of any period, as it stood at the as-of, when an end after it had not happened yet:
-- `is_own` when it was first made in the period, `left_out` why it cannot be in a cohort, `day_reason` why the day of its end
-- cannot be used. sla_days is what a follow-up is allowed by the severity of its incident, any other promise by the first day
-- that was named for it: NULL when nobody says, and `sla_reason` why.
with asked as (
    select
        *,
        case
            when origin_kind <> 'incident' then date_diff('day', created_on, due_on)
            else list_extract(
                cast($sla_days as bigint[]), list_position(cast($sla_severities as varchar[]), severity)
            )
        end as sla_days
    from promise_facts
    where
        origin_kind = $origin_kind
        and ($every_kind or cast($ritual as varchar) is null or ritual = $ritual)
)
select
    action_id,
    created_on,
    ended_on,
    status,
    is_overdue,
    last_due_on,
    carried,
    sla_days,
    cast($starts_on as date) is null
    or created_on is null
    or (created_on >= $starts_on and created_on < $ends_on) as is_own,
    case
        when origin_kind <> 'incident' and due_on is null then 'no due day'
        when origin_kind <> 'incident' and due_on < created_on then 'due before it was promised'
        when origin_kind = 'incident' and severity is null then 'no severity'
        when sla_days is null then 'no follow-up SLA for ' || severity
    end as sla_reason,
    case
        when $starts_on is not null and created_on is null then 'no day of the promise, so in no period'
        when created_on > $as_of_on then 'promised after the as-of'
    end as left_out,
    case
        when created_on is null then 'no day of the promise'
        when status <> 'open' and ended_on is null then status || ', but no day is known'
        when status <> 'open' and ended_on < created_on then status || ' before it was promised'
    end as day_reason
from asked

-- name: days_to_close
-- One row a group and reason for leaving out (NULL: in the sample): of each promise that was owed in the period the days before
-- it, the days until it left the open list (so far), and how: 1 done, 2 dropped, 3 gone, 0 open at the end of the clock.
-- clock_end_on is the day of the as-of, or the period's last if earlier. A day stands for its noon, so a period begins half a
-- day before its first. One from before that cannot be timed is left out there.
with grouped as (
    {grouping}
),
standing as (
    {promise_standing}
),
owed as (
    select
        *,
        coalesce(left_out, day_reason) as reason,
        cast(greatest(date_diff('day', created_on, cast($starts_on as date)) - 0.5, 0) as double) as entry_days,
        date_diff('day', created_on, least(ended_on, $clock_end_on)) as days,
        if(ended_on <= $clock_end_on, list_position(['done', 'dropped', 'gone'], status), 0) as way
    from standing
    where
        is_own
        or (
            coalesce(left_out, day_reason) is null
            and created_on < $starts_on
            and $starts_on <= $clock_end_on
            and coalesce(ended_on >= $starts_on, true)
        )
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where way = 0) as n_open,
    array_agg(entry_days order by days, entry_days, way) as entry,
    array_agg(days order by days, entry_days, way) as exit,
    array_agg(way order by days, entry_days, way) as ways
from owed
inner join grouped using (action_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: days_of_cohort
-- One row a group and reason for leaving out (NULL: in the sample): of each promise that was first made in the period the days
-- until it left the open list (so far) and how, as in days_to_close, up to the as-of.
with grouped as (
    {grouping}
),
standing as (
    {promise_standing}
),
cohort as (
    select
        *,
        coalesce(left_out, day_reason) as reason,
        date_diff('day', created_on, coalesce(ended_on, $as_of_on)) as days,
        coalesce(list_position(['done', 'dropped', 'gone'], status), 0) as way
    from standing
    where is_own
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where way = 0) as n_open,
    array_agg(days order by days, way) as exit,
    array_agg(way order by days, way) as ways
from cohort
inner join grouped using (action_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: sla_standing
-- One row a promise of the period: whether it was done within what it is allowed, and why it cannot be asked (NULL: it can).
-- Only a promise all of whose days are over by the as-of is asked; a dropped or gone one was not done, whatever its day.
with standing as (
    {promise_standing}
)
select
    action_id,
    created_on,
    sla_days,
    status,
    status = 'open' as is_open,
    status = 'done' and date_diff('day', created_on, ended_on) <= sla_days as is_done_within,
    case
        when left_out is not null then left_out
        when day_reason is not null and (created_on is null or status not in ('dropped', 'gone')) then day_reason
        when sla_reason is not null then sla_reason
        when date_diff('day', created_on, $as_of_on) <= sla_days then 'too young: its days are not over'
    end as reason
from standing
where is_own

-- name: done_within_sla
-- One row a group and reason for leaving out (NULL: in the share): how many promises of the period, how many of them done
-- within what they are allowed each, as sla_standing has it.
with grouped as (
    {grouping}
),
judged as (
    {sla_standing}
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where is_open) as n_open,
    count(*) filter (where is_done_within) as n_done
from judged
inner join grouped using (action_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: standings
-- One row a group and reason for leaving out (NULL: in the cohort): how many promises of the period, how many of them are open
-- at the as-of, and of those, how many overdue, the last day that was named for them being over, and how many for which none was
-- named; and how many of all were carried over.
with grouped as (
    {grouping}
),
standing as (
    {promise_standing}
)
select
    label,
    left_out as reason,
    count(*) as n,
    count(*) filter (where status = 'open') as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where status = 'open' and last_due_on is null) as n_undated,
    count(*) filter (where carried > 0) as n_carried
from standing
inner join grouped using (action_id)
where is_own
group by label, left_out
order by label is null, min(label_rank), label, reason
