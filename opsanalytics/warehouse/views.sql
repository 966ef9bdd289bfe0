-- Views, ready to analyse. They are part of every database, and documented like tables (`opsanalytics.warehouse.views`).
-- One statement a view; the comment above a view is its documentation.

create macro minutes_between(started, ended) as
    case when ended >= started then date_diff('microsecond', started, ended) / 60000000.0 end;

-- Which hours of the week an instant on somebody's clock falls into.
create macro hour_class(local_at) as case
    when local_at is null then null
    when hour(local_at) >= 22 or hour(local_at) < 7 then 'sleep'
    when isodow(local_at) <= 5 and hour(local_at) >= 9 and hour(local_at) < 18 then 'business'
    else 'off'
end;

-- A fiscal year is named by the calendar year in which it ends.
create macro fiscal_quarter(day_on, start_month) as
    cast(year(day_on) + case when start_month > 1 and month(day_on) >= start_month then 1 else 0 end as varchar)
    || '-Q' || cast(cast(floor(((month(day_on) - start_month + 12) % 12) / 3) as integer) + 1 as varchar);

create macro fiscal_month_on(year_number, start_month, months) as
    cast(make_date(year_number - if(start_month > 1, 1, 0), start_month, 1) + to_months(months) as date);

-- The months of a fiscal year before a period and up to its end: `2026`, `2026-H2`, `2026-Q3`; NULL for any other text.
create macro fiscal_span(period) as case
    when regexp_full_match(period, '[12]\d{3}') then [0, 12]
    when regexp_full_match(period, '[12]\d{3}-H[12]') then [6 * cast(period[7:] as integer) - 6, 6 * cast(period[7:] as integer)]
    when regexp_full_match(period, '[12]\d{3}-Q[1-4]') then [3 * cast(period[7:] as integer) - 3, 3 * cast(period[7:] as integer)]
end;

-- First and last day of a period by its name, in the workspace's fiscal year; NULL for a text that names none.
create macro period_days(period, start_month) as case
    when fiscal_span(period) is not null then [
        fiscal_month_on(cast(period[:4] as integer), start_month, fiscal_span(period)[1]),
        fiscal_month_on(cast(period[:4] as integer), start_month, fiscal_span(period)[2]) - 1
    ]
    when regexp_full_match(period, '[12]\d{3}-(0[1-9]|1[0-2])')
        then [try_cast(period || '-01' as date), last_day(try_cast(period || '-01' as date))]
    when strftime(try_strptime(period || '-1', '%G-W%V-%u'), '%G-W%V') = period then [
        cast(try_strptime(period || '-1', '%G-W%V-%u') as date), cast(try_strptime(period || '-7', '%G-W%V-%u') as date)
    ]
    when regexp_full_match(period, '[12]\d{3}-\d\d-\d\d\.\.[12]\d{3}-\d\d-\d\d') and try_cast(period[:10] as date) <= try_cast(period[13:] as date)
        then [try_cast(period[:10] as date), try_cast(period[13:] as date)]
end;

-- latest_load: the load that made this database, with its clock cut in the workspace's zone.
create view latest_load as
select
    loads.*,
    timezone(zone, timezone('UTC', as_of)) as as_of_local,
    cast(timezone(zone, timezone('UTC', as_of)) as date) as as_of_on
from loads
where load_id = (select max(load_id) from loads);

-- calendar: one row a day from the first record to the load's as-of, cut in the workspace's zone.
create view calendar as
with span as (
    select
        coalesce(
            (select min(started_on) from incidents where started_on <= latest_load.as_of_on),
            latest_load.as_of_on
        ) as first_on,
        as_of_on as last_on,
        fiscal_year_start
    from latest_load
),
days as (
    select
        cast(unnest(generate_series(first_on, last_on, interval 1 day)) as date) as day_on,
        fiscal_year_start
    from span
)
select
    day_on,
    cast(date_trunc('week', day_on) as date) as week_on,
    cast(date_trunc('month', day_on) as date) as month_on,
    fiscal_quarter(day_on, fiscal_year_start) as quarter,
    isodow(day_on) >= 6 as is_weekend
from days;

-- incident_times: incident_facts without the services, which cost as much to gather as all the rest.
create view incident_times as
with localised as (
    select
        incidents.*,
        timezone(latest_load.zone, timezone('UTC', incidents.started_at)) as started_local_at,
        coalesce(impact_ended_at, mitigated_at, resolved_at) as restored_at,
        case
            when impact_ended_at is not null then 'impact end'
            when mitigated_at is not null then 'mitigated'
            when resolved_at is not null then 'resolved'
        end as restored_source,
        coalesce(resolved_at > latest_load.as_of, status in ('open', 'mitigated')) as is_open,
        case
            when resolved_at < detected_at then 'resolved before detected'
            when resolved_at < acknowledged_at then 'resolved before acknowledged'
            when resolved_at < mitigated_at then 'resolved before mitigated'
        end as disorder,
        latest_load.as_of,
        latest_load.as_of_on,
        latest_load.fiscal_year_start
    from incidents
    cross join latest_load
)
select
    localised.* exclude (as_of, as_of_on, fiscal_year_start),
    cast(date_trunc('week', started_on) as date) as started_week_on,
    cast(date_trunc('month', started_on) as date) as started_month_on,
    strftime(started_on, '%Y-%m') as month,
    fiscal_quarter(started_on, fiscal_year_start) as quarter,
    hour_class(started_local_at) as hour_class,
    case when disorder is null then minutes_between(started_at, detected_at) end as time_to_detect_minutes,
    case when disorder is null then minutes_between(detected_at, acknowledged_at) end as time_to_acknowledge_minutes,
    case when disorder is null then minutes_between(started_at, mitigated_at) end as time_to_mitigate_minutes,
    case when disorder is null then minutes_between(started_at, resolved_at) end as time_to_resolve_minutes,
    case when disorder is null then minutes_between(started_at, restored_at) end as time_to_restore_minutes,
    case when is_open then minutes_between(started_at, as_of) end as open_minutes,
    case
        when kind <> 'incident' then 'kind is ' || kind
        when status in ('cancelled', 'merged') then 'status is ' || status
        when excluded_reason is not null then 'excluded by the file: ' || excluded_reason
        when started_at > as_of or (started_at is null and started_on > as_of_on) then 'starts after the as-of'
    end as not_counted_reason,
    not_counted_reason is null as is_counted,
    case
        when resolved_at < started_at then 'resolved before it started'
        when restored_at < started_at then 'restored before it started'
        when disorder is not null then disorder
        when started_at is null then 'no start time'
        when restored_at is null and not is_open then status || ', but the file gives no time'
    end as duration_excluded_reason
from localised;

-- incident_facts: one row an incident: durations in minutes, period columns and hour class in the workspace's zone,
-- services as a list, counted or left out and why. A duration whose end lies before its start is NULL, and so are all of
-- an incident that is resolved before an earlier event (`disorder`); `duration_excluded_reason` says so.
create view incident_facts as
with services as (
    select incident_id, list(service order by service) as services
    from incident_services
    group by incident_id
)
select
    incident_times.*,
    coalesce(services.services, []) as services
from incident_times
left join services using (incident_id);

-- promise_writings: one row a writing of a promise, as it stood at the load's as-of, when an end after it had not happened yet:
-- the first writing, how often the promise had been carried over by then, and the last day that was named for it by then
-- (named_due_on). A writing that is done or dropped ends the promise (is_end) unless a later one promised it again on that day
-- or after it, or nobody knows which came first; one that is gone has moved, where another is left. The last that is left is
-- is_last, and the promise is owed there (is_owed) while nothing has ended it.
create view promise_writings as
with recursive chains as (
    select action_id, action_id as first_action_id, 0 as carried
    from action_items
    where carried_from is null or carried_from not in (select action_id from action_items)

    union all

    select action_items.action_id, chains.first_action_id, chains.carried + 1
    from action_items
    inner join chains on action_items.carried_from = chains.action_id
),
told as (
    select
        action_id,
        count(*) filter (where event = 'reopened') as times_reopened,
        max(cast(timezone(zone, timezone('UTC', occurred_at)) as date)) filter (where event = 'dropped') as dropped_on,
        max(cast(timezone(zone, timezone('UTC', occurred_at)) as date)) filter (where event = 'gone') as gone_on
    from action_events
    cross join latest_load
    group by action_id
),
standings as (
    select
        chains.*,
        action_items.created_on,
        action_items.due_on,
        coalesce(told.times_reopened, 0) as times_reopened,
        case action_items.status
            when 'done' then done_on
            when 'dropped' then told.dropped_on
            when 'gone' then told.gone_on
        end as ended_on,
        if(ended_on > latest_load.as_of_on, 'open', action_items.status) as standing
    from chains
    inner join action_items using (action_id)
    left join told using (action_id)
    cross join latest_load
),
repeated as (
    select distinct earlier.action_id
    from standings as earlier
    inner join standings as later
        on later.first_action_id = earlier.first_action_id and later.carried > earlier.carried
    where
        (later.standing = 'open' or (later.standing in ('done', 'dropped') and later.ended_on > later.created_on))
        and coalesce(later.created_on >= earlier.ended_on, true)
),
judged as (
    select
        *,
        standing in ('done', 'dropped') and action_id not in (select action_id from repeated) as is_end,
        row_number() over (partition by first_action_id order by standing = 'gone', carried desc) = 1 as is_last
    from standings
)
select
    action_id,
    first_action_id,
    carried,
    carried < max(carried) over (partition by first_action_id) as is_carried_on,
    times_reopened,
    ended_on,
    standing,
    last_value(due_on ignore nulls) over (
        partition by first_action_id order by carried rows between unbounded preceding and current row
    ) as named_due_on,
    is_end,
    is_last,
    is_last and standing = 'open' and not bool_or(is_end) over (partition by first_action_id) as is_owed
from judged;

-- action_item_facts: one row a writing of a promise: its age in days at the load's as-of, the day on which it was done,
-- dropped or gone (ended_on; NULL where neither the file nor git tells it), days to close, days late, whether its end is still
-- to come (censored: an end after the as-of is one), how often it was reopened, whether a later record carries it on, whether
-- the promise is owed there (is_owed), and overdue there by the last day that was named for it, and severity and title of
-- the incident that it comes from.
create view action_item_facts as
select
    action_items.*,
    writings.ended_on,
    writings.times_reopened,
    coalesce(incidents.title, decisions.title, ritual_sessions.title) as origin_title,
    ritual_sessions.ritual,
    incidents.kind as origin_incident_kind,
    incidents.severity,
    incidents.severity_rank,
    incidents.detected_by,
    incidents.hour_class,
    cast(date_trunc('month', created_on) as date) as created_month_on,
    fiscal_quarter(created_on, latest_load.fiscal_year_start) as created_quarter,
    writings.is_carried_on,
    writings.standing = 'open' as is_open,
    is_open as censored,
    writings.is_owed,
    writings.is_owed and named_due_on < latest_load.as_of_on as is_overdue,
    date_diff('day', created_on, latest_load.as_of_on) as age_days,
    case when done_on >= created_on then date_diff('day', created_on, done_on) end as days_to_close,
    case
        when is_open and named_due_on is not null then greatest(date_diff('day', named_due_on, latest_load.as_of_on), 0)
        when not is_open and due_on is not null and done_on is not null then greatest(date_diff('day', due_on, done_on), 0)
    end as days_late,
    case
        when action_items.status = 'done' and done_on is null then 'done, but no day is known'
        when done_on < created_on then 'done before it was promised'
        when created_on is null then 'no day of the promise is known'
    end as duration_excluded_reason
from action_items
inner join promise_writings as writings using (action_id)
left join (
    select incident_id, title, kind, severity, severity_rank, detected_by, hour_class
    from incident_times
) as incidents
    on if(origin_kind = 'incident', origin_id, null) = incidents.incident_id
left join decisions on if(origin_kind = 'decision', origin_id, null) = decisions.decision_id
left join ritual_sessions on if(origin_kind = 'ritual', origin_id, null) = ritual_sessions.session_id
cross join latest_load;

-- promise_facts: one row a promise, however often it was written down: its first writing, with what became of it since. status
-- and ended_on are those at the load's as-of (the first day on which it is known to be done or dropped, the last on which a
-- writing went), due_on is the first day that was named for it and last_due_on the last; an open one is overdue and late by the
-- last, one that is done by the first. How often it was carried over, where it was written last, in how many later records it
-- was seen, and where last.
create view promise_facts as
with promises as (
    select
        first_action_id as action_id,
        max(writings.action_id) filter (where is_last) as last_action_id,
        max(created_on) filter (where is_last) as last_promised_on,
        max(carried) filter (where is_last) as carried,
        arg_min(due_on, carried) as due_on,
        max(named_due_on) filter (where is_last) as last_due_on,
        cast(sum(times_reopened) as bigint) as times_reopened,
        case
            when bool_or(is_end and standing = 'done') then 'done'
            when bool_or(is_end) then 'dropped'
            when bool_and(standing = 'gone') then 'gone'
            else 'open'
        end as became,
        case became
            when 'done' then min(ended_on) filter (where is_end and standing = 'done')
            when 'dropped' then min(ended_on) filter (where is_end)
            when 'gone' then if(bool_or(ended_on is null), null, max(ended_on))
        end as ended_on
    from promise_writings as writings
    inner join action_items using (action_id)
    group by first_action_id
),
seen as (
    select
        action_id,
        count(*) as sightings,
        max(seen_on) as last_seen_on,
        last(source_path order by seen_on nulls first, source_path) as last_seen_path,
        last(source_line order by seen_on nulls first, source_path) as last_seen_line
    from action_sightings
    group by action_id
)
select
    firsts.* exclude (
        due_on, done_on, done_on_source, carried_from, ended_on, times_reopened, is_carried_on, censored, is_owed,
        days_to_close, duration_excluded_reason
    ) replace (
        became as status,
        became = 'open' as is_open,
        became = 'open' and last_due_on < latest_load.as_of_on as is_overdue,
        case
            when became = 'open' and last_due_on is not null
                then greatest(date_diff('day', last_due_on, latest_load.as_of_on), 0)
            when became = 'done' and promises.due_on is not null and promises.ended_on is not null
                then greatest(date_diff('day', promises.due_on, promises.ended_on), 0)
        end as days_late
    ),
    promises.due_on,
    last_due_on,
    promises.ended_on,
    if(became = 'done', promises.ended_on, null) as done_on,
    promises.times_reopened,
    carried,
    last_action_id,
    last_promised_on,
    coalesce(seen.sightings, 0) as sightings,
    seen.last_seen_on,
    seen.last_seen_path,
    seen.last_seen_line
from promises
inner join action_item_facts as firsts using (action_id)
left join seen using (action_id)
cross join latest_load;

-- decision_facts: one row a decision: the day that puts it into a period and what that day is (MADR's template has a day of
-- the last change only), days in proposed (to the load's as-of while it still is), and the parts that the template it
-- follows asks for and it lacks.
create view decision_facts as
select
    decisions.*,
    coalesce(decided_on, proposed_on, updated_on) as counted_on,
    case
        when decided_on is not null then 'decided'
        when proposed_on is not null then 'proposed'
        when updated_on is not null then 'last changed'
    end as counted_on_source,
    strftime(coalesce(decided_on, proposed_on, updated_on), '%Y-%m') as month,
    fiscal_quarter(coalesce(decided_on, proposed_on, updated_on), latest_load.fiscal_year_start) as quarter,
    status in ('draft', 'proposed') as is_open,
    case
        when decided_on >= proposed_on then date_diff('day', proposed_on, decided_on)
        when status in ('draft', 'proposed') and proposed_on <= latest_load.as_of_on
            then date_diff('day', proposed_on, latest_load.as_of_on)
    end as days_in_proposed,
    list_filter(
        [
            case when context is null then 'context' end,
            case when options is null and template in ('chapter', 'madr') then 'options' end,
            case when decision is null then 'decision' end,
            case when consequences is null and template in ('nygard', 'madr') then 'consequences' end,
            case when owner is null and template = 'chapter' then 'owner' end,
            case when status is null then 'status' end
        ],
        lambda part: part is not null
    ) as missing_parts,
    len(missing_parts) = 0 as is_complete
from decisions
cross join latest_load;

-- ritual_facts: one row a session: minutes against the timebox, people present (NULL where the file says it of nobody),
-- person-minutes, and what came of it.
create view ritual_facts as
with present as (
    select session_id, if(count(present) > 0, count(*) filter (where present), null) as people_present
    from ritual_attendance
    group by session_id
),
promised as (
    select origin_id as session_id, count(*) as actions
    from action_items
    where origin_kind = 'ritual'
    group by origin_id
),
decided as (
    select session_id, count(*) filter (where category = 'decision') as decisions
    from ritual_notes
    group by session_id
)
select
    ritual_sessions.*,
    rituals.timebox_minutes,
    ritual_sessions.status = 'held' as is_held,
    ritual_sessions.duration_minutes > rituals.timebox_minutes as is_over_timebox,
    present.people_present,
    ritual_sessions.duration_minutes * present.people_present as person_minutes,
    coalesce(promised.actions, 0) as actions,
    coalesce(decided.decisions, 0) as decisions,
    strftime(held_on, '%Y-%m') as month,
    fiscal_quarter(held_on, latest_load.fiscal_year_start) as quarter
from ritual_sessions
left join rituals using (ritual)
left join present using (session_id)
left join promised using (session_id)
left join decided using (session_id)
cross join latest_load;

-- key_result_facts: one row a key result with its objective and the days of the objective's period (NULL for a text that
-- names none); the outcome that the file does not state is `running` while that period is not known to be over. Without an
-- actual, a target, or the side of it that is better, a result is not measured.
create view key_result_facts as
with objectives as (
    select
        objectives.*,
        period_days(upper(trim(period)), latest_load.fiscal_year_start) as days
    from objectives
    cross join latest_load
)
select
    key_results.*,
    objectives.period,
    objectives.days[1] as starts_on,
    objectives.days[2] as ends_on,
    objectives.text as objective,
    objectives.owner as objective_owner,
    case
        when key_results.status is not null then key_results.status
        when ends_on is null or ends_on >= latest_load.as_of_on then 'running'
        when key_results.actual is null or key_results.target is null or key_results.direction is null then 'not measured'
        else 'missed'
    end as outcome
from key_results
join objectives using (objective_id)
cross join latest_load;

-- readiness: one row a field: how many of the counted incidents, promises, decisions and sessions state it, which analysis
-- it carries, and whether it can: `usable` from half of them on, `thin` below. A newcomer's checklist is no promise here.
create view readiness as
with incidents_counted as (
    select * from incident_facts where is_counted
),
promises as (
    select * from action_items where origin_kind <> 'onboarding'
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
    select 9, 'owner', count(owner), count(*), 'promises', 'promises by owner' from promises
    union all
    select 10, 'due day', count(due_on), count(*), 'promises', 'overdue promises' from promises
    union all
    select 11, 'day it was done', count(done_on) filter (status = 'done'), count(*) filter (status = 'done'), 'done promises', 'time to close' from promises
    union all
    select 12, 'status', count(status), count(*), 'decisions', 'open and superseded decisions' from decisions
    union all
    select 13, 'day it was decided', count(decided_on), count(*), 'settled decisions', 'decisions by period' from decisions where status in ('accepted', 'rejected')
    union all
    select 14, 'day', count(held_on), count(*), 'sessions', 'rituals held against promised' from ritual_sessions
    union all
    select 15, 'minutes', count(duration_minutes), count(*), 'sessions', 'minutes against the timebox' from ritual_sessions
    union all
    select 16, 'people present', count(*) filter (session_id in (select session_id from ritual_attendance where present)), count(*), 'sessions', 'attendance' from ritual_sessions
)
select position, field, stated, n, of_what, carries,
    case when n = 0 then 'nothing to judge by' when stated >= 0.5 * n then 'usable' when stated > 0 then 'thin' else 'not' end as verdict
from shares;
