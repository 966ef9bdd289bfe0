-- name: decision_population
-- One row a decision of the period: `left_out` says why it is not counted, NULL when it is.
select
    decision_facts.*,
    case
        when $starts_on is not null and counted_on is null then 'no day decided, proposed or changed, so in no period'
        when counted_on > $as_of_on then 'dated after the as-of'
    end as left_out
from decision_facts
where
    cast($starts_on as date) is null
    or counted_on is null
    or (counted_on >= $starts_on and counted_on < $ends_on)

-- name: decision_counts
-- One row a group and reason for leaving out (NULL: counted): how many decisions, and how many of them still proposed.
with grouped as (
    {grouping}
),
population as (
    {decision_population}
)
select
    label,
    left_out as reason,
    count(*) as n,
    count(*) filter (where is_open) as n_open
from population
inner join grouped using (decision_id)
group by label, left_out
order by label is null, min(label_rank), label, reason

-- name: decision_completeness
-- One row a group and reason for leaving out (NULL: in the share): how many decisions, how many have every part that
-- their template asks for, and every missing part, named as often as it is missing.
with grouped as (
    {grouping}
),
population as (
    {decision_population}
),
judged as (
    select
        decision_id,
        is_open,
        is_complete,
        missing_parts,
        case
            when left_out is not null then left_out
            when template is null then 'follows no known template'
        end as reason
    from population
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where is_open) as n_open,
    count(*) filter (where is_complete) as n_complete,
    flatten(array_agg(missing_parts)) as missing_parts
from judged
inner join grouped using (decision_id)
group by label, reason
order by label is null, min(label_rank), label, reason
