//! The demo's questions, and whether the answers agree with what was simulated.

use super::{Checks, send::Sent};
use crate::{
    parts::Parts,
    screen::{self, say},
};
use ::simulate::Truth;
use arrow::{
    array::{Array, Int64Array, RecordBatch},
    compute,
    datatypes::DataType,
};

/// How far people come, and how long it takes.
const PATHWAYS: &str = "select stage, count(*) as episodes,
    cast(median(call_to_ambulance_minutes) as bigint) as to_ambulance,
    cast(median(coalesce(ambulance_to_department_minutes, call_to_department_minutes)) as bigint) as to_department,
    cast(median(department_to_admission_minutes) as bigint) as to_admission
  from urgent_care.pathways group by stage order by episodes desc, stage";

/// Who lives with what.
const CONDITIONS: &str = "select condition, count(*) as persons,
    round(avg(cast(hba1c_mmol_mol as double)), 1) as hba1c, round(avg(cast(systolic_mmhg as double)), 0) as systolic,
    round(avg(cast(diastolic_mmhg as double)), 0) as diastolic, round(avg(cast(bmi_kg_m2 as double)), 1) as bmi
  from long_term_conditions.persons group by condition order by persons desc, condition";

/// At how many providers one person is known.
const KNOWN: &str = "select providers, count(*) as persons from (
    select l.person, count(distinct r.source) as providers
    from person_link l join raw.patient r on r.id = l.patient group by l.person
  ) group by providers order by providers";

const LINKED_ACROSS: &str =
    "select count(*) from (select l.person from person_link l join raw.patient r on r.id = l.patient
     group by l.person having count(distinct r.source) > 1)";

const PROBLEMS: &str = "select count(*) from (
    select distinct c.code_snomed, coalesce(l.person, c.patient)
    from view.condition c left join person_link l on l.patient = c.patient
    where c.category = 'problem-list-item' and c.clinical_status = 'active')";

pub(super) async fn questions(
    parts: &Parts,
    truth: &Truth,
    sent: &Sent,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    say("\n6. Questions, answered in SQL:");
    for (question, sql, from) in [
        (
            "At how many providers is one person known? (by verified NHS number)",
            KNOWN,
            "raw.patient, person_link",
        ),
        (
            "How do people move through urgent care, and how many minutes does each step take (median)?",
            PATHWAYS,
            "urgent_care.pathways ← view.encounter, person_link",
        ),
        (
            "Who lives with which long-term condition, and how well is it controlled (mean of last values)?",
            CONDITIONS,
            "long_term_conditions.persons ← view.condition, view.observation, view.patient, person_link",
        ),
    ] {
        say(format!("\n   {question}\n   from {from}\n"));
        say(screen::rows(&super::super::sql::ask(parts, sql).await?)?);
    }
    let total = sent.total();
    checks.expect("messages answered otherwise than they should be", total.surprises, 0);
    checks.expect("resources created", total.created, truth.resources_created);
    checks.expect("resources updated", total.updated, truth.updates);
    checks.expect("messages refused", total.rejected, truth.rejected);
    raw_and_views(parts, truth, checks).await?;
    links_and_marts(parts, truth, checks).await
}

/// Each resource is a row of its raw table and, where there is one, of the view over its type.
async fn raw_and_views(parts: &Parts, truth: &Truth, checks: &mut Checks) -> anyhow::Result<()> {
    let count = async |table: String| number(parts, &format!("select count(*) from {table}")).await;
    let (mut raw, mut viewed, mut to_view) = (0, 0, 0);
    for (kind, created) in &truth.created_per_type {
        let created = i64::try_from(*created)?;
        let table = format!("raw.{}", kind.to_ascii_lowercase());
        let found = count(table.clone()).await?;
        raw += found;
        if found != created {
            checks.expect(&format!("rows in {table}"), found, created);
        }
        let view = views::builtin().iter().find(|view| view.resource() == *kind && view.is_flat());
        if let Some(view) = view {
            viewed += count(format!("view.{}", view.name())).await?;
            to_view += created;
        }
    }
    let all = i64::try_from(truth.resources_created)?;
    checks.expect("rows in raw, each resource once at its newest version", raw, all);
    checks.expect("rows in the views over these", viewed, to_view);
    Ok(())
}

/// Who is whom, how far urgent care went, and who has what: as it was simulated.
async fn links_and_marts(parts: &Parts, truth: &Truth, checks: &mut Checks) -> anyhow::Result<()> {
    for (what, sql, wanted) in [
        ("persons linked across providers", LINKED_ACROSS, truth.persons_linked_across),
        (
            "pathways that began with a call to 111",
            "select count(*) from urgent_care.pathways where stage like '111%'",
            truth.urgent_pathways.total(),
        ),
        (
            "pathways that can be followed from 111 to admission",
            "select count(*) from urgent_care.pathways
             where linked and stage = '111 → ambulance → ED → admission'",
            truth.urgent_pathways_linked.admission,
        ),
        (
            "long-term conditions of persons, as problem lists have them",
            PROBLEMS,
            truth.conditions_as_linked.values().sum(),
        ),
    ] {
        checks.expect(what, number(parts, sql).await?, i64::from(wanted));
    }
    Ok(())
}

/// The one number that a query answers.
async fn number(parts: &Parts, sql: &str) -> anyhow::Result<i64> {
    let rows: Vec<RecordBatch> = super::super::sql::ask(parts, sql).await?;
    let Some(batch) = rows.iter().find(|batch| batch.num_rows() > 0) else { return Ok(0) };
    let column = compute::cast(batch.column(0), &DataType::Int64)?;
    let numbers = column.as_any().downcast_ref::<Int64Array>();
    Ok(numbers.filter(|numbers| !numbers.is_empty()).map_or(0, |numbers| numbers.value(0)))
}
