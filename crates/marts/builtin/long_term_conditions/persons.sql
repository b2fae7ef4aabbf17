-- One row per person and long-term condition, with the person's last HbA1c,
-- blood pressure and body mass index, from whichever provider measured them.
--
-- A condition counts when any provider has recorded it with one of its codes
-- and has not marked it refuted, entered in error or resolved. Ages are in full
-- years on the day of the newest resource in the lake, so that the same data
-- gives the same mart.
--
-- Columns
--   person: who, under a pseudonym of this mart's own
--   condition: the long-term condition
--   age_band: ten-year bands, from the month of birth
--   sex: administrative gender as recorded
--   first_recorded: the earliest onset or record of the condition (UTC)
--   providers: how many providers have recorded it
--   hba1c_mmol_mol: last HbA1c, IFCC, mmol/mol
--   systolic_mmhg: last systolic blood pressure
--   diastolic_mmhg: last diastolic blood pressure
--   bmi_kg_m2: last body mass index
--
-- Tests
--   unique: person, condition
--   not null: person, condition, age_band, sex, providers
with codes(system_code, condition) as (
  values
    ('44054006', 'type 2 diabetes'), ('46635009', 'type 1 diabetes'), ('E11', 'type 2 diabetes'), ('E10', 'type 1 diabetes'),
    ('38341003', 'hypertension'), ('59621000', 'hypertension'), ('I10', 'hypertension'),
    ('195967001', 'asthma'), ('J45', 'asthma'),
    ('13645005', 'COPD'), ('J44', 'COPD'),
    ('53741008', 'coronary heart disease'), ('414545008', 'coronary heart disease'), ('I25', 'coronary heart disease'),
    ('49436004', 'atrial fibrillation'), ('I48', 'atrial fibrillation'),
    ('84114007', 'heart failure'), ('42343007', 'heart failure'), ('88805009', 'heart failure'), ('I50', 'heart failure'),
    ('709044004', 'chronic kidney disease'), ('N18', 'chronic kidney disease'),
    ('35489007', 'depression'), ('F32', 'depression'), ('F33', 'depression'),
    ('52448006', 'dementia'), ('F03', 'dementia'),
    ('230690007', 'stroke'), ('I63', 'stroke'), ('I64', 'stroke'),
    ('40930008', 'hypothyroidism'), ('E03', 'hypothyroidism'),
    ('396275006', 'osteoarthritis'), ('M15', 'osteoarthritis'), ('M16', 'osteoarthritis'), ('M17', 'osteoarthritis'),
    ('M18', 'osteoarthritis'), ('M19', 'osteoarthritis'),
    ('414916001', 'obesity'), ('E66', 'obesity')
),
who as (
  select p.id as patient, coalesce(l.person, p.id) as person, p.gender, p.birth_month
  from view.patient p
  left join person_link l on l.patient = p.id
),
today as (select max(effective_time) as at from view.observation),
people as (
  select person, min(gender) as sex, min(birth_month) as birth_month
  from who group by person
),
found as (
  select w.person, k.condition, c.recorded_time, c.onset_time, w.patient
  from view.condition c
  join who w on w.patient = c.patient
  join codes k on k.system_code = coalesce(c.code_snomed, substr(c.code_icd10, 1, 3), c.code)
  where coalesce(c.verification_status, 'confirmed') not in ('refuted', 'entered-in-error')
    and coalesce(c.clinical_status, 'active') not in ('resolved', 'inactive', 'remission')
),
conditions as (
  select person, condition, min(coalesce(onset_time, recorded_time)) as first_recorded, count(distinct patient) as providers
  from found group by person, condition
),
measured as (
  select w.person, o.effective_time as at,
    case
      when o.code_loinc in ('59261-8', '4548-4') or o.code_snomed = '999791000000106' then 'hba1c'
      when o.code_loinc = '39156-5' then 'bmi'
    end as measure,
    o.value_quantity as value
  from view.observation o
  join who w on w.patient = o.patient
  where o.status in ('final', 'amended', 'corrected') and o.value_quantity is not null
    and (o.code_loinc in ('59261-8', '39156-5') or o.code_snomed = '999791000000106')
  union all
  select w.person, c.effective_time as at,
    case when c.code_loinc = '8480-6' then 'systolic' else 'diastolic' end as measure,
    c.value_quantity as value
  from view.observation_component c
  join who w on w.patient = c.patient
  where c.status in ('final', 'amended', 'corrected') and c.value_quantity is not null
    and c.code_loinc in ('8480-6', '8462-4')
),
newest as (
  select person, measure, last_value(value order by at, value) as value
  from measured where at is not null
  group by person, measure
),
vitals as (
  select person,
    max(case when measure = 'hba1c' then value end) as hba1c,
    max(case when measure = 'systolic' then value end) as systolic,
    max(case when measure = 'diastolic' then value end) as diastolic,
    max(case when measure = 'bmi' then value end) as bmi
  from newest group by person
),
aged as (
  select p.person, p.sex,
    cast(floor((date_part('year', t.at) * 12 + date_part('month', t.at)
      - cast(substr(p.birth_month, 1, 4) as int) * 12 - cast(substr(p.birth_month, 6, 2) as int)) / 12) as int) as age
  from people p cross join today t
)
select
  mart_person(c.person) as person,
  c.condition,
  case
    when a.age is null then 'unknown'
    when a.age >= 90 then '90+'
    else concat(cast(a.age / 10 * 10 as varchar), '–', cast(a.age / 10 * 10 + 9 as varchar))
  end as age_band,
  coalesce(a.sex, 'unknown') as sex,
  c.first_recorded,
  c.providers,
  v.hba1c as hba1c_mmol_mol,
  v.systolic as systolic_mmhg,
  v.diastolic as diastolic_mmhg,
  v.bmi as bmi_kg_m2
from conditions c
left join aged a on a.person = c.person
left join vitals v on v.person = c.person
order by person, condition
