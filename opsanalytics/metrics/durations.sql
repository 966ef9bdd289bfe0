-- name: duration_items
-- One row an incident whose clock ran in the period: its minutes, or the minutes so far (is_censored) when it had not
-- ended by the end of the clock, which is the as-of, or the period's end if earlier; and its minutes before the period.
-- `reason` says why it is left out, NULL when it is not, of those whose clock started in the period: one from before
-- that cannot be timed is left out there. Without the time that starts its clock an incident stands on its day of start,
-- and without that in every period. `start_word` and `end_word` name the two times.
with standing as (
    {incident_standing}
),
spans as (
    select
        incident_id,
        left_out,
        started_on,
        {clock_start} as begins_at,
        {clock_end} as ends_at,
        coalesce({still_open}, false) as is_still_open,
        disorder,
        restored_source
    from standing
),
judged as (
    select
        *,
        case
            when left_out is not null then left_out
            when begins_at is null then 'no ' || $start_word || ' time'
            when ends_at < begins_at then $end_word || ' before ' || $start_word
            when disorder is not null then disorder
            when begins_at > $clock_end_at then $start_word || ' after the end of the clock'
            when ends_at is null and not is_still_open then 'no ' || $end_word || ' time'
        end as reason
    from spans
)
select
    incident_id,
    restored_source,
    ends_at is null or ends_at > $clock_end_at as is_censored,
    coalesce(minutes_between(begins_at, cast($starts_at as timestamp)), 0) as entry_minutes,
    minutes_between(begins_at, least(ends_at, $clock_end_at)) as minutes,
    reason
from judged
where
    cast($starts_on as date) is null
    or coalesce(
        begins_at >= $starts_at and begins_at < $ends_at,
        started_on >= $starts_on and started_on < $ends_on,
        true
    )
    or (
        reason is null
        and begins_at < $starts_at
        and $starts_at < $clock_end_at
        and coalesce(ends_at > $starts_at, true)
    )

-- name: durations
-- One row a group and reason for leaving out (NULL: in the sample): of each item the minutes before the period, its
-- minutes (so far), and whether it ended.
with grouped as (
    {grouping}
),
items as (
    {duration_items}
)
select
    label,
    reason,
    count(*) as n,
    array_agg(entry_minutes order by minutes, entry_minutes, is_censored) as entry,
    array_agg(minutes order by minutes, entry_minutes, is_censored) as exit,
    array_agg(not is_censored order by minutes, entry_minutes, is_censored) as ended,
    count(*) filter (where not is_censored and restored_source = 'impact end') as from_impact_end,
    count(*) filter (where not is_censored and restored_source = 'mitigated') as from_mitigated,
    count(*) filter (where not is_censored and restored_source = 'resolved') as from_resolved
from items
inner join grouped using (incident_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: days_in_proposed
-- One row a group and reason for leaving out (NULL: in the sample): of each proposal that waited in the period the days
-- before it, the days until the decision (so far), and whether it was decided by the end of the clock. clock_end_on is
-- the day of the as-of, or the period's last if earlier. A day stands for its noon, so a period begins half a day before
-- its first.
with grouped as (
    {grouping}
),
judged as (
    select
        decision_id,
        proposed_on,
        decided_on,
        decided_on is null or decided_on > $clock_end_on as is_censored,
        case
            when proposed_on is null then 'no proposed day'
            when proposed_on > $as_of_on then 'proposed after the as-of'
            when decided_on < proposed_on then 'decided before proposed'
            when decided_on is null and not coalesce({still_open}, false) then 'no decided day'
        end as reason
    from decision_facts
),
items as (
    select
        decision_id,
        reason,
        is_censored,
        cast(greatest(date_diff('day', proposed_on, cast($starts_on as date)) - 0.5, 0) as double) as entry_days,
        date_diff('day', proposed_on, least(decided_on, $clock_end_on)) as days
    from judged
    where
        cast($starts_on as date) is null
        or proposed_on is null
        or (proposed_on >= $starts_on and proposed_on < $ends_on)
        or (
            reason is null
            and proposed_on < $starts_on
            and $starts_on <= $clock_end_on
            and coalesce(decided_on >= $starts_on, true)
        )
)
select
    label,
    reason,
    count(*) as n,
    array_agg(entry_days order by days, entry_days, is_censored) as entry,
    array_agg(days order by days, entry_days, is_censored) as exit,
    array_agg(not is_censored order by days, entry_days, is_censored) as ended
from items
inner join grouped using (decision_id)
group by label, reason
order by label is null, min(label_rank), label, reason
