//! A ViewDefinition, checked and compiled.

use crate::{
    Column, ColumnType, OnMisfit, RowBuilder, ViewDefinition, ViewError, ViewErrorReason,
    definition::{self, ColumnDefinition, Text},
    path::{self, Context, Expr, Field as Member, Focus, Function, Items, Paths, Whole},
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use fhir::{json::Selection, path::SystemType};
use std::{ops::Range, sync::Arc};

/// A compiled view. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct View(Arc<Plan>);

/// What a view does with a resource.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    name: String,
    description: Option<String>,
    pub(crate) resource: String,
    definition: String,
    /// Where a resource says its type.
    pub(crate) resource_type: Member,
    pub(crate) columns: Vec<Column>,
    pub(crate) schema: SchemaRef,
    pub(crate) wheres: Vec<Located>,
    pub(crate) parts: Vec<Part>,
    /// Whether each resource makes one row at most, from itself.
    pub(crate) flat: bool,
}

/// An expression and the element of the ViewDefinition that it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) at: String,
    pub(crate) expr: Expr,
}

/// Why whole resources must be read: an element that cannot say what it looks at.
#[derive(Clone, Debug)]
pub(crate) struct ReadsWhole {
    /// The element of the ViewDefinition.
    pub(crate) at: String,
    pub(crate) reason: &'static str,
}

/// One factor of the product of rows.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Select(Box<Select>),
    Union(Vec<Select>),
}

/// A compiled `select`.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) each: Iteration,
    /// Its own columns: the place in the row, and what goes there.
    pub(crate) columns: Vec<(usize, Located)>,
    /// Those of its columns that are walked together.
    pub(crate) paths: Paths,
    /// Their places in the row.
    pub(crate) walked: Vec<usize>,
    /// Which of its columns are not, by their places in `columns`.
    pub(crate) others: Vec<usize>,
    pub(crate) parts: Vec<Part>,
    /// Every column in and below it.
    pub(crate) slots: Range<usize>,
    /// Those of them that are `%rowIndex`, which is 0 in the row of an empty `forEachOrNull`.
    pub(crate) index_slots: Vec<usize>,
}

/// What a `select` makes rows of.
#[derive(Clone, Debug)]
pub(crate) enum Iteration {
    Focus,
    ForEach {
        path: Box<Located>,
        /// The same, where it is simple.
        walk: Option<Paths>,
        or_null: bool,
    },
    Repeat(Vec<Located>),
}

impl View {
    /// Compiles a definition: every expression is parsed, every column typed, every branch compared.
    ///
    /// # Errors
    /// The definition asks for what does not make sense or is not supported; the error names the element.
    pub fn compile(definition: &ViewDefinition) -> Result<Self, ViewError> {
        let compiler = Compiler { definition };
        let root = Focus::resource(definition.resource());
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for select in &definition.selects {
            parts.push(Part::Select(Box::new(compiler.select(select, &root, &mut columns)?)));
        }
        if columns.is_empty() {
            return Err(ViewError::new("select", ViewErrorReason::Form { expected: "a view with a column" }));
        }
        let wheres = definition.wheres.iter().map(|text| Ok(compiler.expr(text, &root, false)?.0));
        let wheres = wheres.collect::<Result<_, _>>()?;
        let flat = parts.iter().all(Part::is_flat);
        parts.iter_mut().for_each(|part| part.lay_paths(&columns));
        Ok(Self(Arc::new(Plan {
            name: definition.name().to_owned(),
            description: definition.description().map(ToOwned::to_owned),
            resource: definition.resource().to_owned(),
            definition: definition.text().to_owned(),
            resource_type: Member::named("resourceType"),
            schema: Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>())),
            columns,
            wheres,
            parts,
            flat,
        })))
    }

    /// The ViewDefinition that it was compiled from, as JSON in canonical form.
    #[must_use]
    pub fn definition(&self) -> &str {
        &self.0.definition
    }

    /// The view's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What the definition says about the view.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The resource type that it makes rows of.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.0.resource
    }

    /// The schema of its batches. Every field may be null, and none has metadata.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    /// Its columns, in the schema's order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.0.columns
    }

    /// Whether each resource makes one row at most, from itself: there is no `forEach`, `repeat` or `unionAll`.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.0.flat
    }

    /// Its plan where whole resources are read.
    pub(crate) const fn plan(&self) -> &Arc<Plan> {
        &self.0
    }

    /// Its plan for resources of which only what `selection` says is read; asks for what it needs.
    pub(crate) fn selected(&self, selection: &mut Selection) -> Result<Arc<Plan>, ReadsWhole> {
        let mut plan = (*self.0).clone();
        let root = Items::RESOURCE;
        let full = |Whole| ReadsWhole { at: "select".to_owned(), reason: "it looks at too many members" };
        plan.resource_type.select(root, selection).map_err(full)?;
        for criterion in &mut plan.wheres {
            criterion.select(root, selection)?;
        }
        for part in &mut plan.parts {
            part.select(root, selection)?;
            part.lay_paths(&plan.columns);
        }
        Ok(Arc::new(plan))
    }

    /// A builder without rows.
    #[must_use]
    pub fn rows(&self) -> RowBuilder {
        RowBuilder::new(Arc::clone(&self.0))
    }
}

impl Part {
    fn is_flat(&self) -> bool {
        match self {
            Self::Select(select) => {
                matches!(select.each, Iteration::Focus) && select.parts.iter().all(Self::is_flat)
            }
            Self::Union(_) => false,
        }
    }

    fn select(&mut self, this: Items, selection: &mut Selection) -> Result<(), ReadsWhole> {
        match self {
            Self::Select(select) => select.select(this, selection),
            Self::Union(branches) => {
                branches.iter_mut().try_for_each(|branch| branch.select(this, selection))
            }
        }
    }

    /// Every column in and below it.
    pub(crate) fn slots(&self) -> Range<usize> {
        match self {
            Self::Select(select) => select.slots.clone(),
            Self::Union(branches) => branches.first().map_or(0..0, |branch| branch.slots.clone()),
        }
    }

    fn lay_paths(&mut self, columns: &[Column]) {
        match self {
            Self::Select(select) => select.lay_paths(columns),
            Self::Union(branches) => branches.iter_mut().for_each(|branch| branch.lay_paths(columns)),
        }
    }
}

impl Select {
    fn select(&mut self, this: Items, selection: &mut Selection) -> Result<(), ReadsWhole> {
        let items = match &mut self.each {
            Iteration::Focus => this,
            Iteration::ForEach { path, .. } => path.select(this, selection)?,
            Iteration::Repeat(paths) => {
                let at = paths.first().map(|path| path.at.clone()).unwrap_or_default();
                let reason = "`repeat` looks at the same members at every depth";
                return Err(ReadsWhole { at, reason });
            }
        };
        for (_, column) in &mut self.columns {
            column.select(items, selection)?;
        }
        self.parts.iter_mut().try_for_each(|part| part.select(items, selection))
    }

    /// Finds what can be walked together, once the expressions are what they will be.
    fn lay_paths(&mut self, columns: &[Column]) {
        if let Iteration::ForEach { path, walk, .. } = &mut self.each {
            *walk = Paths::to_elements(&path.expr);
        }
        (self.paths, self.walked, self.others) = (Paths::default(), Vec::new(), Vec::new());
        for (at, (slot, located)) in self.columns.iter().enumerate() {
            let one = columns.get(*slot).is_some_and(|column| !column.collection);
            if one && self.paths.add(&located.expr, *slot) {
                self.walked.push(*slot);
            } else {
                self.others.push(at);
            }
        }
        self.parts.iter_mut().for_each(|part| part.lay_paths(columns));
    }
}

impl Part {
    fn is_general(&self) -> bool {
        match self {
            Self::Select(select) => select.starts_general() || select.is_general(),
            Self::Union(branches) => {
                branches.iter().any(|branch| branch.starts_general() || branch.is_general())
            }
        }
    }
}

impl Select {
    /// Whether what it goes through takes the general engine.
    fn starts_general(&self) -> bool {
        let is_general = |path: &Located| matches!(path.expr, Expr::General(_));
        match &self.each {
            Iteration::Focus => false,
            Iteration::ForEach { path, .. } => is_general(path),
            Iteration::Repeat(paths) => paths.iter().any(is_general),
        }
    }

    /// Whether something in or below it takes the general engine.
    fn is_general(&self) -> bool {
        self.columns.iter().any(|(_, column)| matches!(column.expr, Expr::General(_)))
            || self.parts.iter().any(Part::is_general)
    }
}

impl Located {
    /// Asks for what the expression looks at.
    fn select(&mut self, this: Items, selection: &mut Selection) -> Result<Items, ReadsWhole> {
        let reason = "which members it looks at cannot be told before a resource is there";
        self.expr.select(this, selection).map_err(|Whole| ReadsWhole { at: self.at.clone(), reason })
    }
}

fn field(column: &Column) -> Field {
    let kind = column.column_type.data_type();
    let kind = if column.collection { DataType::List(item_field(kind)) } else { kind };
    Field::new(&column.name, kind, true)
}

/// The field of a list's items.
pub(crate) fn item_field(kind: DataType) -> Arc<Field> {
    Arc::new(Field::new("item", kind, true))
}

struct Compiler<'d> {
    definition: &'d ViewDefinition,
}

impl Compiler<'_> {
    /// Compiles an expression that starts from `focus`; and tells what it gives.
    fn expr(&self, text: &Text, focus: &Focus, general: bool) -> Result<(Located, Focus), ViewError> {
        let context = Context { resource: self.definition.resource(), constants: &self.definition.constants };
        let (expr, given) = path::compile(&text.text, context, focus, general).map_err(|refused| {
            let (position, message) = (refused.position, refused.message);
            ViewError::new(&text.at, ViewErrorReason::Path { position, message })
        })?;
        Ok((Located { at: text.at.clone(), expr }, given))
    }

    /// Compiles one `select`.
    fn select(
        &self,
        select: &definition::Select,
        focus: &Focus,
        columns: &mut Vec<Column>,
    ) -> Result<Select, ViewError> {
        let start = columns.len();
        let (each, items) = self.each(&select.each, focus, false)?;
        let compiled = self.body(select, each, &items, columns)?;
        if matches!(compiled.each, Iteration::Focus) || items.is_exact() || !compiled.is_general() {
            return Ok(compiled);
        }
        // The general engine needs to know more of each item than its place: it has to find the items itself.
        columns.truncate(start);
        let (each, items) = self.each(&select.each, focus, true)?;
        self.body(select, each, &items, columns)
    }

    /// What a `select` goes through, and what its items are.
    fn each(
        &self,
        each: &definition::Iteration,
        focus: &Focus,
        general: bool,
    ) -> Result<(Iteration, Focus), ViewError> {
        match each {
            definition::Iteration::Focus => Ok((Iteration::Focus, focus.clone())),
            definition::Iteration::ForEach { path, or_null } => {
                let (path, given) = self.expr(path, focus, general)?;
                Ok((Iteration::ForEach { path: Box::new(path), walk: None, or_null: *or_null }, given.each()))
            }
            definition::Iteration::Repeat(paths) => self.repeat(paths, focus, general),
        }
    }

    /// Paths that start from the focus, and from all that any of them gives.
    fn repeat(&self, paths: &[Text], focus: &Focus, general: bool) -> Result<(Iteration, Focus), ViewError> {
        let mut from = focus.each();
        loop {
            let (mut compiled, mut items) = (Vec::new(), None::<Focus>);
            for path in paths {
                let (path, given) = self.expr(path, &from, general)?;
                compiled.push(path);
                items = Some(items.map_or_else(|| given.each(), |items| items.with(&given)));
            }
            let items = items.map_or_else(|| from.clone(), |items| items.each());
            let some_general = compiled.iter().any(|path| matches!(path.expr, Expr::General(_)));
            if some_general && !general {
                return self.repeat(paths, focus, true);
            }
            // In the general engine every item knows its type; a place is where the walk began.
            if general || from.covers(&items) {
                return Ok((Iteration::Repeat(compiled), items));
            }
            from = from.with(&items).each();
        }
    }

    /// What is made of each item: its columns first, then nested selects, then the union, as the standard orders
    /// them.
    fn body(
        &self,
        select: &definition::Select,
        each: Iteration,
        focus: &Focus,
        columns: &mut Vec<Column>,
    ) -> Result<Select, ViewError> {
        let start = columns.len();
        let (mut own, mut parts, mut index_slots) = (Vec::new(), Vec::new(), Vec::new());
        for column in &select.columns {
            let slot = columns.len();
            let located = self.column(column, focus, columns)?;
            if matches!(located.expr, Expr::RowIndex) {
                index_slots.push(slot);
            }
            own.push((slot, located));
        }
        for nested in &select.selects {
            let nested = self.select(nested, focus, columns)?;
            index_slots.extend(&nested.index_slots);
            parts.push(Part::Select(Box::new(nested)));
        }
        if !select.union_all.is_empty() {
            let branches = self.union(select, focus, columns)?;
            index_slots.extend(branches.first().iter().flat_map(|branch| &branch.index_slots));
            parts.push(Part::Union(branches));
        }
        let (paths, walked, others) = (Paths::default(), Vec::new(), Vec::new());
        let slots = start..columns.len();
        Ok(Select { each, columns: own, paths, walked, others, parts, slots, index_slots })
    }

    /// Compiles the branches of a union onto the same columns.
    fn union(
        &self,
        select: &definition::Select,
        focus: &Focus,
        columns: &mut Vec<Column>,
    ) -> Result<Vec<Select>, ViewError> {
        let before = columns.clone();
        let mut branches = Vec::new();
        for (index, branch) in select.union_all.iter().enumerate() {
            if index == 0 {
                branches.push(self.select(branch, focus, columns)?);
                continue;
            }
            let mut these = before.clone();
            branches.push(self.select(branch, focus, &mut these)?);
            let fits = these.len() == columns.len()
                && columns.iter_mut().zip(&these).all(|(column, other)| column.hold(other));
            if !fits {
                return Err(ViewError::new(format!("{}[{index}]", select.union_at), ViewErrorReason::Union));
            }
        }
        Ok(branches)
    }

    fn column(
        &self,
        column: &ColumnDefinition,
        focus: &Focus,
        columns: &mut Vec<Column>,
    ) -> Result<Located, ViewError> {
        if columns.iter().any(|other| other.name == column.name) {
            let name = column.name.clone();
            return Err(ViewError::new(format!("{}.name", column.at), ViewErrorReason::Duplicate { name }));
        }
        let fhir_type = column.kind.as_ref().map(|kind| {
            kind.text
                .strip_prefix("http://hl7.org/fhir/StructureDefinition/")
                .unwrap_or(&kind.text)
                .to_owned()
        });
        let (located, _) = self.expr(&column.path, focus, false)?;
        let unsupported =
            |text: &Text| ViewError::new(&text.at, ViewErrorReason::Unsupported { what: text.text.clone() });
        let column_type = match (&column.ansi, &column.kind, fhir_type.as_deref()) {
            (Some(ansi), _, _) => ColumnType::of_ansi(&ansi.text).ok_or_else(|| unsupported(ansi))?,
            (None, Some(kind), Some(name)) => ColumnType::of_fhir(name).ok_or_else(|| unsupported(kind))?,
            _ => inferred(&located.expr),
        };
        let misfit = match &column.misfit {
            Some(misfit) => OnMisfit::of(&misfit.text).ok_or_else(|| unsupported(misfit))?,
            None => OnMisfit::default(),
        };
        columns.push(Column {
            name: column.name.clone(),
            path: column.path.text.clone(),
            description: column.description.clone(),
            fhir_type,
            column_type,
            misfit,
            collection: column.collection,
        });
        Ok(located)
    }
}

/// The type of a column that states none.
fn inferred(expr: &Expr) -> ColumnType {
    match expr {
        Expr::RowIndex | Expr::Call { function: Function::Count, .. } => ColumnType::Integer,
        Expr::General(general) if general.gives == Some(SystemType::Integer) => ColumnType::Integer,
        expr if expr.is_boolean() => ColumnType::Boolean,
        _ => ColumnType::Text,
    }
}
