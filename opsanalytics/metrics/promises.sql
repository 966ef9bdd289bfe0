-- name: promise_cohort
-- One row a promise of the period's cohort, as it stood at the as-of: `left_out` says why it cannot be in a cohort,
-- `day_reason` why the day of its end cannot be used. A done day after the as-of has not happened yet.
-- sla_days is what a follow-up is allowed by the severity of its incident, any other promise by its due day: NULL when
-- nobody says, and `sla_reason` why.
with standing as (
    select
        action_item_facts.*,
        case
            when origin_kind <> 'incident' then date_diff('day', created_on, due_on)
            else list_extract(
                cast($sla_days as bigint[]), list_position(cast($sla_severities as varchar[]), severity)
            )
        end as sla_days,
        case when action_item_facts.status = 'done' and done_on > $as_of_on then 'open' else action_item_facts.status end
            as standing
    from action_item_facts
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
    due_on,
    done_on,
    standing,
    sla_days,
    carried_from is not null as is_carried,
    action_id in (select carried_from from action_items where carried_from is not null) as is_carried_on,
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
        when standing = 'done' and done_on is null then 'done, but no day is known'
        when standing = 'done' and done_on < created_on then 'done before it was promised'
    end as day_reason
from standing

-- name: days_to_close
-- One row a group and reason for leaving out (NULL: in the sample): the days of those done, the days so far of those
-- open at the as-of. A dropped or gone promise left the open list on a day that nobody wrote down.
with grouped as (
    {grouping}
),
cohort as (
    {promise_cohort}
),
judged as (
    select
        action_id,
        standing = 'open' as is_censored,
        date_diff('day', created_on, case when standing = 'open' then $as_of_on else done_on end) as days,
        case
            when left_out is not null then left_out
            when day_reason is not null then day_reason
            when standing in ('dropped', 'gone') then standing || ', but no day is known'
        end as reason
    from cohort
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where is_censored) as n_open,
    coalesce(array_agg(days order by days) filter (where reason is null and not is_censored), []) as ended,
    coalesce(array_agg(days order by days) filter (where reason is null and is_censored), []) as censored
from judged
inner join grouped using (action_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: done_within
-- One row a group and reason for leaving out (NULL: in the share): how many promises, how many of them done within
-- `within_days`, or within what they are allowed each when that is NULL. Only promises all of whose days are over by the
-- as-of are asked; a dropped or gone one was not done.
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
        standing = 'open' as is_open,
        standing = 'done' and date_diff('day', created_on, done_on) <= allowed_days as is_done_within,
        case
            when left_out is not null then left_out
            when day_reason is not null then day_reason
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
-- One row a group and reason for leaving out (NULL: in the cohort): how many promises, how many of them are owed at the
-- as-of, and of those, how many overdue, their due day being over, and how many without a due day; how many more are open
-- in a writing that a later action carries on, and so owed there; and how many of all continue an earlier one.
with grouped as (
    {grouping}
),
cohort as (
    {promise_cohort}
),
owed as (
    select
        *,
        standing = 'open' and not is_carried_on as is_owed
    from cohort
)
select
    label,
    left_out as reason,
    count(*) as n,
    count(*) filter (where is_owed) as n_open,
    count(*) filter (where is_owed and due_on < $as_of_on) as n_overdue,
    count(*) filter (where is_owed and due_on is null) as n_undated,
    count(*) filter (where standing = 'open' and is_carried_on) as n_carried_on,
    count(*) filter (where is_carried) as n_carried
from owed
inner join grouped using (action_id)
group by label, left_out
order by label is null, min(label_rank), label, reason
