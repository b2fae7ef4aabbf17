//! A ViewDefinition, checked and compiled.

use crate::{
    Column, ColumnType, RowBuilder, ViewDefinition, ViewError, ViewErrorReason,
    definition::{self, ColumnDefinition, Text},
    path::{self, Context, Expr, Field as Member, Function, Items, Straight, Whole},
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use fhir::json::Selection;
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
    /// The same, where it is simple.
    pub(crate) straight: Option<Straight>,
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
    ForEach { path: Box<Located>, or_null: bool },
    Repeat(Vec<Located>),
}

impl View {
    /// Compiles a definition: every expression is parsed, every column typed, every branch compared.
    ///
    /// # Errors
    /// The definition asks for what does not make sense or is not supported; the error names the element.
    pub fn compile(definition: &ViewDefinition) -> Result<Self, ViewError> {
        let compiler = Compiler { definition };
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for select in &definition.selects {
            parts.push(Part::Select(Box::new(compiler.select(select, &mut columns)?)));
        }
        if columns.is_empty() {
            return Err(ViewError::new("select", ViewErrorReason::Form { expected: "a view with a column" }));
        }
        let wheres =
            definition.wheres.iter().map(|text| compiler.expr(text, false)).collect::<Result<_, _>>()?;
        let flat = parts.iter().all(Part::is_flat);
        Ok(Self(Arc::new(Plan {
            name: definition.name().to_owned(),
            description: definition.description().map(ToOwned::to_owned),
            resource: definition.resource().to_owned(),
            resource_type: Member::named("resourceType"),
            schema: Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>())),
            columns,
            wheres,
            parts,
            flat,
        })))
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

    /// Its plan for whole resources.
    pub(crate) const fn plan(&self) -> &Arc<Plan> {
        &self.0
    }

    /// Its plan for resources of which only what `selection` says is read; asks for what it needs.
    pub(crate) fn selected(&self, selection: &mut Selection) -> Result<Arc<Plan>, Whole> {
        let mut plan = (*self.0).clone();
        let root = Items::resource(&plan.resource);
        plan.resource_type.select(root, selection)?;
        for criterion in &mut plan.wheres {
            criterion.select(root, selection)?;
        }
        for part in &mut plan.parts {
            part.select(root, selection)?;
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
}

impl Part {
    fn select(&mut self, this: Items, selection: &mut Selection) -> Result<(), Whole> {
        match self {
            Self::Select(select) => select.select(this, selection),
            Self::Union(branches) => {
                branches.iter_mut().try_for_each(|branch| branch.select(this, selection))
            }
        }
    }
}

impl Select {
    fn select(&mut self, this: Items, selection: &mut Selection) -> Result<(), Whole> {
        let items = match &mut self.each {
            Iteration::Focus => this,
            Iteration::ForEach { path, .. } => path.select(this, selection)?,
            // What is below is asked for at every depth.
            Iteration::Repeat(_) => return Err(Whole),
        };
        for (_, column) in &mut self.columns {
            column.select(items, selection)?;
        }
        self.parts.iter_mut().try_for_each(|part| part.select(items, selection))
    }
}

impl Located {
    /// Asks for what the expression looks at.
    pub(crate) fn select(&mut self, this: Items, selection: &mut Selection) -> Result<Items, Whole> {
        let items = self.expr.select(this, selection)?;
        self.straight = Straight::of(&self.expr);
        Ok(items)
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
    fn expr(&self, text: &Text, full_moment: bool) -> Result<Located, ViewError> {
        let context = Context {
            resource: self.definition.resource(),
            constants: &self.definition.constants,
            full_moment,
        };
        let expr = path::parse(&text.text, context).map_err(|error| {
            ViewError::new(&text.at, ViewErrorReason::Path { position: error.at, message: error.message })
        })?;
        Ok(Located { at: text.at.clone(), straight: Straight::of(&expr), expr })
    }

    /// Compiles one `select`: its columns first, then nested selects, then the union, as the standard orders them.
    fn select(&self, select: &definition::Select, columns: &mut Vec<Column>) -> Result<Select, ViewError> {
        let start = columns.len();
        let each = match &select.each {
            definition::Iteration::Focus => Iteration::Focus,
            definition::Iteration::ForEach { path, or_null } => {
                Iteration::ForEach { path: Box::new(self.expr(path, false)?), or_null: *or_null }
            }
            definition::Iteration::Repeat(paths) => {
                Iteration::Repeat(paths.iter().map(|path| self.expr(path, false)).collect::<Result<_, _>>()?)
            }
        };
        let (mut own, mut parts, mut index_slots) = (Vec::new(), Vec::new(), Vec::new());
        for column in &select.columns {
            let slot = columns.len();
            let located = self.column(column, columns)?;
            if matches!(located.expr, Expr::RowIndex) {
                index_slots.push(slot);
            }
            own.push((slot, located));
        }
        for nested in &select.selects {
            let nested = self.select(nested, columns)?;
            index_slots.extend(&nested.index_slots);
            parts.push(Part::Select(Box::new(nested)));
        }
        if !select.union_all.is_empty() {
            let branches = self.union(select, columns)?;
            index_slots.extend(branches.first().iter().flat_map(|branch| &branch.index_slots));
            parts.push(Part::Union(branches));
        }
        Ok(Select { each, columns: own, parts, slots: start..columns.len(), index_slots })
    }

    /// Compiles the branches of a union onto the same columns.
    fn union(
        &self,
        select: &definition::Select,
        columns: &mut Vec<Column>,
    ) -> Result<Vec<Select>, ViewError> {
        let before = columns.clone();
        let mut branches = Vec::new();
        for (index, branch) in select.union_all.iter().enumerate() {
            if index == 0 {
                branches.push(self.select(branch, columns)?);
                continue;
            }
            let mut these = before.clone();
            branches.push(self.select(branch, &mut these)?);
            let shape = |column: &Column| (column.name.clone(), column.column_type, column.collection);
            if !these.iter().map(shape).eq(columns.iter().map(shape)) {
                return Err(ViewError::new(format!("{}[{index}]", select.union_at), ViewErrorReason::Union));
            }
        }
        Ok(branches)
    }

    fn column(&self, column: &ColumnDefinition, columns: &mut Vec<Column>) -> Result<Located, ViewError> {
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
        let full_moment = matches!(fhir_type.as_deref(), Some("dateTime" | "instant"));
        let located = self.expr(&column.path, full_moment)?;
        let unsupported =
            |text: &Text| ViewError::new(&text.at, ViewErrorReason::Unsupported { what: text.text.clone() });
        let column_type = match (&column.ansi, &column.kind, fhir_type.as_deref()) {
            (Some(ansi), _, _) => ColumnType::of_ansi(&ansi.text).ok_or_else(|| unsupported(ansi))?,
            (None, Some(kind), Some(name)) => ColumnType::of_fhir(name).ok_or_else(|| unsupported(kind))?,
            _ => inferred(&located.expr),
        };
        columns.push(Column {
            name: column.name.clone(),
            path: column.path.text.clone(),
            description: column.description.clone(),
            fhir_type,
            column_type,
            collection: column.collection,
        });
        Ok(located)
    }
}

/// The type of a column that states none.
fn inferred(expr: &Expr) -> ColumnType {
    match expr {
        Expr::RowIndex | Expr::Call { function: Function::Count, .. } => ColumnType::Integer,
        expr if expr.is_boolean() => ColumnType::Boolean,
        _ => ColumnType::Text,
    }
}
