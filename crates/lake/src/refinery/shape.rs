//! From records to rows and fragments: pure work, spread over the cores.

use super::{
    Pseudonyms, WorkerParts,
    dictionary::{self, Candidate, Dictionary},
    feeds::{Feeds, Observers},
    people::Claim,
    rows::{RawRows, SupersededRows},
    view_rows::ViewRows,
};
use crate::{LakeError, registry::Kept, table::TableId};
use arrow::{array::RecordBatch, error::ArrowError};
use fhir::{ResourceType, json};
use identity::{Pseudonymise, Split};
use landing::{RecordRef, SegmentReader};
use model::{CommitSeq, Pseudonym, SourceId};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    thread,
};
use vault::Fragment;

/// A publication's rows, fragments and claims, before anything is stored.
#[derive(Default)]
pub(super) struct Shaped {
    pub(super) tables: BTreeMap<TableId, Vec<RecordBatch>>,
    pub(super) fragments: Vec<(Pseudonym, Fragment)>,
    pub(super) displays: HashMap<[u8; 16], Candidate>,
    pub(super) claims: Vec<Claim>,
    pub(super) feeds: Feeds,
    pub(super) resources: u64,
    pub(super) whole_to_vault: u64,
    pub(super) unresolved_references: u64,
    pub(super) conditional_references: u64,
    pub(super) view_errors: u64,
}

/// Shapes all records of `segments` for sequence `seq`.
pub(super) async fn shape(
    (parts, views): (&Arc<WorkerParts>, &[Kept]),
    seq: CommitSeq,
    segments: &[SegmentReader],
    dictionary: &Dictionary,
) -> Result<Shaped, LakeError> {
    let records: Vec<RecordRef<'_>> = segments.iter().flat_map(SegmentReader::records).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = records.len().div_ceil(cores).max(1);
    let shares = tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            let workers: Vec<_> = records
                .chunks(share)
                .map(|share| scope.spawn(move || Shaper::new(parts, views, seq, dictionary).all(share)))
                .collect();
            workers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        })
    });
    let mut shaped = Shaped::default();
    for share in shares {
        let share = share.map_err(|_| {
            LakeError::columns(&TableId::record_key())(ArrowError::ComputeError(
                "a shaping thread ended early".to_owned(),
            ))
        })?;
        shaped.take_up(share?);
    }
    Ok(shaped)
}

impl Shaped {
    fn take_up(&mut self, other: Self) {
        for (table, rows) in other.tables {
            self.tables.entry(table).or_default().extend(rows);
        }
        self.fragments.extend(other.fragments);
        for (entry, candidate) in other.displays {
            match self.displays.get_mut(&entry) {
                Some(known) => known.patients.extend(candidate.patients),
                None => drop(self.displays.insert(entry, candidate)),
            }
        }
        self.claims.extend(other.claims);
        self.feeds.take_up(other.feeds);
        self.resources += other.resources;
        self.whole_to_vault += other.whole_to_vault;
        self.unresolved_references += other.unresolved_references;
        self.conditional_references += other.conditional_references;
        self.view_errors += other.view_errors;
    }
}

/// The tables of one resource type while they grow.
struct TypeRows<'v> {
    raw: RawRows,
    superseded: Option<SupersededRows>,
    views: Vec<ViewRows<'v>>,
}

struct Shaper<'a> {
    parts: &'a WorkerParts,
    views: &'a [Kept],
    pseudonyms: Pseudonyms,
    seq: CommitSeq,
    dictionary: &'a Dictionary,
    types: BTreeMap<ResourceType, TypeRows<'a>>,
    sources: HashMap<String, (SourceId, Pseudonym)>,
    observers: Observers,
    shaped: Shaped,
}

impl<'a> Shaper<'a> {
    fn new(parts: &'a WorkerParts, views: &'a [Kept], seq: CommitSeq, dictionary: &'a Dictionary) -> Self {
        Self {
            parts,
            views,
            pseudonyms: Pseudonyms(parts.keys.pseudonym_mac.clone()),
            seq,
            dictionary,
            types: BTreeMap::new(),
            sources: HashMap::new(),
            observers: Observers::default(),
            shaped: Shaped::default(),
        }
    }

    fn all(mut self, records: &[RecordRef<'_>]) -> Result<Shaped, LakeError> {
        for record in records {
            self.one(record)?;
        }
        self.finish()
    }

    fn source(&mut self, name: &str) -> Option<(SourceId, Pseudonym)> {
        if let Some(known) = self.sources.get(name) {
            return Some(known.clone());
        }
        let source: SourceId = name.parse().ok()?;
        let record = self.pseudonyms.source_record(&source);
        self.sources.insert(name.to_owned(), (source.clone(), record));
        Some((source, record))
    }

    fn one(&mut self, record: &RecordRef<'_>) -> Result<(), LakeError> {
        let raw_table = TableId::raw(record.resource_type);
        let unreadable =
            || LakeError::columns(&raw_table)(ArrowError::ParseError("a registered record".to_owned()));
        let (source, source_record) = self.source(record.source).ok_or_else(unreadable)?;
        self.observers.see(&source, record.body, record.last_updated);
        let resource = json::parse(record.body).map_err(LakeError::columns(&raw_table))?;
        let split =
            identity::split(self.parts.policy, &self.pseudonyms, &source, record.resource_type, resource);

        let id = self.pseudonyms.resource(&source, record.resource_type.as_str(), record.id);
        let patient = split.patients.first().copied();
        let version = i32::try_from(record.version).unwrap_or(i32::MAX);
        self.note(&split, id, patient, version, record.resource_type);
        self.rows(&split, id, patient, version, record);

        let mut bytes = Vec::new();
        split.fragment.write_canonical(&mut bytes);
        let fragment = Fragment {
            resource_type: record.resource_type,
            id,
            version: record.version,
            others: split.patients.iter().skip(1).copied().collect(),
            bytes,
        };
        self.shaped.fragments.push((patient.unwrap_or(source_record), fragment));
        Ok(())
    }

    /// What is counted, claimed and shown besides the rows.
    fn note(
        &mut self,
        split: &Split<'_>,
        id: Pseudonym,
        patient: Option<Pseudonym>,
        version: i32,
        resource_type: ResourceType,
    ) {
        self.shaped.resources += 1;
        self.shaped.whole_to_vault += u64::from(split.whole_to_vault);
        self.shaped.unresolved_references += u64::from(split.unresolved_references);
        self.shaped.conditional_references += u64::from(split.conditional_references);
        if resource_type.as_str() == "Patient" {
            self.shaped.claims.push(Claim { patient: id, version, claim: split.nhs_number });
        }
        let Some(patient) = patient else { return };
        for seen in &split.displays {
            let (system, code, display) = (seen.system.as_ref(), seen.code.as_ref(), seen.display.as_ref());
            if !dictionary::may_be_a_display(display) {
                continue;
            }
            let entry = dictionary::entry(&self.parts.keys.display_mac, system, code, display);
            if self.dictionary.is_admitted(&entry) {
                continue;
            }
            let candidate = self.shaped.displays.entry(entry).or_insert_with(|| Candidate {
                system: system.to_owned(),
                code: code.to_owned(),
                display: display.to_owned(),
                patients: std::collections::BTreeSet::new(),
            });
            if candidate.patients.len() < dictionary::ADMIT_AFTER {
                candidate.patients.insert(patient);
            }
        }
    }

    /// The resource's rows in raw, in what it supersedes, and in every view over its type.
    fn rows(
        &mut self,
        split: &Split<'_>,
        id: Pseudonym,
        patient: Option<Pseudonym>,
        version: i32,
        record: &RecordRef<'_>,
    ) {
        let (views, seq, digits) = (self.views, self.seq, id.to_string());
        let rows = self.types.entry(record.resource_type).or_insert_with(|| TypeRows {
            raw: RawRows::new(seq),
            superseded: None,
            views: views_of(views, record.resource_type),
        });
        rows.raw.push(&digits, version, record.last_updated, record.source, patient, &split.raw);
        if version > 1 {
            rows.superseded.get_or_insert_with(|| SupersededRows::new(seq)).push(&digits, version - 1);
        }
        for view in &mut rows.views {
            self.shaped.view_errors += u64::from(!view.append(id, version, &split.raw));
        }
    }

    fn finish(mut self) -> Result<Shaped, LakeError> {
        self.shaped.feeds = std::mem::take(&mut self.observers).finish();
        for (resource_type, rows) in std::mem::take(&mut self.types) {
            let id = TableId::raw(resource_type);
            let batch = rows.raw.finish().map_err(LakeError::columns(&id))?;
            self.shaped.tables.entry(id).or_default().push(batch);
            if let Some(superseded) = rows.superseded {
                let id = TableId::superseded(resource_type);
                let batch = superseded.finish().map_err(LakeError::columns(&id))?;
                self.shaped.tables.entry(id).or_default().push(batch);
            }
            for mut view in rows.views {
                let id = view.table().clone();
                let batch = view.finish().map_err(LakeError::columns(&id))?;
                if batch.num_rows() > 0 {
                    self.shaped.tables.entry(id).or_default().push(batch);
                }
            }
        }
        Ok(self.shaped)
    }
}

fn views_of(views: &[Kept], resource_type: ResourceType) -> Vec<ViewRows<'_>> {
    views.iter().filter(|kept| kept.grows() && kept.over == resource_type).map(ViewRows::new).collect()
}
