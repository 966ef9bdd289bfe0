-- The answer of bare `opsanalytics`: one row.
select
    latest_load.company,
    latest_load.as_of,
    latest_load.as_of_on,
    latest_load.git_commit,
    latest_load.files_seen,
    latest_load.files_loaded,
    latest_load.files_rejected,
    latest_load.files_ignored,
    (select count(*) from incident_facts where is_counted) as counted,
    (select count(*) from incident_facts where not is_counted) as not_counted,
    (select min(started_on) from incidents) as first_on,
    (select max(started_on) from incidents) as last_on,
    (select count(*) from incident_facts where is_counted and is_open) as open_incidents,
    (select count(*) from action_item_facts where is_owed) as open_promises,
    (select count(*) from action_item_facts where is_overdue) as overdue_promises,
    (select max(days_late) from action_item_facts where is_overdue) as days_late,
    (select count(*) from findings where level = 'error') as errors,
    (select count(*) from findings where level = 'warning') as warnings
from latest_load;
