-- What was promised and is not done, oldest first. A promise that was carried over is told once, by its last writing, is as
-- old and as severe as its first, and due on the last day that was named for it.
select
    promises.last_due_on as due_on,
    case when facts.is_overdue then facts.days_late end as days_late,
    promises.age_days,
    promises.carried,
    promises.created_on as promised_on,
    last_seen_on,
    last_seen_path,
    last_seen_line,
    facts.owner,
    facts.text,
    coalesce(promises.severity, facts.severity) as severity,
    facts.origin_kind,
    facts.origin_id,
    facts.origin_title,
    facts.source_path,
    facts.source_line,
    facts.action_id
from action_item_facts as facts
inner join promise_facts as promises on facts.action_id = promises.last_action_id
where facts.is_owed
    and ($owner is null or lower(facts.owner) = lower($owner))
    and (
        $service is null
        or promises.origin_id in (select incident_id from incident_services where service = lower($service))
        or facts.origin_id in (select incident_id from incident_services where service = lower($service))
    )
    and ($only_overdue is null or facts.is_overdue)
order by coalesce(last_due_on, facts.created_on), last_due_on is null, facts.created_on, facts.action_id;
