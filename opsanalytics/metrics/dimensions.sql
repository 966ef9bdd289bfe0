-- Each query gives the group of every record: its id, the label (NULL: the file does not say) and a rank to sort by.

-- name: incidents_by_column
select
    incident_id,
    cast({label} as varchar) as label,
    {label_rank} as label_rank
from incident_facts

-- name: incidents_by_service
select distinct
    incident_facts.incident_id,
    incident_services.service as label,
    0 as label_rank
from incident_facts
left join incident_services on incident_facts.incident_id = incident_services.incident_id

-- name: incidents_by_field
select distinct
    incident_facts.incident_id,
    record_fields.value as label,
    0 as label_rank
from incident_facts
left join record_fields
    on incident_facts.incident_id = record_fields.record_id
    and record_fields.record_kind = 'incident'
    and record_fields.name = $field

-- name: promises_by_column
-- The label is a column of the promise, or of the incident that it comes from.
select
    action_id,
    cast({label} as varchar) as label,
    {label_rank} as label_rank
from action_item_facts
left join (select incident_id, detected_by, kind, hour_class from incident_facts) as from_incident
    on action_item_facts.origin_id = from_incident.incident_id
    and action_item_facts.origin_kind = 'incident'

-- name: promises_by_service
select distinct
    action_item_facts.action_id,
    incident_services.service as label,
    0 as label_rank
from action_item_facts
left join incident_services
    on action_item_facts.origin_id = incident_services.incident_id
    and action_item_facts.origin_kind = 'incident'

-- name: promises_by_field
select distinct
    action_item_facts.action_id,
    record_fields.value as label,
    0 as label_rank
from action_item_facts
left join record_fields
    on action_item_facts.origin_id = record_fields.record_id
    and action_item_facts.origin_kind = record_fields.record_kind
    and record_fields.name = $field

-- name: field_names
select distinct name
from record_fields
where record_kind = 'incident'
order by name
