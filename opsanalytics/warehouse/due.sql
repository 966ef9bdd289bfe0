-- What was promised and is not done, oldest first.
select
    due_on,
    case when is_overdue then days_late end as days_late,
    age_days,
    owner,
    text,
    severity,
    origin_kind,
    origin_id,
    origin_title,
    source_path,
    source_line,
    action_id
from action_item_facts
where is_open
    and not is_carried_on
    and ($owner is null or lower(owner) = lower($owner))
    and ($service is null or origin_id in (select incident_id from incident_services where service = lower($service)))
    and (not $overdue or is_overdue)
order by coalesce(due_on, created_on), due_on is null, created_on, action_id;
