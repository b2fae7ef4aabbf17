//! From resources to rows.

use crate::{
    RowError,
    arrays::ArrayBuilder,
    cell::{Cell, Misfit},
    path::{Flow, Halt, Item, Scope, evaluate, truth},
    plan::{Iteration, Located, Part, Plan, Select},
};
use arrow::{error::ArrowError, record_batch::RecordBatch};
use fhir::json::Value;
use std::sync::Arc;

/// What the rows of one resource may take. Products of `forEach` grow fast.
const RESOURCE_LIMIT_BYTES: usize = 64 << 20;

/// What one batch may hold: its texts are addressed with 32 bits.
const BATCH_LIMIT_BYTES: usize = 1 << 30;

/// Collects the rows that a view makes of resources.
#[derive(Debug)]
pub struct RowBuilder {
    plan: Arc<Plan>,
    arrays: Vec<ArrayBuilder>,
    rows: usize,
    bytes: usize,
    misfits: u64,
}

impl RowBuilder {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        let arrays = plan.columns.iter().map(ArrayBuilder::new).collect();
        Self { plan, arrays, rows: 0, bytes: 0, misfits: 0 }
    }

    /// Appends the rows that the view makes of `resource`, and says how many: none for a resource of another
    /// type, or one that a `where` leaves out.
    ///
    /// # Errors
    /// The rows cannot be made. Nothing has been appended then.
    pub fn append(&mut self, resource: &Value<'_>) -> Result<usize, RowError> {
        let plan = Arc::clone(&self.plan);
        if resource.get("resourceType").and_then(Value::as_str) != Some(plan.resource.as_str()) {
            return Ok(0);
        }
        let cells = vec![Cell::Null; plan.columns.len()];
        let mut run = Run { plan: &plan, cells, finished: Vec::new(), rows: 0, bytes: 0, misfits: 0 };
        run.resource(resource)?;
        if self.bytes + run.bytes > BATCH_LIMIT_BYTES {
            return Err(RowError::Full);
        }
        self.rows += run.rows;
        self.bytes += run.bytes;
        self.misfits += run.misfits;
        let mut cells = run.finished.into_iter();
        for _ in 0..run.rows {
            for (array, cell) in self.arrays.iter_mut().zip(cells.by_ref()) {
                array.append(cell);
            }
        }
        Ok(run.rows)
    }

    /// How many rows it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The bytes that its rows take in memory, about. Finish it when they are as many as a batch may have.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many values have become null since the builder was made, because their columns cannot hold them
    /// exactly ([`ColumnType`](crate::ColumnType) says when).
    #[must_use]
    pub const fn misfits(&self) -> u64 {
        self.misfits
    }

    /// The rows as a batch of the view's schema. The builder is empty afterwards and can go on.
    ///
    /// # Errors
    /// Arrow refuses the arrays; that would be a fault of this crate.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays = self.arrays.iter_mut().map(ArrayBuilder::finish).collect::<Result<_, _>>()?;
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new(Arc::clone(&self.plan.schema), arrays)
    }
}

/// Makes the rows of one resource.
struct Run<'a> {
    plan: &'a Plan,
    /// The row being made. What an outer `forEach` filled in stays while inner ones go on.
    cells: Vec<Cell<'a>>,
    /// The rows made, one after the other.
    finished: Vec<Cell<'a>>,
    rows: usize,
    bytes: usize,
    misfits: u64,
}

/// What comes after a factor of the product of rows: the next factor, or the end of the row.
type Next<'n, 'a> = &'n mut dyn FnMut(&mut Run<'a>) -> Flow;

impl<'a> Run<'a> {
    fn resource(&mut self, resource: &'a Value<'a>) -> Result<(), RowError> {
        let plan = self.plan;
        let scope = Scope { resource, row_index: 0 };
        let this = Item::Node(resource);
        for criterion in &plan.wheres {
            if !self.holds(criterion, &this, scope)? {
                return Ok(());
            }
        }
        let flow = self.parts(&plan.parts, &this, scope, &mut |run| run.emit());
        flow.map_err(|halt| self.row_error("select", halt))
    }

    /// Whether a `where` is true; empty counts as false, and anything but a boolean is an error.
    fn holds(&self, criterion: &'a Located, this: &Item<'a>, scope: Scope<'a>) -> Result<bool, RowError> {
        let refuse = |reason: &str| RowError::Evaluate {
            resource_type: self.plan.resource.clone(),
            at: criterion.at.clone(),
            reason: reason.to_owned(),
        };
        if criterion.expr.is_boolean() {
            let answer = truth(&criterion.expr, this, scope);
            return answer
                .map(|answer| answer == Some(true))
                .map_err(|halt| self.row_error(&criterion.at, halt));
        }
        let mut answers = Vec::new();
        evaluate(&criterion.expr, this, scope, &mut |item| {
            answers.push(item.as_bool());
            Ok(())
        })
        .map_err(|halt| self.row_error(&criterion.at, halt))?;
        match answers.as_slice() {
            [] => Ok(false),
            [Some(answer)] => Ok(*answer),
            _ => Err(refuse("a `where` must give one boolean")),
        }
    }

    fn row_error(&self, at: &str, halt: Halt) -> RowError {
        let reason = match halt {
            Halt::Row(error) => return *error,
            Halt::Fault(fault) => fault.to_string(),
            Halt::Enough => "the evaluation was cut short".to_owned(),
        };
        RowError::Evaluate { resource_type: self.plan.resource.clone(), at: at.to_owned(), reason }
    }

    /// A halt that remembers where it happened.
    fn located(&self, at: &str, halt: Halt) -> Halt {
        Halt::Row(Box::new(self.row_error(at, halt)))
    }

    /// Goes through the factors: for each row of the first, every row of the rest.
    fn parts(&mut self, parts: &'a [Part], this: &Item<'a>, scope: Scope<'a>, next: Next<'_, 'a>) -> Flow {
        match parts.split_first() {
            None => next(self),
            Some((Part::Select(select), rest)) => {
                self.select(select, this, scope, &mut |run| run.parts(rest, this, scope, next))
            }
            Some((Part::Union(branches), rest)) => {
                for branch in branches {
                    self.select(branch, this, scope, &mut |run| run.parts(rest, this, scope, next))?;
                }
                Ok(())
            }
        }
    }

    fn select(&mut self, select: &'a Select, this: &Item<'a>, scope: Scope<'a>, next: Next<'_, 'a>) -> Flow {
        match &select.each {
            Iteration::Focus => self.body(select, this, scope, next),
            Iteration::ForEach { path, or_null } => {
                let mut row_index = 0;
                let flow = evaluate(&path.expr, this, scope, &mut |item| {
                    let scope = Scope { row_index, ..scope };
                    row_index += 1;
                    self.body(select, &item, scope, next)
                });
                flow.map_err(|halt| self.located(&path.at, halt))?;
                if row_index > 0 || !or_null {
                    return Ok(());
                }
                self.null_row(select);
                next(self)
            }
            Iteration::Repeat(paths) => self.repeat(select, paths, this, scope, &mut 0, next),
        }
    }

    /// Walks down `paths` from `this`, each item before what is below it.
    fn repeat(
        &mut self,
        select: &'a Select,
        paths: &'a [Located],
        this: &Item<'a>,
        scope: Scope<'a>,
        row_index: &mut i64,
        next: Next<'_, 'a>,
    ) -> Flow {
        for path in paths {
            let flow = evaluate(&path.expr, this, scope, &mut |item| {
                let scope = Scope { row_index: *row_index, ..scope };
                *row_index += 1;
                self.body(select, &item, scope, next)?;
                self.repeat(select, paths, &item, scope, row_index, next)
            });
            flow.map_err(|halt| self.located(&path.at, halt))?;
        }
        Ok(())
    }

    fn body(&mut self, select: &'a Select, this: &Item<'a>, scope: Scope<'a>, next: Next<'_, 'a>) -> Flow {
        for (slot, located) in &select.columns {
            let cell = self.fill(*slot, located, this, scope)?;
            if let Some(place) = self.cells.get_mut(*slot) {
                *place = cell;
            }
        }
        self.parts(&select.parts, this, scope, next)
    }

    /// The row of a `forEachOrNull` that found nothing: every column below it is null.
    fn null_row(&mut self, select: &'a Select) {
        for cell in self.cells.get_mut(select.slots.clone()).into_iter().flatten() {
            *cell = Cell::Null;
        }
        for slot in &select.index_slots {
            if let Some(cell) = self.cells.get_mut(*slot) {
                *cell = Cell::Whole(0);
            }
        }
    }

    /// The value of one column.
    fn fill(
        &mut self,
        slot: usize,
        located: &'a Located,
        this: &Item<'a>,
        scope: Scope<'a>,
    ) -> Result<Cell<'a>, Halt> {
        let Some(column) = self.plan.columns.get(slot) else { return Ok(Cell::Null) };
        let (mut cell, mut several) = (Cell::Null, false);
        let (mut items, mut failed, mut misfits) = (Vec::new(), false, 0);
        let mut found = false;
        let flow = evaluate(&located.expr, this, scope, &mut |item| {
            several = std::mem::replace(&mut found, true) && !column.collection;
            if several {
                return Err(Halt::Enough);
            }
            let value = match Cell::of(column.column_type, item) {
                Ok(value) => value,
                Err(Misfit::Value) => {
                    misfits += 1;
                    Cell::Null
                }
                Err(Misfit::Type) => {
                    failed = true;
                    return Err(Halt::Enough);
                }
            };
            if column.collection {
                items.push(value)
            } else {
                cell = value
            }
            Ok(())
        });
        let (resource_type, name) = (|| self.plan.resource.clone(), || column.name.clone());
        if several {
            return Err(Halt::Row(Box::new(RowError::Several {
                resource_type: resource_type(),
                column: name(),
            })));
        }
        if failed {
            let expected = column.column_type.words();
            let error = RowError::Type { resource_type: resource_type(), column: name(), expected };
            return Err(Halt::Row(Box::new(error)));
        }
        flow.map_err(|halt| self.located(&located.at, halt))?;
        self.misfits += misfits;
        Ok(if column.collection { Cell::List(items) } else { cell })
    }

    /// Takes the row being made as one of the finished.
    fn emit(&mut self) -> Flow {
        self.rows += 1;
        self.bytes += self.cells.iter().map(Cell::bytes).sum::<usize>();
        if self.plan.flat {
            self.finished = std::mem::take(&mut self.cells);
            return Ok(());
        }
        if self.bytes.max(self.finished.len() * size_of::<Cell<'_>>()) > RESOURCE_LIMIT_BYTES {
            return Err(Halt::Row(Box::new(RowError::TooManyRows {
                resource_type: self.plan.resource.clone(),
                limit_bytes: RESOURCE_LIMIT_BYTES,
            })));
        }
        self.finished.extend(self.cells.iter().cloned());
        Ok(())
    }
}
