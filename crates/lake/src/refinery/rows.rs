//! The columns of raw tables and of the tables beside them.

use arrow::{
    array::{ArrayRef, Int32Builder, Int64Array, RecordBatch, StringBuilder, TimestampMicrosecondBuilder},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    error::ArrowError,
};
use model::{CommitSeq, Pseudonym, Timestamp};
use std::sync::{Arc, LazyLock};

/// The columns that say which resource a row of a view came from: the two halves of its pseudonym as numbers, which
/// are read much faster than its digits.
pub(crate) const VIEW_RESOURCE: [&str; 2] = ["_resource_high", "_resource_low"];
/// The column that says which version of it.
pub(crate) const VIEW_VERSION: &str = "_version_id";

fn schema(fields: &[(&str, DataType, bool)]) -> SchemaRef {
    Arc::new(Schema::new(
        fields
            .iter()
            .map(|(name, kind, nullable)| Field::new(*name, kind.clone(), *nullable))
            .collect::<Vec<_>>(),
    ))
}

/// Whether a view's column is the lake's own, which readers do not see.
pub(crate) fn is_hidden(column: &str) -> bool {
    VIEW_RESOURCE.contains(&column) || column == VIEW_VERSION
}

/// Schema `raw` (design §7).
pub(crate) static RAW: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("id", DataType::Utf8, false),
        ("version_id", DataType::Int32, false),
        ("last_updated", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        ("source", DataType::Utf8, false),
        ("patient", DataType::Utf8, true),
        ("commit_seq", DataType::Int64, false),
        ("resource", DataType::Utf8, false),
    ])
});

/// Every version of `id` up to `version_id` is superseded (design §2.8).
pub(crate) static SUPERSEDED: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("id", DataType::Utf8, false),
        ("version_id", DataType::Int32, false),
        ("commit_seq", DataType::Int64, false),
    ])
});

/// The display dictionary.
pub(crate) static DISPLAY: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("system", DataType::Utf8, false),
        ("code", DataType::Utf8, false),
        ("display", DataType::Utf8, false),
    ])
});

/// Who has carried a display that is not in the dictionary yet, under a keyed hash.
pub(crate) static DISPLAY_SEEN: LazyLock<SchemaRef> =
    LazyLock::new(|| schema(&[("entry", DataType::Utf8, false), ("patient", DataType::Utf8, false)]));

/// The person of a verified NHS number, under a keyed hash.
pub(crate) static PERSON_KEY: LazyLock<SchemaRef> =
    LazyLock::new(|| schema(&[("nhs_number", DataType::Utf8, false), ("person", DataType::Utf8, false)]));

/// The person of a patient, as one version of the Patient resource said.
pub(crate) static PERSON_LINK: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("patient", DataType::Utf8, false),
        ("version_id", DataType::Int32, false),
        ("person", DataType::Utf8, false),
        ("commit_seq", DataType::Int64, false),
    ])
});

/// The public half of a record's key pair, 64 hexadecimal digits.
pub(crate) static RECORD_KEY: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("record", DataType::Utf8, false),
        ("generation", DataType::Int32, false),
        ("public_key", DataType::Utf8, false),
    ])
});

/// Gathers rows of one raw table.
pub(super) struct RawRows {
    seq: CommitSeq,
    ids: StringBuilder,
    versions: Int32Builder,
    times: TimestampMicrosecondBuilder,
    sources: StringBuilder,
    patients: StringBuilder,
    resources: StringBuilder,
    text: Vec<u8>,
}

impl RawRows {
    pub(super) fn new(seq: CommitSeq) -> Self {
        Self {
            seq,
            ids: StringBuilder::new(),
            versions: Int32Builder::new(),
            times: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            sources: StringBuilder::new(),
            patients: StringBuilder::new(),
            resources: StringBuilder::new(),
            text: Vec::with_capacity(4096),
        }
    }

    pub(super) fn push(
        &mut self,
        id: &str,
        version: i32,
        last_updated: Timestamp,
        source: &str,
        patient: Option<Pseudonym>,
        resource: &fhir::json::Value<'_>,
    ) {
        self.ids.append_value(id);
        self.versions.append_value(version);
        self.times.append_value(last_updated.0.saturating_mul(1000));
        self.sources.append_value(source);
        self.patients.append_option(patient.map(|patient| patient.to_string()));
        self.text.clear();
        resource.write_canonical(&mut self.text);
        self.resources.append_value(String::from_utf8_lossy(&self.text));
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let ids = self.ids.finish();
        let seq = Int64Array::from(vec![self.seq.0; arrow::array::Array::len(&ids)]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ids),
            Arc::new(self.versions.finish()),
            Arc::new(self.times.finish()),
            Arc::new(self.sources.finish()),
            Arc::new(self.patients.finish()),
            Arc::new(seq),
            Arc::new(self.resources.finish()),
        ];
        RecordBatch::try_new(Arc::clone(&RAW), columns)
    }
}

/// Gathers superseded versions of one resource type.
pub(super) struct SupersededRows {
    seq: CommitSeq,
    ids: StringBuilder,
    versions: Int32Builder,
}

impl SupersededRows {
    pub(super) fn new(seq: CommitSeq) -> Self {
        Self { seq, ids: StringBuilder::new(), versions: Int32Builder::new() }
    }

    pub(super) fn push(&mut self, id: &str, version: i32) {
        self.ids.append_value(id);
        self.versions.append_value(version);
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let ids = self.ids.finish();
        let seq = Int64Array::from(vec![self.seq.0; arrow::array::Array::len(&ids)]);
        let columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(self.versions.finish()), Arc::new(seq)];
        RecordBatch::try_new(Arc::clone(&SUPERSEDED), columns)
    }
}
