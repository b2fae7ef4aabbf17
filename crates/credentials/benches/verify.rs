//! What it costs to tell whether a credential is good.

#![expect(clippy::unwrap_used, reason = "a measurement ends where the unexpected happens")]

#[path = "verify/sigv4.rs"]
mod sigv4;
#[path = "verify/tokens.rs"]
mod tokens;

criterion::criterion_group!(benches, sigv4::verify, tokens::verify);
criterion::criterion_main!(benches);
