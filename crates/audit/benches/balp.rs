//! What it costs on one core to hold one record against R4, and against its profile.

#![expect(clippy::unwrap_used, reason = "a benchmark ends where the unexpected happens")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// A read of one patient's observation, with user and request id.
const READ: &str = include_str!("read.json");

fn check(c: &mut Criterion) {
    let profiled = READ.as_bytes();
    let plain = READ.replace("https://profiles.ihe.net/ITI/BALP/", "https://example.org/");
    assert_eq!(audit::balp::check(profiled).unwrap(), ["IHE.BasicAudit.PatientRead"]);
    assert_eq!(audit::balp::check(plain.as_bytes()).unwrap(), [""; 0]);
    let mut group = c.benchmark_group("balp");
    group.bench_function("R4 alone", |b| {
        b.iter(|| audit::balp::check(black_box(plain.as_bytes())));
    });
    group.bench_function("R4 and PatientRead", |b| b.iter(|| audit::balp::check(black_box(profiled))));
    group.finish();
}

criterion_group!(benches, check);
criterion_main!(benches);
