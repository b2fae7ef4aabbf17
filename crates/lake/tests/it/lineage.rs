//! Which columns the columns of models are computed from.

use crate::{home::Home, links::patient};
use lake::models::{check_folder, lineage};
use std::collections::BTreeMap;

fn mart(models: &[(&str, &str)]) -> BTreeMap<String, String> {
    let head = ("mart.toml".to_owned(), "question = \"Who?\"".to_owned());
    let models = models.iter().map(|(name, sql)| (format!("{name}.sql"), format!("-- One.\n{sql}")));
    models.chain([head]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_are_followed_to_the_tables_that_the_query_names() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    home.put("gp", &patient("p0", "9434765919", "01")).await;
    worker.drain().await.unwrap();
    let models = mart(&[
        (
            "visits",
            "with who as (select p.id as patient, coalesce(l.person, p.id) as person
                from view.patient p left join person_link l on l.patient = p.id)
             select mart_person(w.person) as person, e.class as class, count(*) as n,
                row_number() over (partition by e.class order by max(e.status)) as place, 1 as one
             from view.encounter e join who w on w.patient = e.patient where e.period_start_time is not null
             group by 1, 2",
        ),
        (
            "both",
            "select person as who, (select max(gender) from view.patient) as gender from winter.visits
             union all select class, class as other from winter.visits",
        ),
    ]);
    let checked = check_folder(&home.reader(), ("winter", &models)).await.unwrap().unwrap();
    let found = lineage(&home.reader(), &checked.mart).await.unwrap();
    let of = |model: &str, column: &str| -> Vec<String> {
        found[model][column].iter().map(|(table, column)| format!("{table}.{column}")).collect()
    };
    assert_eq!(of("visits", "person"), ["person_link.person", "view.patient.id"]);
    assert_eq!(of("visits", "class"), ["view.encounter.class"]);
    assert_eq!(of("visits", "place"), ["view.encounter.class", "view.encounter.status"]);
    assert_eq!((of("visits", "n").len(), of("visits", "one").len()), (0, 0));
    assert_eq!(of("both", "who"), ["winter.visits.class", "winter.visits.person"]);
    assert_eq!(of("both", "gender"), ["view.patient.gender", "winter.visits.class"]);
}
