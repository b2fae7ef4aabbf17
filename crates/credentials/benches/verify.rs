//! What it costs to tell whether a credential is good.

#![expect(clippy::unwrap_used, reason = "a measurement ends where the unexpected happens")]

#[path = "verify/sigv4.rs"]
mod sigv4;

criterion::criterion_group!(benches, sigv4::verify);
criterion::criterion_main!(benches);
