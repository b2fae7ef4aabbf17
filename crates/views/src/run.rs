//! The rows of one resource, made before any of them is appended.

use crate::{
    Column, ColumnType, RowError,
    arrays::ArrayBuilder,
    cell::{Cell, Misfit},
    path::{Flow, Halt, Item, Node, Scope, evaluate, truth},
    plan::{Iteration, Located, Part, Plan, Select},
};
use std::{borrow::Cow, marker::PhantomData};

/// What the rows of one resource may take. Products of `forEach` grow fast.
const RESOURCE_LIMIT_BYTES: usize = 64 << 20;

/// The rows of one resource.
#[derive(Default)]
pub(crate) struct Made<'a> {
    /// One row after the other.
    pub(crate) cells: Vec<Cell<'a>>,
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    pub(crate) misfits: u64,
}

/// Makes the rows of one resource.
pub(crate) struct Run<'a, N> {
    plan: &'a Plan,
    /// The row being made. What an outer `forEach` filled in stays while inner ones go on.
    cells: Vec<Cell<'a>>,
    /// The arrays, if the view is flat.
    direct: Vec<ArrayBuilder>,
    made: Made<'a>,
    node: PhantomData<N>,
}

/// What comes after a factor of the product of rows: the next factor, or the end of the row.
type Next<'n, 'a, N> = &'n mut dyn FnMut(&mut Run<'a, N>) -> Flow;

impl<'a, N: Node<'a>> Run<'a, N> {
    /// The rows that a plan makes of a resource; and the arrays, into which the texts of a flat plan went.
    pub(crate) fn rows(
        plan: &'a Plan,
        resource: N,
        direct: Vec<ArrayBuilder>,
    ) -> (Result<Made<'a>, RowError>, Vec<ArrayBuilder>) {
        if resource.member(&plan.resource_type).and_then(Node::text) != Some(plan.resource.as_str()) {
            return (Ok(Made::default()), direct);
        }
        // Where all goes straight into the arrays, there is no row to put together.
        let direct_only = plan.flat && direct.iter().all(ArrayBuilder::is_text);
        let cells = if direct_only { Vec::new() } else { vec![Cell::Null; plan.columns.len()] };
        let mut run = Self { plan, cells, direct, made: Made::default(), node: PhantomData };
        let made = run.resource(resource);
        (made.map(|()| run.made), run.direct)
    }

    fn resource(&mut self, resource: N) -> Result<(), RowError> {
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
    fn holds(&self, criterion: &'a Located, this: &Item<'a, N>, scope: Scope<N>) -> Result<bool, RowError> {
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
    fn parts(
        &mut self,
        parts: &'a [Part],
        this: &Item<'a, N>,
        scope: Scope<N>,
        next: Next<'_, 'a, N>,
    ) -> Flow {
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

    fn select(
        &mut self,
        select: &'a Select,
        this: &Item<'a, N>,
        scope: Scope<N>,
        next: Next<'_, 'a, N>,
    ) -> Flow {
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
        this: &Item<'a, N>,
        scope: Scope<N>,
        row_index: &mut i64,
        next: Next<'_, 'a, N>,
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

    fn body(
        &mut self,
        select: &'a Select,
        this: &Item<'a, N>,
        scope: Scope<N>,
        next: Next<'_, 'a, N>,
    ) -> Flow {
        for (slot, located) in &select.columns {
            // Most columns are these, and need no cell.
            if let Some(array) = self.direct.get_mut(*slot)
                && let (Some(straight), Item::Node(node)) = (&located.straight, this)
                && array.is_text()
                && let Some(token) = straight.one_token(*node)
            {
                self.made.bytes += 4 + token.map_or(0, str::len);
                array.append_text(token);
                continue;
            }
            let cell = self.fill(*slot, located, this, scope)?;
            if let Some(array) = self.direct.get_mut(*slot)
                && array.is_text()
            {
                self.made.bytes += cell.bytes();
                array.append_text(if let Cell::Text(text) = &cell { Some(text) } else { None });
                continue;
            }
            if let Some(place) = self.cells.get_mut(*slot) {
                *place = cell;
            }
        }
        self.parts(&select.parts, this, scope, next)
    }

    /// The row of a `forEachOrNull` that found nothing: every column below it is null.
    fn null_row(&mut self, select: &Select) {
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
    #[inline]
    fn fill(
        &mut self,
        slot: usize,
        located: &'a Located,
        this: &Item<'a, N>,
        scope: Scope<N>,
    ) -> Result<Cell<'a>, Halt> {
        let Some(column) = self.plan.columns.get(slot) else { return Ok(Cell::Null) };
        if let (Some(straight), Item::Node(node), ColumnType::Text, false) =
            (&located.straight, this, column.column_type, column.collection)
            && let Some(token) = straight.one_token(*node)
        {
            return Ok(token.map_or(Cell::Null, |token| Cell::Text(Cow::Borrowed(token))));
        }
        let mut filling = Filling::default();
        match (&located.straight, this) {
            (Some(straight), Item::Node(node)) => {
                straight.each(*node, &mut |item| filling.take(column, item));
            }
            _ => {
                let flow = evaluate(&located.expr, this, scope, &mut |item| {
                    if filling.take(column, item) { Ok(()) } else { Err(Halt::Enough) }
                });
                if filling.fault.is_none() {
                    flow.map_err(|halt| self.located(&located.at, halt))?;
                }
            }
        }
        let (resource_type, name) = (|| self.plan.resource.clone(), || column.name.clone());
        let error = match filling.fault {
            None => {
                self.made.misfits += filling.misfits;
                return Ok(if column.collection { Cell::List(filling.items) } else { filling.cell });
            }
            Some(Unfit::Several) => RowError::Several { resource_type: resource_type(), column: name() },
            Some(Unfit::Type) => {
                let expected = column.column_type.words();
                RowError::Type { resource_type: resource_type(), column: name(), expected }
            }
        };
        Err(Halt::Row(Box::new(error)))
    }

    /// Takes the row being made as one of the finished.
    fn emit(&mut self) -> Flow {
        self.made.rows += 1;
        self.made.bytes += self.cells.iter().map(Cell::bytes).sum::<usize>();
        if self.plan.flat {
            self.made.cells = std::mem::take(&mut self.cells);
            return Ok(());
        }
        if self.made.bytes.max(self.made.cells.len() * size_of::<Cell<'_>>()) > RESOURCE_LIMIT_BYTES {
            return Err(Halt::Row(Box::new(RowError::TooManyRows {
                resource_type: self.plan.resource.clone(),
                limit_bytes: RESOURCE_LIMIT_BYTES,
            })));
        }
        self.made.cells.extend(self.cells.iter().cloned());
        Ok(())
    }
}

/// Why a column cannot be filled.
enum Unfit {
    Several,
    Type,
}

/// A column's value while its items come.
#[derive(Default)]
struct Filling<'a> {
    found: bool,
    cell: Cell<'a>,
    items: Vec<Cell<'a>>,
    misfits: u64,
    fault: Option<Unfit>,
}

impl<'a> Filling<'a> {
    /// Takes an item, and says whether more may come.
    #[inline]
    fn take<N: Node<'a>>(&mut self, column: &Column, item: Item<'a, N>) -> bool {
        if std::mem::replace(&mut self.found, true) && !column.collection {
            self.fault = Some(Unfit::Several);
            return false;
        }
        let value = match Cell::of(column.column_type, item) {
            Ok(value) => value,
            Err(Misfit::Value) => {
                self.misfits += 1;
                Cell::Null
            }
            Err(Misfit::Type) => {
                self.fault = Some(Unfit::Type);
                return false;
            }
        };
        if column.collection {
            self.items.push(value);
        } else {
            self.cell = value;
        }
        true
    }
}
