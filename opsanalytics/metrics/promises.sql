-- name: promise_cohort
-- One row a promise that was first made in the period, as it stood at the as-of, when an end after it had not happened yet:
-- `left_out` says why it cannot be in a cohort, `day_reason` why the day of its end cannot be used. sla_days is what a
-- follow-up is allowed by the severity of its incident, any other promise by the first day that was named for it: NULL when
-- nobody says, and `sla_reason` why.
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
        and (
            cast($starts_on as date) is null
            or created_on is null
            or (created_on >= $starts_on and created_on < $ends_on)
        )
)
select
    action_id,
    created_on,
    ended_on,
    status,
    status in ('dropped', 'gone') as is_given_up,
    is_overdue,
    last_due_on,
    carried,
    sla_days,
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
-- One row a group and reason for leaving out (NULL: in the sample): the days until it left the open list, of those done and of
-- all that ended, and the days so far of those open at the as-of.
with grouped as (
    {grouping}
),
cohort as (
    {promise_cohort}
),
judged as (
    select
        action_id,
        status,
        is_given_up,
        date_diff('day', created_on, if(status = 'open', $as_of_on, ended_on)) as days,
        coalesce(left_out, day_reason) as reason
    from cohort
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where status = 'open') as n_open,
    count(*) filter (where is_given_up) as n_given_up,
    coalesce(array_agg(days order by days) filter (where reason is null and status <> 'open'), []) as ended,
    coalesce(array_agg(days order by days) filter (where reason is null and status = 'done'), []) as done,
    coalesce(array_agg(days order by days) filter (where reason is null and status = 'open'), []) as censored
from judged
inner join grouped using (action_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: done_within
-- One row a group and reason for leaving out (NULL: in the share): how many promises, how many of them done within
-- `within_days`, or within what they are allowed each when that is NULL. Only promises all of whose days are over by the
-- as-of are asked; a dropped or gone one was not done, whatever its day.
with grouped as (
    {grouping}
),
cohort as (
    {promise_cohort}
),
allowed as (
    select
        *,
        coalesce(cast($within_days as bigint), sla_days) as allowed_days
    from cohort
),
judged as (
    select
        action_id,
        status = 'open' as is_open,
        status = 'done' and date_diff('day', created_on, ended_on) <= allowed_days as is_done_within,
        case
            when left_out is not null then left_out
            when day_reason is not null and (created_on is null or not is_given_up) then day_reason
            when cast($within_days as bigint) is null and sla_reason is not null then sla_reason
            when date_diff('day', created_on, $as_of_on) <= allowed_days then 'too young: its days are not over'
        end as reason
    from allowed
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
-- One row a group and reason for leaving out (NULL: in the cohort): how many promises, how many of them are open at the
-- as-of, and of those, how many overdue, the last day that was named for them being over, and how many for which none was
-- named; and how many of all were carried over.
with grouped as (
    {grouping}
),
cohort as (
    {promise_cohort}
)
select
    label,
    left_out as reason,
    count(*) as n,
    count(*) filter (where status = 'open') as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where status = 'open' and last_due_on is null) as n_undated,
    count(*) filter (where carried > 0) as n_carried
from cohort
inner join grouped using (action_id)
group by label, left_out
order by label is null, min(label_rank), label, reason
