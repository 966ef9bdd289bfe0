-- What is due in the next session of `$ritual`: what was promised in its last one, what is overdue anywhere, which
-- decisions are open, and what was carried over three times or more. A promise that a later session repeats is told once.
with promises as (
    select
        facts.text,
        facts.owner,
        writings.named_due_on as due_on,
        facts.status,
        facts.origin_id as origin,
        writings.carried,
        facts.is_owed,
        facts.is_overdue,
        facts.position
    from action_item_facts as facts
    inner join promise_writings as writings on facts.action_id = writings.action_id
),
last_session as (
    select session_id
    from ritual_sessions
    where ritual = $ritual
        and status = 'held'
        and session_id in (select origin_id from action_items where origin_kind = 'ritual')
    order by held_on desc nulls last, session_id desc
    limit 1
),
due as (
    select 1 as place, 'last_actions' as section, text, owner, due_on, status, origin, carried, position
    from promises
    where origin in (select session_id from last_session)

    union all

    select 2, 'overdue', text, owner, due_on, status, origin, carried, position
    from promises
    where is_overdue

    union all

    select
        3, 'open_decisions', concat_ws(' ', number, title), owner, null, status, decision_id, 0,
        row_number() over (order by proposed_on nulls last, decision_id)
    from decision_facts
    where is_open

    union all

    select 4, 'carried_often', text, owner, due_on, status, origin, carried, position
    from promises
    where is_owed and carried >= 3
)
select section, text, owner, due_on, status, origin, carried
from due
order by place, case when section = 'overdue' then due_on end, origin, position;
