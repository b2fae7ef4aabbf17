//! The audit trail as a table. What a query asks of the time is handed down, so that only that time's objects are read.

use arrow::{
    array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder, TimestampMillisecondArray, UInt64Array},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use async_trait::async_trait;
use audit::{Filter, Record, records};
use datafusion::{
    catalog::{Session, TableProvider},
    common::ScalarValue,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::TryStreamExt;
use model::{AuditEntity, Timestamp};
use object_store::ObjectStore;
use std::{
    fmt,
    sync::{Arc, LazyLock},
};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let time = |name| Field::new(name, DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false);
    let list = |name| Field::new_list(name, Field::new_list_field(DataType::Utf8, true), false);
    Arc::new(Schema::new(vec![
        text("writer"),
        Field::new("index", DataType::UInt64, false),
        time("time"),
        time("began"),
        text("action"),
        text("actor"),
        text("outcome"),
        text("target"),
        text("detail"),
        text("address"),
        list("patients"),
        list("tables"),
        text("resource"),
    ]))
});

/// `audit.records`: one row for each record of every writer.
pub(super) struct TrailTable {
    store: Arc<dyn ObjectStore>,
}

/// The records of one query.
struct Asked {
    store: Arc<dyn ObjectStore>,
    filter: Filter,
}

impl TrailTable {
    pub(super) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }
}

impl fmt::Debug for TrailTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrailTable")
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("audit.records").field("filter", &self.filter).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for TrailTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // What is handed down leaves out whole objects and obvious strangers; the rest is looked at again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut filter = Filter::default();
        filters.iter().for_each(|condition| narrow(&mut filter, condition));
        let asked = Asked { store: Arc::clone(&self.store), filter };
        let partitions: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(asked)];
        // A limit counts what passes the filters, which are looked at above.
        let limit = limit.filter(|_| filters.is_empty());
        let plan =
            StreamingTableExec::try_new(Arc::clone(&SCHEMA), partitions, projection, None, false, limit)?;
        Ok(Arc::new(plan))
    }
}

impl PartitionStream for Asked {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let pages = records(Arc::clone(&self.store), self.filter.clone());
        let batches = pages
            .map_err(|error| DataFusionError::External(Box::new(error)))
            .and_then(|page| async move { batch(&page) });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), Box::pin(batches)))
    }
}

/// Takes over what a condition says of the time, or that something is named.
fn narrow(filter: &mut Filter, condition: &Expr) {
    let Expr::BinaryExpr(condition) = condition else { return };
    let (Expr::Column(column), Expr::Literal(value, _)) = (condition.left.as_ref(), condition.right.as_ref())
    else {
        return;
    };
    match (column.name.as_str(), value) {
        ("time", ScalarValue::TimestampMillisecond(Some(ms), _)) => {
            let (at, after) = (Timestamp(*ms), Timestamp(*ms).plus_ms(1));
            match condition.op {
                Operator::GtEq => filter.from = filter.from.max(Some(at)),
                Operator::Gt => filter.from = filter.from.max(Some(after)),
                Operator::Lt => filter.until = Some(filter.until.map_or(at, |until| until.min(at))),
                Operator::LtEq => filter.until = Some(filter.until.map_or(after, |until| until.min(after))),
                Operator::Eq => {
                    filter.from = filter.from.max(Some(at));
                    filter.until = Some(filter.until.map_or(after, |until| until.min(after)));
                }
                _ => {}
            }
        }
        ("actor", ScalarValue::Utf8(Some(name))) if condition.op == Operator::Eq => {
            filter.mention.push(serde_json::Value::from(name.as_str()).to_string());
        }
        _ => {}
    }
}

fn batch(page: &[Record]) -> Result<RecordBatch> {
    let text = |value: &dyn Fn(&Record) -> Option<String>| -> ArrayRef {
        let mut column = StringBuilder::new();
        page.iter().for_each(|record| column.append_option(value(record)));
        Arc::new(column.finish())
    };
    let time = |value: &dyn Fn(&Record) -> Timestamp| -> ArrayRef {
        let times: TimestampMillisecondArray = page.iter().map(|record| Some(value(record).0)).collect();
        Arc::new(times.with_timezone("UTC"))
    };
    let list = |value: &dyn Fn(&AuditEntity) -> Option<String>| -> ArrayRef {
        let mut column = ListBuilder::new(StringBuilder::new());
        for record in page {
            record.event.about.iter().filter_map(value).for_each(|text| column.values().append_value(text));
            column.append(true);
        }
        Arc::new(column.finish())
    };
    let columns: Vec<ArrayRef> = vec![
        text(&|record| Some(record.writer.clone())),
        Arc::new(page.iter().map(|record| Some(record.index)).collect::<UInt64Array>()),
        time(&|record| record.recorded),
        time(&|record| record.event.time),
        text(&|record| Some(record.event.action.clone())),
        text(&|record| Some(record.event.actor.clone())),
        text(&|record| Some(record.event.outcome.as_str().to_owned())),
        text(&|record| Some(record.event.target.clone())),
        text(&|record| serde_json::to_string(&record.event.detail).ok()),
        text(&|record| record.event.network.as_ref().map(|network| network.client.clone())),
        list(&|about| match about {
            AuditEntity::Patient(pseudonym) => Some(pseudonym.clone()),
            _ => None,
        }),
        list(&|about| match about {
            AuditEntity::Table { name, .. } => Some(name.clone()),
            _ => None,
        }),
        text(&|record| Some(record.resource.clone())),
    ];
    Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?)
}
