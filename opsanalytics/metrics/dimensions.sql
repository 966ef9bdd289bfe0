-- Each query gives the group of every record: its id, the label (NULL: the file does not say) and a rank to sort by.
-- `facts`, the `_id`s and the labels are those of the records that are grouped.

-- name: by_column
select
    {record_id},
    cast({label} as varchar) as label,
    {label_rank} as label_rank
from {facts} as facts

-- name: by_service
select distinct
    facts.{record_id},
    incident_services.service as label,
    0 as label_rank
from {facts} as facts
left join incident_services on facts.{origin_id} = incident_services.incident_id

-- name: by_field
select distinct
    facts.{record_id},
    record_fields.value as label,
    0 as label_rank
from {facts} as facts
left join record_fields
    on facts.{origin_id} = record_fields.record_id
    and record_fields.record_kind = '{origin_kind}'
    and record_fields.name = $field

-- name: field_names
select distinct name
from record_fields
where record_kind = $origin_kind
order by name
