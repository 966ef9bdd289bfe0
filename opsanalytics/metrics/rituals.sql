-- name: ritual_day_facts
-- One row a day for which the cadence promised a ritual.
select
    *,
    ritual || ' ' || promised_on as ritual_day_id
from ritual_slots

-- name: ritual_days
-- One row a group and reason for leaving out (NULL: asked for): how many promised days, and what became of them.
with grouped as (
    {grouping}
),
facts as (
    {ritual_day_facts}
),
judged as (
    select
        ritual_day_id,
        outcome,
        case when promised_on > $as_of_on then 'promised after the as-of' end as reason
    from facts
    where
        cast($starts_on as date) is null
        or (promised_on >= $starts_on and promised_on < $ends_on)
)
select
    label,
    reason,
    count(*) as n,
    count(*) filter (where outcome = 'held') as n_held,
    count(*) filter (where outcome = 'missed') as n_missed,
    count(*) filter (where outcome = 'cancelled') as n_cancelled
from judged
inner join grouped using (ritual_day_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: session_population
-- One row a session of the period: `left_out` says why it was not one that was held, NULL when it was.
select
    ritual_facts.*,
    case
        when status <> 'held' then 'status is ' || status
        when $starts_on is not null and held_on is null then 'no day of the session, so in no period'
        when held_on > $as_of_on then 'held after the as-of'
    end as left_out
from ritual_facts
where
    cast($starts_on as date) is null
    or held_on is null
    or (held_on >= $starts_on and held_on < $ends_on)

-- name: session_standing
-- One row a session of the period with its minutes, and why it is not in the sample of this statistic (NULL: it is). Presence
-- that nobody wrote down is not nobody's.
with population as (
    {session_population}
)
select
    session_id,
    ritual,
    held_on,
    duration_minutes,
    timebox_minutes,
    is_over_timebox,
    person_minutes,
    source_path,
    source_line,
    case
        when left_out is not null then left_out
        when duration_minutes is null then 'no minutes written'
        when duration_minutes <= 0 then 'minutes that are not above zero'
        when $statistic = 'share_within_timebox' and timebox_minutes is null then 'no timebox for the ritual'
        when $statistic = 'person_hours' and coalesce(people_present, 0) = 0 then 'nobody written as present'
    end as reason
from population

-- name: session_minutes
-- One row a group and reason for leaving out (NULL: in the sample of this statistic): the minutes of each session, how
-- many kept their timebox, and the hours of all people together.
with grouped as (
    {grouping}
),
judged as (
    {session_standing}
)
select
    label,
    reason,
    count(*) as n,
    array_agg(duration_minutes order by duration_minutes) as minutes,
    count(*) filter (where not is_over_timebox) as n_within,
    sum(person_minutes) / 60 as person_hours
from judged
inner join grouped using (session_id)
group by label, reason
order by label is null, min(label_rank), label, reason

-- name: session_outcomes
-- One row a group and reason for leaving out (NULL: counted): how many sessions, and the actions and decisions of them.
with grouped as (
    {grouping}
),
population as (
    {session_population}
)
select
    label,
    left_out as reason,
    count(*) as n,
    cast(sum(actions) as bigint) as actions,
    cast(sum(decisions) as bigint) as decisions
from population
inner join grouped using (session_id)
group by label, left_out
order by label is null, min(label_rank), label, reason

-- name: last_retrospective
-- The last day before `$as_of_on` on which a retrospective was held; NULL when there is none.
select max(held_on) as held_on
from ritual_facts
where ritual = 'retrospective' and is_held and held_on < cast($as_of_on as date)
