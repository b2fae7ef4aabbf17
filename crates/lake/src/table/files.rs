//! The data files of a loaded table, and how large it is.

use super::Table;
use deltalake::kernel::Remove;

/// One data file.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// Its path within the table.
    pub path: String,
    /// Bytes as written, before the zone's encryption.
    pub bytes: i64,
    /// Rows in it, superseded ones included.
    pub rows: i64,
    pub(super) remove: Remove,
}

/// How large a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Data files.
    pub files: usize,
    /// Rows in them, superseded ones included.
    pub rows: i64,
    /// Bytes in them.
    pub bytes: i64,
}

impl Table {
    /// The data files of the loaded version.
    #[must_use]
    pub fn files(&self) -> Vec<DataFile> {
        let Ok(state) = self.delta().snapshot() else { return Vec::new() };
        state
            .log_data()
            .iter()
            .map(|file| DataFile {
                path: file.path().into_owned(),
                bytes: file.size(),
                rows: file.num_records().and_then(|rows| i64::try_from(rows).ok()).unwrap_or_default(),
                remove: file.remove_action(true),
            })
            .collect()
    }

    /// How large the loaded version is.
    #[must_use]
    pub fn size(&self) -> Size {
        self.files().iter().fold(Size::default(), |size, file| Size {
            files: size.files + 1,
            rows: size.rows + file.rows,
            bytes: size.bytes + file.bytes,
        })
    }
}
