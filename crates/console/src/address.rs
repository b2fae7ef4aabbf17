//! Where every page is, within the console.

use std::fmt::{self, Write as _};

/// A path of the console with its query, percent-encoded (RFC 3986 §2). It can only be made from the functions here,
/// so a link never leads out of the console, whatever a name holds.
///
/// Whoever routes requests answers at the same paths; a segment that stands for a name is one path segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        impl Address {
            $($(#[$doc])* #[must_use] pub fn $name() -> Self { Self($path.to_owned()) })*
        }
    };
}

fixed! {
    /// The overview; on an empty lake the first steps.
    overview = "/";
    /// Sign-in by name and password: `GET` shows, `POST` tries `name`, `password`.
    sign_in = "/sign-in";
    /// The second factor: `POST` tries `code`.
    second_factor = "/sign-in/code";
    /// `GET` leads to where people sign in elsewhere.
    sign_in_elsewhere = "/sign-in/elsewhere";
    /// Where they come back to, with `code` and `state` (OpenID Connect Core 1.0 §3.1.2.5).
    signed_in_elsewhere = "/sign-in/elsewhere/back";
    /// `POST` signs out.
    sign_out = "/sign-out";
    /// `POST` keeps `theme` (`system`, `light`, `dark`) and goes back to `back`.
    theme = "/theme";
    /// What changes on the overview while it is open (server-sent events).
    overview_events = "/overview/events";
    /// Every provider.
    providers = "/providers";
    /// A provider that is to be registered: `GET` shows a form, `POST` registers.
    new_provider = "/providers/new";
    /// Every job.
    jobs = "/jobs";
    /// Which job waits for which, drawn.
    job_graph = "/jobs/graph";
    /// The newest runs, of all jobs.
    runs = "/runs";
    /// A mart that is to be made: `GET` shows its first texts, `POST` compares or registers them.
    new_mart = "/marts/new";
    /// Databases and tables.
    catalogue = "/catalogue";
    /// Tables that lie outside.
    outside = "/outside";
    /// One more of them: `GET` shows a form, `POST` writes it down.
    new_outside = "/outside/new";
    /// A question in SQL: `GET` shows, `POST` runs `sql` for `purpose`.
    sql = "/sql";
    /// `POST` keeps a question in SQL under a name.
    save_query = "/sql/save";
    /// Records of the audit trail.
    audit = "/audit";
    /// What the rules have found unusual.
    alerts = "/alerts";
    /// The policies, and what they say of a question.
    policies = "/policies";
    /// The keys of the home, without the keys.
    keys = "/keys";
    /// Whether all is well with the service itself.
    health = "/health";
}

impl Address {
    /// What is said of a table: `GET` shows a form, `POST` keeps it.
    #[must_use]
    pub fn describe(schema: &str, name: &str) -> Self {
        Self::table(schema, name).under("describe")
    }

    /// One provider.
    #[must_use]
    pub fn provider(name: &str) -> Self {
        Self("/provider".to_owned()).under(name)
    }

    /// One job.
    #[must_use]
    pub fn job(name: &str) -> Self {
        Self("/job".to_owned()).under(name)
    }

    /// A further credential of a provider: `GET` shows a form, `POST` makes it.
    #[must_use]
    pub fn new_credential(provider: &str) -> Self {
        Self("/credentials".to_owned()).under(provider).under("new")
    }

    /// One credential of a provider.
    #[must_use]
    pub fn credential(id: &str) -> Self {
        Self("/credential".to_owned()).under(id)
    }

    /// The texts of a registered mart: `GET` shows them, `POST` compares or registers them changed.
    #[must_use]
    pub fn mart(name: &str) -> Self {
        Self("/mart".to_owned()).under(name)
    }

    /// A question that somebody has kept.
    #[must_use]
    pub fn saved_query(name: &str) -> Self {
        Self("/query".to_owned()).under(name)
    }

    /// One policy.
    #[must_use]
    pub fn policy(id: &str) -> Self {
        Self("/policy".to_owned()).under(id)
    }

    /// One run.
    #[must_use]
    pub fn run(id: i64) -> Self {
        Self(format!("/run/{id}"))
    }

    /// One table.
    #[must_use]
    pub fn table(schema: &str, name: &str) -> Self {
        Self("/table".to_owned()).under(schema).under(name)
    }

    /// One record of the audit trail: number `number` of a writer's chain.
    #[must_use]
    pub fn audit_record(writer: &str, number: u64) -> Self {
        Self::audit().under(writer).under(&number.to_string())
    }

    /// One alert.
    #[must_use]
    pub fn alert(id: i64) -> Self {
        Self(format!("/alert/{id}"))
    }

    /// The confirmation page of a change to what is at this address, and where the confirmed change is sent by `POST`;
    /// `change` is a word of the program, such as `retry`.
    #[must_use]
    pub fn change(&self, change: &'static str) -> Self {
        self.clone().under(change)
    }

    /// This address with `name` as a further path segment.
    fn under(mut self, name: &str) -> Self {
        self.0.push('/');
        // A segment of dots alone would be taken for a step in the path (RFC 3986 §3.3), and there is no other
        // spelling of it that clients leave alone.
        match name {
            "." | ".." => self.0.push('-'),
            _ => encode(name, &mut self.0),
        }
        self
    }

    /// This address with the query parameter `name` set to `value`; one of that name that is there is replaced, and an
    /// empty value takes it away.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let (path, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let mut key = String::new();
        encode(name, &mut key);
        let mut kept: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(key.as_str()))
            .map(str::to_owned)
            .collect();
        if !value.is_empty() {
            let mut pair = key + "=";
            encode(value, &mut pair);
            kept.push(pair);
        }
        if kept.is_empty() {
            return Self(path.to_owned());
        }
        Self(format!("{path}?{}", kept.join("&")))
    }

    /// The address as it stands in a link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3).
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_whatever_it_holds() {
        assert_eq!(Address::provider("gp-elm").as_str(), "/provider/gp-elm");
        assert_eq!(
            Address::provider("//evil.example/?a#b").as_str(),
            "/provider/%2F%2Fevil.example%2F%3Fa%23b"
        );
        assert_eq!(Address::table("..", "é").as_str(), "/table/-/%C3%A9");
        assert_eq!(Address::run(7).change("retry").as_str(), "/run/7/retry");
    }

    #[test]
    fn a_parameter_is_set_replaced_and_taken_away() {
        let first = Address::jobs().with("state", "failed").with("q", "a b&c");
        assert_eq!(first.as_str(), "/jobs?state=failed&q=a%20b%26c");
        assert_eq!(first.with("state", "running").as_str(), "/jobs?q=a%20b%26c&state=running");
        assert_eq!(first.with("state", "").with("q", "").as_str(), "/jobs");
    }
}
