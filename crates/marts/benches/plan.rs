//! How long it takes to read 500 models and to put them in order.

use criterion::{Criterion, criterion_group, criterion_main};
use marts::{Mart, order};
use std::hint::black_box;

/// Fifty marts of ten models, each of which reads some before it.
fn folders() -> Vec<(String, Vec<(String, String)>)> {
    let model = |mart: usize, at: usize| {
        let own =
            (0..at).rev().take(3).map(|need| format!(" union all select person, n from m{mart}.t{need}"));
        let other = (mart > 0).then(|| format!(" union all select person, n from m{}.t9", mart - 1));
        let reads: String = own.chain(other).collect();
        format!(
            "-- One row per person.\n--\n-- Tests\n--   unique: person\nwith base as (select patient, count(*) as n from view.encounter group by patient)
             select person, sum(n) as n from (select patient as person, n from base{reads}) group by person"
        )
    };
    (0..50)
        .map(|mart| {
            let models = (0..10).map(|at| (format!("t{at}.sql"), model(mart, at)));
            let head = ("mart.toml".to_owned(), "question = \"How many?\"".to_owned());
            (format!("m{mart}"), models.chain([head]).collect())
        })
        .collect()
}

fn plan(criterion: &mut Criterion) {
    let folders = folders();
    criterion.bench_function("500 models read and put in order", |bencher| {
        bencher.iter(|| {
            let read = |(name, files): &(String, Vec<(String, String)>)| {
                Mart::read(name, files.iter().map(|(file, text)| (file.as_str(), text.as_str())))
            };
            let marts: Result<Vec<_>, _> = folders.iter().map(read).collect();
            black_box(marts.map(|marts| order::of_marts(&marts).map(|order| order.len())))
        });
    });
}

criterion_group!(benches, plan);
criterion_main!(benches);
