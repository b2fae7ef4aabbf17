//! The rows of one resource, straight into the arrays.

use crate::{
    Column, OnMisfit, RowError,
    arrays::ArrayBuilder,
    cell::{Cell, Misfit},
    path::{End, Flow, Halt, Item, Node, Scope, evaluate, truth},
    plan::{Iteration, Located, Part, Plan, Select},
};
use std::{borrow::Cow, marker::PhantomData, ops::Range};

/// What the rows of one resource may take. Products of `forEach` grow fast.
const RESOURCE_LIMIT_BYTES: usize = 64 << 20;

/// What became of one resource.
#[derive(Clone, Copy, Default)]
pub(crate) struct Made {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    pub(crate) misfits: u64,
}

/// Makes the rows of one resource. Whatever makes rows appends them to the arrays of its columns and says how many
/// they are; whoever asked for them lengthens its own columns accordingly.
pub(crate) struct Run<'a, 't, N> {
    plan: &'a Plan,
    arrays: &'t mut [ArrayBuilder],
    made: Made,
    node: PhantomData<N>,
}

impl<'a, 't, N: Node<'a>> Run<'a, 't, N> {
    /// Rows of `plan`, into `arrays`.
    pub(crate) fn new(plan: &'a Plan, arrays: &'t mut [ArrayBuilder]) -> Self {
        Self { plan, arrays, made: Made::default(), node: PhantomData }
    }

    /// Appends the rows of a resource to arrays of `at` rows. After an error some of them may be there.
    pub(crate) fn resource(mut self, resource: N, at: usize) -> Result<Made, RowError> {
        let plan = self.plan;
        if resource.member(&plan.resource_type).and_then(Node::text) != Some(plan.resource.as_str()) {
            return Ok(self.made);
        }
        let scope = Scope { resource, row_index: 0 };
        let this = Item::Node(resource);
        for criterion in &plan.wheres {
            if !self.holds(criterion, &this, scope)? {
                return Ok(self.made);
            }
        }
        let rows = self.parts(&plan.parts, &this, scope, at);
        self.made.rows = rows.map_err(|halt| self.row_error("select", halt))?;
        Ok(self.made)
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

    /// The product of the factors: for each row of the first, every row of the rest.
    fn parts(
        &mut self,
        parts: &'a [Part],
        this: &Item<'a, N>,
        scope: Scope<N>,
        at: usize,
    ) -> Result<usize, Halt> {
        let mut rows = 1;
        for (place, part) in parts.iter().enumerate() {
            if rows == 0 {
                break;
            }
            let found = self.part(part, this, scope, at)?;
            let before = parts.get(..place).unwrap_or_default();
            // Each row so far comes once for every new one; and these all over again for every row so far.
            if found != 1 {
                before.iter().try_for_each(|part| self.multiply(part.slots(), at..at + rows, found, 1))?;
            }
            if rows != 1 {
                self.multiply(part.slots(), at..at + found, 1, rows)?;
            }
            rows *= found;
        }
        Ok(rows)
    }

    /// Makes each of the rows come `each` times, and all of them `times` times.
    fn multiply(&mut self, slots: Range<usize>, rows: Range<usize>, each: usize, times: usize) -> Flow {
        let at = rows.start;
        let arrays = self.arrays.get_mut(slots).unwrap_or_default();
        let bytes: usize = arrays.iter().map(|array| array.bytes(at)).sum();
        let factor = each.saturating_mul(times);
        self.made.bytes = self.made.bytes.saturating_sub(bytes).saturating_add(bytes.saturating_mul(factor));
        if self.made.bytes.max(rows.len().saturating_mul(factor)) > RESOURCE_LIMIT_BYTES {
            return Err(Halt::Row(Box::new(RowError::TooManyRows {
                resource_type: self.plan.resource.clone(),
                limit_bytes: RESOURCE_LIMIT_BYTES,
            })));
        }
        let all = (0..times).flat_map(|_| rows.clone());
        let order: Vec<usize> = all.flat_map(|row| std::iter::repeat_n(row, each)).collect();
        arrays.iter_mut().for_each(|array| array.arrange(at, &order));
        Ok(())
    }

    fn part(
        &mut self,
        part: &'a Part,
        this: &Item<'a, N>,
        scope: Scope<N>,
        at: usize,
    ) -> Result<usize, Halt> {
        match part {
            Part::Select(select) => self.select(select, this, scope, at),
            Part::Union(branches) => branches
                .iter()
                .try_fold(0, |rows, branch| Ok(rows + self.select(branch, this, scope, at + rows)?)),
        }
    }

    fn select(
        &mut self,
        select: &'a Select,
        this: &Item<'a, N>,
        scope: Scope<N>,
        at: usize,
    ) -> Result<usize, Halt> {
        match &select.each {
            Iteration::Focus => self.body(select, this, scope, at),
            Iteration::ForEach { path, walk, or_null } => {
                let (mut rows, mut row_index) = (0, 0);
                let mut each = |item: &Item<'a, N>| {
                    let scope = Scope { row_index, ..scope };
                    row_index += 1;
                    rows += self.body(select, item, scope, at + rows)?;
                    Ok(())
                };
                let flow = match (walk, this) {
                    (Some(walk), Item::Node(node)) => {
                        walk.walk(*node, &mut |_, node| each(&Item::Node(node)))
                    }
                    _ => evaluate(&path.expr, this, scope, &mut |item| each(&item)),
                };
                flow.map_err(|halt| self.located(&path.at, halt))?;
                if row_index == 0 && *or_null {
                    self.null_row(select);
                    return Ok(1);
                }
                Ok(rows)
            }
            Iteration::Repeat(paths) => {
                let mut rows = 0;
                self.repeat(select, paths, this, scope, at, (&mut rows, &mut 0))?;
                Ok(rows)
            }
        }
    }

    /// Walks down `paths` from `this`, each item before what is below it.
    fn repeat(
        &mut self,
        select: &'a Select,
        paths: &'a [Located],
        this: &Item<'a, N>,
        scope: Scope<N>,
        at: usize,
        (rows, row_index): (&mut usize, &mut i64),
    ) -> Flow {
        for path in paths {
            let flow = evaluate(&path.expr, this, scope, &mut |item| {
                let scope = Scope { row_index: *row_index, ..scope };
                *row_index += 1;
                *rows += self.body(select, &item, scope, at + *rows)?;
                self.repeat(select, paths, &item, scope, at, (rows, row_index))
            });
            flow.map_err(|halt| self.located(&path.at, halt))?;
        }
        Ok(())
    }

    /// The rows of one item: its own columns beside the rows of what is nested.
    fn body(
        &mut self,
        select: &'a Select,
        this: &Item<'a, N>,
        scope: Scope<N>,
        at: usize,
    ) -> Result<usize, Halt> {
        match this {
            Item::Node(node) => {
                self.walk(select, *node, at)?;
                let others = select.others.iter().filter_map(|place| select.columns.get(*place));
                others.into_iter().try_for_each(|column| self.fill(column, this, scope))?;
            }
            _ => select.columns.iter().try_for_each(|column| self.fill(column, this, scope))?,
        }
        if select.parts.is_empty() {
            return Ok(1);
        }
        let rows = self.parts(&select.parts, this, scope, at)?;
        if rows != 1 {
            for (slot, _) in &select.columns {
                self.multiply(*slot..slot + 1, at..at + 1, rows, 1)?;
            }
        }
        Ok(rows)
    }

    /// Fills the columns whose values are walked to together, at row `at`.
    #[inline]
    fn walk(&mut self, select: &'a Select, node: N, at: usize) -> Flow {
        let (plan, arrays, made) = (self.plan, &mut *self.arrays, &mut self.made);
        select.paths.walk(node, &mut |end: &End, node| {
            let Some(array) = arrays.get_mut(end.slot) else { return Ok(()) };
            let key = match &end.key {
                None => None,
                Some(key) => match key.of(node) {
                    None => return Ok(()),
                    found => found,
                },
            };
            if array.len() != at {
                return Err(Unfit::Several.halt(plan, end.slot));
            }
            if let Some(text) = key.map(str::as_bytes).or_else(|| node.token_bytes())
                && let Some(bytes) = array.append_text(text)
            {
                made.bytes += bytes;
                return Ok(());
            }
            let Some(column) = plan.columns.get(end.slot) else { return Ok(()) };
            let item = key.map_or(Item::Node(node), |key| Item::Text(Cow::Borrowed(key)));
            let cell = value(column, item, &mut made.misfits).map_err(|unfit| unfit.halt(plan, end.slot))?;
            array.append(&cell);
            made.bytes += array.bytes(at);
            Ok(())
        })?;
        for slot in &select.walked {
            if let Some(array) = arrays.get_mut(*slot)
                && array.len() == at
            {
                array.append(&Cell::Null);
                made.bytes += 1;
            }
        }
        Ok(())
    }

    /// The row of a `forEachOrNull` that found nothing: every column below it is null.
    fn null_row(&mut self, select: &Select) {
        for slot in select.slots.clone() {
            let cell = if select.index_slots.contains(&slot) { Cell::Whole(0) } else { Cell::Null };
            if let Some(array) = self.arrays.get_mut(slot) {
                array.append(&cell);
            }
        }
    }

    /// Fills one column, whatever its expression.
    fn fill(&mut self, (slot, located): &'a (usize, Located), this: &Item<'a, N>, scope: Scope<N>) -> Flow {
        let Some(column) = self.plan.columns.get(*slot) else { return Ok(()) };
        let mut filling = Filling::default();
        let flow = evaluate(&located.expr, this, scope, &mut |item| {
            if filling.take(column, item) { Ok(()) } else { Err(Halt::Enough) }
        });
        if let Some(unfit) = filling.fault {
            return Err(unfit.halt(self.plan, *slot));
        }
        flow.map_err(|halt| self.located(&located.at, halt))?;
        self.made.misfits += filling.misfits;
        if let Some(array) = self.arrays.get_mut(*slot) {
            let at = array.len();
            array.append(&if column.collection { Cell::List(filling.items) } else { filling.cell });
            self.made.bytes += array.bytes(at);
        }
        Ok(())
    }
}

/// Why a column cannot be filled.
#[derive(Clone, Copy)]
enum Unfit {
    Several,
    Type,
    Value,
}

impl Unfit {
    #[cold]
    fn halt(self, plan: &Plan, slot: usize) -> Halt {
        let Some(column) = plan.columns.get(slot) else { return Halt::Enough };
        let (resource_type, name) = (plan.resource.clone(), column.name.clone());
        Halt::Row(Box::new(match self {
            Self::Several => RowError::Several { resource_type, column: name },
            Self::Type => {
                RowError::Type { resource_type, column: name, expected: column.column_type.words() }
            }
            Self::Value => RowError::Misfit {
                resource_type,
                path: column.path.clone(),
                column: name,
                data_type: column.column_type.data_type(),
            },
        }))
    }
}

/// The item as a value of `column`; null and counted, if it does not fit and the column takes that.
fn value<'a, N: Node<'a>>(column: &Column, item: Item<'a, N>, misfits: &mut u64) -> Result<Cell<'a>, Unfit> {
    match Cell::of(column.column_type, item) {
        Ok(cell) => Ok(cell),
        Err(Misfit::Value) if column.misfit == OnMisfit::Null => {
            *misfits += 1;
            Ok(Cell::Null)
        }
        Err(Misfit::Value) => Err(Unfit::Value),
        Err(Misfit::Type) => Err(Unfit::Type),
    }
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
        let value = match value(column, item, &mut self.misfits) {
            Ok(value) => value,
            Err(unfit) => {
                self.fault = Some(unfit);
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
