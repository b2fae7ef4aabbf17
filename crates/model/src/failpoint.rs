//! Named places where a test can make the process die.
//!
//! Each step between two durable writes has one. In builds with debug
//! assertions, `CARELAKE_FAILPOINT=name` aborts the process at the first pass
//! of that place, and `CARELAKE_FAILPOINT=name:3` at the third. Release builds
//! hold none of this.

/// Every failpoint there is, in the order in which a resource passes them.
pub const FAILPOINTS: &[&str] = &[
    "audit.record.after-put",
    "audit.checkpoint.after-put",
    "landing.segment.before-put",
    "landing.segment.after-put",
    "landing.register.after-commit",
    "refinery.intent.after-commit",
    "refinery.vault.after-keys",
    "refinery.link.after-each-commit",
    "refinery.link.after-commit",
    "refinery.vault.after-each-fragments",
    "refinery.vault.after-fragments",
    "refinery.tables.before-commit",
    "table.create.after-commit",
    "table.data.after-write",
    "refinery.tables.after-first-commit",
    "refinery.tables.after-last-commit",
    "refinery.publish.after-commit",
    "import.files.before-note",
    "model.tables.after-commit",
    "view.fill.after-slice",
    "view.swap.after-intent",
    "view.swap.after-publish",
    "compaction.after-each-table",
    "compaction.after-rewrite",
    "compaction.after-publish",
    "upkeep.log.after-checkpoint",
    "upkeep.log.after-delete",
    "landing.segment.before-delete",
    "landing.segment.after-delete",
];

/// Aborts the process if `name` is the failpoint that the environment asks for. Use it through [`failpoint!`](crate::failpoint).
#[cfg(debug_assertions)]
pub fn hit(name: &str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSES: AtomicU64 = AtomicU64::new(0);
    debug_assert!(FAILPOINTS.contains(&name), "failpoint `{name}` is not listed");
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("CARELAKE_FAILPOINT").ok()?;
        let (name, pass) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), pass.parse().unwrap_or(1)))
    });
    if let Some((wanted, pass)) = wanted
        && wanted == name
        && PASSES.fetch_add(1, Ordering::SeqCst) + 1 == *pass
    {
        std::process::abort();
    }
}

/// Release builds pass every failpoint.
#[cfg(not(debug_assertions))]
#[inline]
pub fn hit(_name: &str) {}

/// Marks a step between two durable writes, for crash tests.
#[macro_export]
macro_rules! failpoint {
    ($name:literal) => {
        $crate::failpoint_hit($name)
    };
}
