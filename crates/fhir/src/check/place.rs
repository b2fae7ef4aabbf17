//! Where the check stands, as a chain on the stack that becomes text only for an issue.

/// One step down from the resource.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Self>,
    name: &'static str,
    index: Option<usize>,
    /// How many steps down.
    pub(super) depth: usize,
}

impl<'p> Place<'p> {
    pub(super) const fn root(name: &'static str) -> Self {
        Self { parent: None, name, index: None, depth: 0 }
    }

    pub(super) const fn member(&'p self, name: &'static str) -> Self {
        Self { parent: Some(self), name, index: None, depth: self.depth + 1 }
    }

    pub(super) const fn item(&'p self, name: &'static str, index: usize) -> Self {
        Self { parent: Some(self), name, index: Some(index), depth: self.depth + 1 }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.name)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}
