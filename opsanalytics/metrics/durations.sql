-- name: duration_items
-- One row an incident of the period: its minutes, or the minutes so far (is_censored) when it had not ended by the end
-- of the clock, which is the as-of, or the period's end if earlier. `reason` says why it is left out, NULL when it is
-- not; `start_word` and `end_word` name the two times in it.
with population as (
    {incident_population}
),
spans as (
    select
        incident_id,
        left_out,
        {clock_start} as begins_at,
        {clock_end} as ends_at,
        coalesce({still_open}, false) as is_still_open,
        disorder,
        restored_source
    from population
)
select
    incident_id,
    restored_source,
    ends_at is null or ends_at > $clock_end_at as is_censored,
    case
        when ends_at < $clock_end_at then minutes_between(begins_at, ends_at)
        else minutes_between(begins_at, $clock_end_at)
    end as minutes,
    case
        when left_out is not null then left_out
        when begins_at is null then 'no ' || $start_word || ' time'
        when ends_at < begins_at then $end_word || ' before ' || $start_word
        when disorder is not null then disorder
        when begins_at > $clock_end_at then $start_word || ' after the end of the clock'
        when ends_at is null and not is_still_open then 'no ' || $end_word || ' time'
    end as reason
from spans

-- name: durations
-- One row a group and reason for leaving out (NULL: in the sample): the minutes of those that ended, and the minutes so
-- far of those that had not.
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
    coalesce(array_agg(minutes order by minutes) filter (where reason is null and not is_censored), []) as ended,
    coalesce(array_agg(minutes order by minutes) filter (where reason is null and is_censored), []) as censored,
    count(*) filter (where not is_censored and restored_source = 'impact end') as from_impact_end,
    count(*) filter (where not is_censored and restored_source = 'mitigated') as from_mitigated,
    count(*) filter (where not is_censored and restored_source = 'resolved') as from_resolved
from items
inner join grouped using (incident_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: days_in_proposed
-- One row a group and reason for leaving out (NULL: in the sample): the days of the decisions that were decided by the
-- end of the clock, and the days so far of the proposals that were not. clock_end_on is the day of the as-of, or the
-- period's last if earlier.
with grouped as (
    {grouping}
),
spans as (
    select
        decision_id,
        proposed_on,
        decided_on,
        coalesce({still_open}, false) as is_still_open,
        decided_on is null or decided_on > $clock_end_on as is_censored
    from decision_facts
    where
        cast($starts_on as date) is null
        or proposed_on is null
        or (proposed_on >= $starts_on and proposed_on < $ends_on)
),
judged as (
    select
        decision_id,
        is_censored,
        date_diff('day', proposed_on, case when is_censored then $clock_end_on else decided_on end) as days,
        case
            when proposed_on is null then 'no proposed day'
            when proposed_on > $as_of_on then 'proposed after the as-of'
            when decided_on < proposed_on then 'decided before proposed'
            when decided_on is null and not is_still_open then 'no decided day'
        end as reason
    from spans
)
select
    label,
    reason,
    count(*) as n,
    coalesce(array_agg(days order by days) filter (where reason is null and not is_censored), []) as ended,
    coalesce(array_agg(days order by days) filter (where reason is null and is_censored), []) as censored
from judged
inner join grouped using (decision_id)
group by label, reason
order by label is null, min(label_rank), label, reason
