-- name: record_facts
-- One row a record, whatever its period.
select
    facts.{record_id} as record_id,
    facts.*
from {facts} as facts

-- name: ritual_day_sessions
-- The promised days of rituals as facts, with the day and the standing of the session that was held for each.
select
    facts.*,
    ritual_sessions.held_on,
    ritual_sessions.status,
    coalesce(ritual_sessions.source_path, rituals.source_path) as source_path,
    coalesce(ritual_sessions.source_line, rituals.source_line) as source_line
from ({ritual_day_facts}) as facts
left join ritual_sessions using (session_id)
left join rituals on facts.ritual = rituals.ritual

-- name: promise_places
-- One row a writing of a promise: its file.
select
    first_action_id as record_id,
    action_items.action_id,
    source_path
from promise_writings
inner join action_items using (action_id)

-- name: cadence_places
-- One row a ritual: the file that promises it.
select
    ritual,
    source_path
from rituals

-- name: changes_since
-- One row a column that one of the commits changed.
select
    source_path,
    name,
    git_commit
from record_changes
where list_contains($commits, git_commit)

-- name: events_since
-- One row an event in the life of a promise that one of the commits made.
select
    action_id,
    event,
    git_commit
from action_events
where list_contains($commits, git_commit)

-- name: standing
-- Whether the records that were read differ from the commit.
select dirty
from latest_load

-- name: versions_since
-- One row a version of a file that one of the commits made; the columns of a file that `is_followed` are in record_changes.
select
    path,
    renamed_from,
    git_commit,
    snapshot is not null as is_followed
from file_versions
where list_contains($commits, git_commit)
order by position
