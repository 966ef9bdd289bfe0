-- name: key_result_outcomes
-- One row a group and reason for leaving out (NULL: counted): how many key results, and what became of them.
-- A key result is of the period in which that of its objective ends. A share of hits asks the measured ones.
with grouped as (
    {grouping}
),
judged as (
    select
        key_result_id,
        outcome,
        case
            when $starts_on is not null and ends_on is null then 'no readable period of its objective'
            when $statistic = 'share_hit' and outcome not in ('hit', 'missed') then outcome
        end as reason
    from key_result_facts
    where
        cast($starts_on as date) is null
        or ends_on is null
        or (ends_on >= $starts_on and ends_on < $ends_on)
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where outcome = 'running') as n_open,
    count(*) filter (where outcome = 'hit') as n_hit,
    count(*) filter (where outcome = 'missed') as n_missed,
    count(*) filter (where outcome = 'not measured') as n_not_measured
from judged
inner join grouped using (key_result_id)
group by label, reason
order by label is null, min(label_rank), label, reason
