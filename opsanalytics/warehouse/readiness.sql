-- Which analyses the record can carry: the share of counted incidents, promises, decisions and sessions that state a field.
with incidents_counted as (
    select * from incident_facts where is_counted
),
shares as (
    select 1 as position, 'start time' as field, count(started_at) as stated, count(*) as n, 'incidents' as of_what, 'counts by time' as carries from incidents_counted
    union all
    select 2, 'severity', count(severity), count(*), 'incidents', 'severity trends' from incidents_counted
    union all
    select 3, 'resolved time', count(resolved_at), count(*), 'incidents', 'time to resolve' from incidents_counted
    union all
    select 4, 'mitigated time', count(mitigated_at), count(*), 'incidents', 'time to mitigate' from incidents_counted
    union all
    select 5, 'detected time', count(detected_at), count(*), 'incidents', 'time to detect' from incidents_counted
    union all
    select 6, 'acknowledged time', count(acknowledged_at), count(*), 'incidents', 'time to acknowledge' from incidents_counted
    union all
    select 7, 'detected by', count(detected_by), count(*), 'incidents', 'who saw it first' from incidents_counted
    union all
    select 8, 'services', count(*) filter (len(services) > 0), count(*), 'incidents', 'anything by service' from incidents_counted
    union all
    select 9, 'owner', count(owner), count(*), 'follow-ups', 'promises by owner' from action_items
    union all
    select 10, 'due day', count(due_on), count(*), 'follow-ups', 'overdue promises' from action_items
    union all
    select 11, 'day it was done', count(done_on), count(*) filter (status = 'done'), 'done follow-ups', 'time to close' from action_items
    union all
    select 12, 'status', count(status), count(*), 'decisions', 'open and superseded decisions' from decisions
    union all
    select 13, 'day it was decided', count(decided_on), count(*) filter (status in ('accepted', 'rejected')), 'settled decisions', 'decisions by period' from decisions
    union all
    select 14, 'day', count(held_on), count(*), 'sessions', 'rituals held against promised' from ritual_sessions
    union all
    select 15, 'minutes', count(duration_minutes), count(*), 'sessions', 'minutes against the timebox' from ritual_sessions
    union all
    select 16, 'people present', count(*) filter (session_id in (select session_id from ritual_attendance where present)), count(*), 'sessions', 'attendance' from ritual_sessions
)
select field, stated, n, of_what, carries,
    case when n = 0 then 'nothing to judge by' when stated >= 0.5 * n then 'usable' when stated > 0 then 'thin' else 'not' end as verdict
from shares
order by position;
