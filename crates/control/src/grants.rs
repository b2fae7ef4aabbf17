//! What each process may do in which tables, where the database tells users apart (PostgreSQL).
//!
//! A letter stands for a privilege: `S`elect, `I`nsert, `U`pdate, `D`elete. A table that is not in a row is none of that
//! process's business.

use crate::{
    Control, ControlError,
    database::{Database, failed},
};
use model::{Clock, ProcessRole};
use std::{collections::BTreeMap, sync::Arc};

/// Tables, and what may be done in them.
type Row = &'static [(&'static str, &'static str)];

/// What every process does: it reads the home's facts and the policies, and mirrors its audit chain.
const ALL: Row = &[
    ("_sqlx_migrations", "S"),
    ("assumption", "S"),
    ("audit_checkpoint", "SIU"),
    ("audit_head", "SIU"),
    ("counter", "S"),
    ("fact", "S"),
    ("policy", "S"),
];

/// Takes segments in, for providers that it knows.
const GATEWAY: Row = &[
    ("counter", "SU"),
    ("credential", "SID"),
    ("first_answer", "SID"),
    ("issuer", "S"),
    ("key_set", "SU"),
    ("lane", "SU"),
    ("provider", "S"),
    ("publication", "S"),
    ("publication_lane", "S"),
    ("segment", "SI"),
    ("source", "S"),
    ("used_once", "SID"),
];

/// Publishes what was taken in, and does the jobs. Of providers it knows the sources, and of people nothing.
const WORKER: Row = &[
    ("catalog_table", "SIU"),
    ("connection", "S"),
    ("counter", "SU"),
    ("crawled_object", "SIUD"),
    ("crawler", "SU"),
    ("external_partition", "SIUD"),
    ("external_table", "SIUD"),
    ("external_version", "SID"),
    ("feed_profile", "SIUD"),
    ("finding", "SIUD"),
    ("imported_file", "S"),
    ("job", "SIU"),
    ("job_limit", "S"),
    ("job_run", "SIUD"),
    ("lane", "SU"),
    ("mart_file", "S"),
    ("publication", "SIUD"),
    ("publication_lane", "SID"),
    ("registered_mart", "S"),
    ("registered_view", "SIUD"),
    ("run_line", "SID"),
    ("run_plan", "SIUD"),
    ("segment", "SU"),
    ("source", "S"),
    ("table_profile", "SIU"),
    ("table_shape", "SI"),
    ("table_version", "SID"),
    ("worker", "SU"),
    ("worker_state", "SIU"),
];

/// Shows the lake to people, and changes what they may change there.
const QUERY: Row = &[
    ("alert", "SU"),
    ("audit_hold", "S"),
    ("catalog_table", "S"),
    ("connection", "S"),
    ("console_session", "SIUD"),
    ("counter", "SU"),
    ("crawler", "S"),
    ("credential", "SIUD"),
    ("directory", "S"),
    ("directory_token", "S"),
    ("external_partition", "S"),
    ("external_table", "SI"),
    ("external_version", "SI"),
    ("feed_profile", "S"),
    ("finding", "SU"),
    ("imported_file", "S"),
    ("issuer", "S"),
    ("job", "SIU"),
    ("job_limit", "S"),
    ("job_run", "SIU"),
    ("key_set", "SIU"),
    ("lane", "SI"),
    ("mart_file", "SI"),
    ("person", "SIU"),
    ("person_group", "SIUD"),
    ("person_group_member", "SID"),
    ("provider", "SIU"),
    ("publication", "S"),
    ("publication_lane", "S"),
    ("recovery_code", "SID"),
    ("registered_mart", "SIU"),
    ("registered_view", "SIU"),
    ("run_line", "SI"),
    ("run_plan", "S"),
    ("saved_query", "SIUD"),
    ("segment", "S"),
    ("source", "SI"),
    ("table_note", "SIU"),
    ("table_profile", "SIU"),
    ("table_shape", "S"),
    ("table_version", "S"),
    ("watch_cursor", "S"),
    ("watch_state", "S"),
    ("worker", "S"),
    ("worker_state", "S"),
];

/// Watches the trail, and keeps what is fetched from outside.
const KEEPER: Row = &[
    ("alert", "SIU"),
    ("audit_hold", "S"),
    ("issuer", "S"),
    ("key_set", "SIU"),
    ("watch_cursor", "SIU"),
    ("watch_state", "SIU"),
];

/// What may be done in which tables, by table.
fn row(process: ProcessRole) -> BTreeMap<&'static str, &'static str> {
    let own = match process {
        ProcessRole::Gateway => GATEWAY,
        ProcessRole::Worker => WORKER,
        ProcessRole::Query => QUERY,
        ProcessRole::Keeper => KEEPER,
    };
    ALL.iter().chain(own).copied().collect()
}

/// The privileges that are asked after: their letters, and how SQL calls them.
const PRIVILEGES: [(char, &str); 4] = [('S', "SELECT"), ('I', "INSERT"), ('U', "UPDATE"), ('D', "DELETE")];

/// Whether a text can be the name of a database's user: small letters, digits and `_`, 63 at most.
#[must_use]
pub fn is_database_user(text: &str) -> bool {
    let fits = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
    text.starts_with(|one: char| one.is_ascii_lowercase()) && text.len() <= 63 && text.chars().all(fits)
}

impl Control {
    /// Opens the database at `url` for a process of its own. Its tables have to be as this program knows them, and what
    /// its user may do in them has to be the process's row exactly. A SQLite file, which knows no users, is all of
    /// everybody's who may open it.
    ///
    /// # Errors
    /// As [`Control::open`]; [`ControlError::Grants`] with what is more or less than the row.
    pub async fn open_as(
        url: &str,
        clock: Arc<dyn Clock>,
        process: ProcessRole,
    ) -> Result<Self, ControlError> {
        if !is_postgres(url) {
            return Self::open(url, clock).await;
        }
        let control = Self::with(Database::open_ready(url).await?, clock);
        control.require_row(process).await?;
        Ok(control)
    }

    /// Gives a user of the database what a process does in it, and takes away all else.
    ///
    /// # Errors
    /// The name is none of a user; the database tells no users apart; there is no such user; or whoever asks may not give.
    pub async fn grant(&self, process: ProcessRole, user: &str) -> Result<(), ControlError> {
        const ACTION: &str = "give a process its privileges";
        let Database::Postgres(pool) = &self.database else { return Err(ControlError::NoUsers) };
        if !is_database_user(user) {
            return Err(ControlError::NotFound { what: "database user", name: user.to_owned() });
        }
        let mut sql = format!(
            "BEGIN; REVOKE ALL ON ALL TABLES IN SCHEMA public FROM \"{user}\";
             REVOKE ALL ON SCHEMA public FROM \"{user}\"; GRANT USAGE ON SCHEMA public TO \"{user}\";"
        );
        for (table, letters) in row(process) {
            let named: Vec<_> = PRIVILEGES
                .iter()
                .filter(|(letter, _)| letters.contains(*letter))
                .map(|(_, name)| *name)
                .collect();
            sql.push_str(&format!(" GRANT {} ON \"{table}\" TO \"{user}\";", named.join(", ")));
        }
        sql.push_str(" COMMIT;");
        // Made of names in this file and of one that has been looked at.
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.map(drop).map_err(failed(ACTION))
    }

    /// Refuses a user who may do more in some table than the row says, or less.
    async fn require_row(&self, process: ProcessRole) -> Result<(), ControlError> {
        const ACTION: &str = "read the privileges of this user";
        const TABLES: &str = "SELECT c.relname::TEXT,
            has_table_privilege(c.oid, 'SELECT')::INT::BIGINT, has_table_privilege(c.oid, 'INSERT')::INT::BIGINT,
            has_table_privilege(c.oid, 'UPDATE')::INT::BIGINT, has_table_privilege(c.oid, 'DELETE')::INT::BIGINT,
            has_table_privilege(c.oid, 'TRUNCATE')::INT::BIGINT
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') ORDER BY c.relname";
        const MAKES: &str = "SELECT has_schema_privilege('public', 'CREATE')::INT::BIGINT";
        let mut row = row(process);
        let mut wrong = Vec::new();
        for table in self.database.rows(ACTION, TABLES, &[]).await? {
            let name = table.text(0)?;
            let letters = row.remove(name.as_str()).unwrap_or_default();
            for (at, (letter, privilege)) in PRIVILEGES.iter().enumerate() {
                match (table.int(at + 1)? == 1, letters.contains(*letter)) {
                    (true, false) => wrong.push(format!("{privilege} on {name} is too much")),
                    (false, true) => wrong.push(format!("{privilege} on {name} is missing")),
                    _ => {}
                }
            }
            if table.int(5)? == 1 {
                wrong.push(format!("TRUNCATE on {name} is too much"));
            }
        }
        wrong.extend(row.keys().map(|name| format!("the table {name} is missing")));
        let makes = self.database.row(ACTION, MAKES, &[]).await?;
        if makes.is_some_and(|row| row.int(0).is_ok_and(|makes| makes == 1)) {
            wrong.push("CREATE in the schema is too much".to_owned());
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(ControlError::Grants { process, what: told(&wrong) }),
        }
    }
}

/// The first few of what is wrong: a superuser is told of more than anybody reads.
fn told(wrong: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    if wrong.len() > SHOWN {
        text.push_str(&format!("; and {} more", wrong.len() - SHOWN));
    }
    text
}

pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_the_console_sees_who_people_are_and_the_worker_sees_no_credentials() {
        let people = [
            "person",
            "person_group",
            "person_group_member",
            "recovery_code",
            "console_session",
            "directory",
        ];
        for process in ProcessRole::all() {
            let sees = |table: &&str| row(process).contains_key(*table);
            assert_eq!(people.iter().any(sees), process == ProcessRole::Query, "{process}");
        }
        for table in ["credential", "provider", "used_once"] {
            assert!(
                !row(ProcessRole::Worker).contains_key(table)
                    && !row(ProcessRole::Keeper).contains_key(table)
            );
        }
        for table in ["policy", "assumption", "fact"] {
            assert!(ProcessRole::all().iter().all(|process| row(*process)[table] == "S"), "{table}");
        }
    }

    #[test]
    fn a_users_name_is_looked_at() {
        assert!(is_database_user("carelake_gateway"));
        for name in ["", "Gateway", "a\"b", "a;b", "1a", "a b", &"a".repeat(64)] {
            assert!(!is_database_user(name), "{name}");
        }
    }
}
