-- name: objective_periods
-- The periods that objectives are meant for, as written.
select distinct period
from objectives
where period is not null
order by period

-- name: key_result_outcomes
-- One row a group and reason for leaving out (NULL: counted): how many key results, and what became of them.
-- `inside` are the periods of objectives that end in the asked period, `outside` those that end elsewhere; a period that
-- cannot be read is in neither. A share of hits asks the measured ones.
with grouped as (
    {grouping}
),
judged as (
    select
        key_result_id,
        outcome,
        case
            when $starts_on is not null and not coalesce(list_contains(cast($inside as varchar[]), period), false)
                then 'no readable period of its objective'
            when $statistic = 'share_hit' and outcome not in ('hit', 'missed') then outcome
        end as reason
    from key_result_facts
    where not coalesce(list_contains(cast($outside as varchar[]), period), false)
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
