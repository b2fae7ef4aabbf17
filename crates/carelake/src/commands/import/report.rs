//! What an import has done: read = accepted + rejected, for every type.

use super::portion::Portion;
use crate::screen;
use anyhow::Context;
use fhir::Issue;
use landing::{Accepted, Status};
use model::{CommitSeq, SourceId};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// Rejections that are shown to a person; all go to `--rejected FILE` and to JSON.
const SHOWN: usize = 20;

/// A resource, or a text, that was not taken.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) file: PathBuf,
    /// `line 7`, `entry 3`, or nothing for a whole file.
    pub(super) place: String,
    pub(super) kind: &'static str,
    pub(super) issues: Vec<Issue>,
}

/// The counts of one resource type.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    read: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
}

/// What an import has done.
#[derive(Debug)]
pub(crate) struct Report {
    source: SourceId,
    types: BTreeMap<&'static str, Counts>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) skipped_files: u64,
    pub(super) seq: CommitSeq,
    pub(super) seconds: f64,
    pub(super) whole_to_vault: u64,
    pub(super) view_errors: u64,
    pub(super) unresolved_references: u64,
    pub(super) conditional_references: u64,
}

impl Report {
    pub(super) fn new(source: &SourceId) -> Self {
        Self {
            source: source.clone(),
            types: BTreeMap::new(),
            rejected: Vec::new(),
            skipped_files: 0,
            seq: CommitSeq::default(),
            seconds: 0.0,
            whole_to_vault: 0,
            view_errors: 0,
            unresolved_references: 0,
            conditional_references: 0,
        }
    }

    pub(super) fn read(&mut self, portion: &Portion) {
        for (kind, read) in &portion.read {
            self.types.entry(kind).or_default().read += read;
        }
        for rejected in &portion.rejected {
            self.types.entry(rejected.kind).or_default().rejected += 1;
        }
    }

    pub(super) fn take(&mut self, accepted: &Accepted) {
        for entry in &accepted.entries {
            let counts = self.types.entry(entry.resource_type.as_str()).or_default();
            match entry.status {
                Status::Created => counts.created += 1,
                Status::Updated => counts.updated += 1,
                Status::Unchanged => counts.unchanged += 1,
            }
        }
    }

    fn total(&self) -> Counts {
        self.types.values().fold(Counts::default(), |sum, counts| Counts {
            read: sum.read + counts.read,
            created: sum.created + counts.created,
            updated: sum.updated + counts.updated,
            unchanged: sum.unchanged + counts.unchanged,
            rejected: sum.rejected + counts.rejected,
        })
    }

    pub(super) fn accepted(&self) -> u64 {
        let total = self.total();
        total.created + total.updated + total.unchanged
    }

    /// Whether all that was read has been accepted.
    pub(super) fn is_whole(&self) -> bool {
        self.rejected.is_empty() && self.total().read == self.accepted()
    }

    /// Safe facts for the audit trail.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let total = self.total();
        vec![
            ("read", total.read.to_string()),
            ("accepted", self.accepted().to_string()),
            ("rejected", total.rejected.to_string()),
            ("sequence", self.seq.to_string()),
        ]
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let total = self.total();
        let counts = |counts: &Counts| {
            serde_json::json!({
                "read": counts.read, "created": counts.created, "updated": counts.updated,
                "unchanged": counts.unchanged, "rejected": counts.rejected,
            })
        };
        serde_json::json!({
            "source": self.source,
            "total": counts(&total),
            "types": self.types.iter().map(|(kind, each)| ((*kind).to_owned(), counts(each))).collect::<serde_json::Map<_, _>>(),
            "skipped_files": self.skipped_files,
            "commit_seq": self.seq.0,
            "seconds": self.seconds,
            "resources_per_second": total.read as f64 / self.seconds.max(0.001),
            "whole_to_vault": self.whole_to_vault,
            "unresolved_references_to_vault": self.unresolved_references,
            "conditional_references_to_vault": self.conditional_references,
            "view_errors": self.view_errors,
            "rejected": self.rejected.iter().map(Rejected::json).collect::<Vec<_>>(),
        })
    }

    pub(super) fn text(&self) -> String {
        let total = self.total();
        let row = |kind: &str, counts: &Counts| {
            let numbers = [counts.read, counts.created, counts.updated, counts.unchanged, counts.rejected];
            std::iter::once(kind.to_owned()).chain(numbers.map(screen::count)).collect::<Vec<_>>()
        };
        let mut rows: Vec<_> = self.types.iter().map(|(kind, counts)| row(kind, counts)).collect();
        rows.push(row("total", &total));
        let mut text = screen::table(&["type", "read", "created", "updated", "unchanged", "rejected"], &rows);
        let accepted = self.accepted();
        let sums = if total.read == accepted + total.rejected { "=" } else { "≠" };
        text += &format!(
            "\n\n  read {} {sums} accepted {} + rejected {}; {:.1} s from files to queryable, {} resources/s; commit sequence {}",
            screen::count(total.read),
            screen::count(accepted),
            screen::count(total.rejected),
            self.seconds,
            screen::count((total.read as f64 / self.seconds.max(0.001)) as u64),
            self.seq,
        );
        let mut also = |number: u64, what: &str| {
            if number > 0 {
                text += &format!("\n  {} {what}", screen::count(number));
            }
        };
        also(self.skipped_files, "files skipped: they were imported whole before");
        also(self.whole_to_vault, "resources lie whole in the vault: the policy has no rules for their type");
        also(
            self.unresolved_references,
            "references lead to nothing known by its id (absolute, logical, urn:uuid, conditional) and lie in the vault",
        );
        also(self.conditional_references, "of them are conditional");
        also(self.view_errors, "rows could not be made: a view expects another shape");
        for rejected in self.rejected.iter().take(SHOWN) {
            text += &format!("\n  rejected: {}", rejected.line());
        }
        if self.rejected.len() > SHOWN {
            text +=
                &format!("\n  … and {} more; --rejected FILE writes them all", self.rejected.len() - SHOWN);
        }
        text
    }

    /// Writes every rejection as a line of JSON.
    pub(super) fn write_rejected(&self, file: &Path) -> anyhow::Result<()> {
        let mut out =
            BufWriter::new(File::create(file).with_context(|| format!("write {}", file.display()))?);
        for rejected in &self.rejected {
            writeln!(out, "{}", rejected.json())?;
        }
        out.flush().with_context(|| format!("write {}", file.display()))
    }
}

impl Rejected {
    fn line(&self) -> String {
        let first = self.issues.first();
        let why =
            first.map_or_else(String::new, |issue| format!("{}: {}", issue.expression, issue.diagnostics));
        format!("{} {} {} {why}", self.file.display(), self.place, self.kind)
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file.display().to_string(),
            "place": self.place,
            "type": self.kind,
            "outcome": fhir::outcome(&self.issues),
        })
    }
}
