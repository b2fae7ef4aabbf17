-- One row per urgent-care episode of a person: NHS 111 → ambulance → emergency
-- department → admission, as far as it went, with the minutes between.
--
-- A step belongs to an episode when it starts within the stated hours of the
-- step before it: 111 → ambulance 6, ambulance → department 6, 111 → department
-- 24, department → admission 24. An episode begins with a contact that no
-- earlier step leads to. A call is a virtual encounter that is a telephone triage
-- (SNOMED CT 401267002): a practice's telephone consultation is not. An admission
-- that follows no attendance is planned, and no part of urgent care. Patients without a verified NHS number stand for
-- themselves (`linked` is false): their contacts at other providers cannot be
-- told to be theirs.
--
-- Columns
--   person: who, under a pseudonym of this mart's own
--   linked: whether a verified NHS number joins the providers' records
--   stage: how far the episode went
--   began: when its first contact started (UTC)
--   call_to_ambulance_minutes: from the 111 call to the ambulance
--   ambulance_to_department_minutes: from the ambulance to arrival at the department
--   call_to_department_minutes: from the 111 call to arrival at the department
--   department_to_admission_minutes: from arrival at the department to admission
--
-- Model
--   materialised: incremental
--   key: person
--
-- Tests
--   not null: person, linked, stage, began
with contacts as (
  select
    coalesce(l.person, e.patient) as person,
    l.person is not null as linked,
    case e.class when 'VR' then 'call' when 'FLD' then 'ambulance' when 'EMER' then 'department' else 'admission' end as step,
    e.period_start_time as at
  from view.encounter e
  left join person_link l on l.patient = e.patient
  where (e.class in ('FLD', 'EMER', 'IMP', 'ACUTE', 'NONAC') or (e.class = 'VR' and e.type_snomed = '401267002'))
    and e.patient is not null and e.period_start_time is not null
    and e.status not in ('cancelled', 'entered-in-error')
),
-- The newest contact of each earlier step, seen from every contact.
before as (
  select *,
    max(case when step = 'call' then at end) over earlier as call_at,
    max(case when step = 'ambulance' then at end) over earlier as ambulance_at,
    max(case when step = 'department' then at end) over earlier as department_at
  from contacts
  window earlier as (partition by person order by at rows between unbounded preceding and 1 preceding)
),
-- The contact that each one follows from, if it does.
linked_steps as (
  select *,
    case step
      when 'ambulance' then case when at - call_at <= interval '6 hours' then call_at end
      when 'department' then case
        when at - ambulance_at <= interval '6 hours' then ambulance_at
        when at - call_at <= interval '24 hours' then call_at end
      when 'admission' then case when at - department_at <= interval '24 hours' then department_at end
    end as follows
  from before
),
episodes as (
  select *,
    sum(case when follows is null then 1 else 0 end)
      over (partition by person order by at, step rows between unbounded preceding and current row) as episode
  from linked_steps
),
steps as (
  select
    person, episode,
    bool_or(linked) as linked,
    min(at) as began,
    min(case when step = 'call' then at end) as call_at,
    min(case when step = 'ambulance' then at end) as ambulance_at,
    min(case when step = 'department' then at end) as department_at,
    min(case when step = 'admission' then at end) as admission_at
  from episodes
  group by person, episode
)
select
  mart_person(person) as person,
  linked,
  case
    when call_at is not null and ambulance_at is not null and department_at is not null and admission_at is not null then '111 → ambulance → ED → admission'
    when call_at is not null and ambulance_at is not null and department_at is not null then '111 → ambulance → ED'
    when call_at is not null and ambulance_at is not null then '111 → ambulance'
    when call_at is not null and department_at is not null and admission_at is not null then '111 → ED → admission'
    when call_at is not null and department_at is not null then '111 → ED'
    when call_at is not null then '111 only'
    when ambulance_at is not null and department_at is not null and admission_at is not null then 'ambulance → ED → admission'
    when ambulance_at is not null and department_at is not null then 'ambulance → ED'
    when ambulance_at is not null then 'ambulance only'
    when admission_at is not null then 'ED → admission'
    else 'ED only'
  end as stage,
  began,
  cast(date_part('epoch', ambulance_at - call_at) / 60 as bigint) as call_to_ambulance_minutes,
  cast(date_part('epoch', department_at - ambulance_at) / 60 as bigint) as ambulance_to_department_minutes,
  cast(date_part('epoch', department_at - call_at) / 60 as bigint) as call_to_department_minutes,
  cast(date_part('epoch', admission_at - department_at) / 60 as bigint) as department_to_admission_minutes
from steps
where coalesce(call_at, ambulance_at, department_at) is not null
order by person, began
