-- name: definition_incidents
-- One row an incident that the metrics count: its times under the names that the definitions use, ends only as far as
-- they are known at the as-of, and the deployment that its file names as the cause.
select
    facts.incident_id,
    facts.status,
    facts.is_open,
    facts.started_on,
    facts.started_at,
    facts.detected_at,
    facts.declared_at,
    facts.reported_at,
    coalesce(facts.reported_at, facts.declared_at, facts.detected_at) as created_at,
    coalesce(facts.started_at, facts.reported_at, facts.declared_at, facts.detected_at) as begun_at,
    case when facts.acknowledged_at <= $as_of then facts.acknowledged_at end as acknowledged_at,
    case when facts.mitigated_at <= $as_of then facts.mitigated_at else $as_of end as stable_or_now_at,
    case when facts.impact_ended_at <= $as_of then facts.impact_ended_at end as impact_ended_at,
    case when facts.resolved_at <= $as_of then facts.resolved_at end as resolved_at,
    case when facts.closed_at <= $as_of then facts.closed_at end as closed_at,
    facts.caused_by_deployment,
    deployments.finished_at as deployed_at,
    deployments.status = 'succeeded' as has_deployed,
    deployments.environment is null or contains(lower(deployments.environment), 'prod') as is_on_production
from incident_facts as facts
left join deployments on facts.caused_by_deployment = deployments.deployment_id
where facts.is_counted

-- name: definition_spans
-- One row an incident of the days that the definition looks at: its minutes, the day that puts it there, and the reason
-- why the definition leaves it out (NULL: it does not). Without the time that puts it on a day, the day of its start
-- stands in. `place` is its place in the order of creation.
with known as (
    {definition_incidents}
),
named as (
    select
        *,
        least(acknowledged_at, resolved_at) as responded_at,
        case when deployed_at < created_at then deployed_at else created_at end as created_or_deployed_at
    from known
),
dated as (
    select
        *,
        coalesce(cast(timezone($zone, timezone('UTC', {counted_at})) as date), started_on) as counted_on,
        cast(timezone($zone, timezone('UTC', deployed_at)) as date) as deployed_on
    from named
),
looked_at as (
    select *, row_number() over (order by coalesce(created_at, started_at), incident_id) as place
    from dated
    where
        cast($from_on as date) is null
        or counted_on is null
        or (counted_on >= $from_on and counted_on < $to_on)
),
judged as (
    select *, {left_out} as left_out
    from looked_at
)
select
    *,
    minutes_between({begins_at}, {ends_at}) as minutes,
    case
        when $from_on is not null and counted_on is null then 'no day of start, so in no period'
        when left_out is not null then left_out
        when {begins_at} is null then $no_start
        when {ends_at} is null and is_open then 'still open'
        when {ends_at} is null then $no_end
        when {ends_at} < {begins_at} then 'the end before the start'
    end as reason
from judged

-- name: definition_samples
-- One row a reason for leaving out (NULL: in the sample): how many, the minutes of the sample with the day of each, and
-- how many state each time that a definition may need.
with spans as (
    {definition_spans}
)
select
    reason,
    count(*) as n,
    array_agg(minutes order by minutes, counted_on) as minutes,
    array_agg(counted_on order by minutes, counted_on) as days,
    count(started_at) as started_at,
    count(detected_at) as detected_at,
    count(declared_at) as declared_at,
    count(reported_at) as reported_at,
    count(created_at) as created_at,
    count(begun_at) as begun_at,
    count(acknowledged_at) as acknowledged_at,
    count(responded_at) as responded_at,
    count(impact_ended_at) as impact_ended_at,
    count(resolved_at) as resolved_at,
    count(closed_at) as closed_at,
    count(caused_by_deployment) as caused_by_deployment,
    count(deployed_at) as deployed_at
from spans
group by reason
order by n desc, reason

-- name: nothing_more
-- What a definition leaves out beside incidents without its two times; the others below are such conditions too.
cast(null as varchar)

-- name: without_acknowledgement
case when acknowledged_at is null then 'no acknowledged time' end

-- name: without_resolution
case when is_open then 'still open' when resolved_at is null then 'no resolved time' end

-- name: still_active
case when status = 'open' then 'still active' end

-- name: of_no_length
case when responded_at = started_at then 'responded to in no time' end

-- name: after_the_first_hundred
case when place > 100 then 'created after the first 100' end

-- name: not_caused_on_production
case
    when caused_by_deployment is null then 'caused by no deployment'
    when not is_on_production then 'deployed elsewhere than to production'
end

-- name: not_caused_by_a_counted_deployment
case
    when caused_by_deployment is null then 'caused by no deployment'
    when not is_on_production then 'deployed elsewhere than to production'
    when not coalesce(has_deployed, true) then 'the deployment did not succeed'
    when deployed_on < $from_on or deployed_on >= $to_on then 'deployed outside the period'
end
