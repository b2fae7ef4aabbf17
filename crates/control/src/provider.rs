//! Providers, sources and the lanes they write to.

use crate::{
    Control, ControlError,
    database::{Row, Tx, is_duplicate},
};
use model::{LaneId, Scope, SourceId, Timestamp};
use std::fmt;

/// A provider to be registered.
#[derive(Clone)]
pub struct NewProvider {
    /// Its name, which is also the source whose id space it writes to.
    pub name: SourceId,
    /// What it calls itself when it asks for a token.
    pub client_id: String,
    /// A keyed hash of its secret; the secret itself is kept nowhere.
    pub secret_mac: [u8; 32],
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// A registered provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its name, which is also its source.
    pub name: SourceId,
    /// What it calls itself when it asks for a token.
    pub client_id: String,
    /// A keyed hash of its secret.
    pub secret_mac: [u8; 32],
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whether it may ask for tokens.
    pub enabled: bool,
    /// The lane its segments go to.
    pub lane: LaneId,
    /// When it was registered.
    pub created: Timestamp,
}

impl fmt::Debug for NewProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewProvider").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("name", &self.name).field("lane", &self.lane).finish_non_exhaustive()
    }
}

macro_rules! select_provider {
    ($rest:literal) => {
        concat!(
            "SELECT p.name, p.client_id, p.secret_mac, p.scopes, p.enabled, s.lane, p.created
             FROM provider p JOIN source s ON s.name = p.name ",
            $rest
        )
    };
}

impl Control {
    /// Registers a provider, and its source and lane unless an import made them before.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if the name or the client id is taken.
    pub async fn add_provider(&self, new: NewProvider) -> Result<Provider, ControlError> {
        const ACTION: &str = "add a provider";
        const SQL: &str = "INSERT INTO provider (name, client_id, secret_mac, scopes, enabled, created)
            VALUES ($1, $2, $3, $4, 1, $5)";
        let now = self.now();
        let mut tx = self.begin(ACTION).await?;
        let lane = lane_of(&mut tx, &new.name, now).await?;
        let scopes = new.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let (name, client_id) = (new.name.as_str(), new.client_id.as_str());
        let mac: &[u8] = &new.secret_mac;
        let params = [name.into(), client_id.into(), mac.into(), scopes.as_str().into(), now.0.into()];
        match tx.run(ACTION, SQL, &params).await {
            Ok(_) => tx.commit(ACTION).await?,
            Err(error) if is_duplicate(&error) => {
                return Err(ControlError::AlreadyExists { what: "provider", name: name.to_owned() });
            }
            Err(error) => return Err(error),
        }
        let NewProvider { name, client_id, secret_mac, scopes } = new;
        Ok(Provider { name, client_id, secret_mac, scopes, enabled: true, lane, created: now })
    }

    /// All providers, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn providers(&self) -> Result<Vec<Provider>, ControlError> {
        let rows = self.database.rows("list providers", select_provider!(""), &[]).await?;
        let mut providers = rows.iter().map(provider).collect::<Result<Vec<_>, _>>()?;
        providers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(providers)
    }

    /// The provider that calls itself `client_id`, enabled or not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn provider_by_client(&self, client_id: &str) -> Result<Option<Provider>, ControlError> {
        const SQL: &str = select_provider!("WHERE p.client_id = $1");
        let row = self.database.row("find a provider", SQL, &[client_id.into()]).await?;
        row.as_ref().map(provider).transpose()
    }

    /// The provider called `name`, enabled or not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn provider(&self, name: &SourceId) -> Result<Option<Provider>, ControlError> {
        const SQL: &str = select_provider!("WHERE p.name = $1");
        let row = self.database.row("find a provider", SQL, &[name.as_str().into()]).await?;
        row.as_ref().map(provider).transpose()
    }

    /// Says whether a provider may ask for tokens.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such provider.
    pub async fn set_provider_enabled(&self, name: &SourceId, enabled: bool) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE provider SET enabled = $2 WHERE name = $1";
        let params = [name.as_str().into(), i64::from(enabled).into()];
        match self.database.run("enable a provider", SQL, &params).await? {
            0 => Err(ControlError::NotFound { what: "provider", name: name.to_string() }),
            _ => Ok(()),
        }
    }

    /// The lane of a source, made with it if it is new: imports need no credentials.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ensure_source(&self, name: &SourceId) -> Result<LaneId, ControlError> {
        const ACTION: &str = "add a source";
        let mut tx = self.begin(ACTION).await?;
        let lane = lane_of(&mut tx, name, self.now()).await?;
        tx.commit(ACTION).await?;
        Ok(lane)
    }

    /// All sources and their lanes, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sources(&self) -> Result<Vec<(SourceId, LaneId)>, ControlError> {
        let rows = self.database.rows("list sources", "SELECT name, lane FROM source", &[]).await?;
        let mut sources = rows
            .iter()
            .map(|row| Ok((source(row, 0)?, LaneId(row.int(1)?))))
            .collect::<Result<Vec<_>, ControlError>>()?;
        sources.sort();
        Ok(sources)
    }
}

/// The lane of a source, both made if they are new. The counter's row is locked
/// first, so that two makers of one source come one after the other.
async fn lane_of(tx: &mut Tx, name: &SourceId, now: Timestamp) -> Result<LaneId, ControlError> {
    const ACTION: &str = "add a source";
    let lane = tx.count(ACTION, "lane").await?;
    let name = name.as_str();
    if let Some(row) = tx.row(ACTION, "SELECT lane FROM source WHERE name = $1", &[name.into()]).await? {
        const GIVE_BACK: &str = "UPDATE counter SET value = value - 1 WHERE name = 'lane'";
        tx.run(ACTION, GIVE_BACK, &[]).await?;
        return row.int(0).map(LaneId);
    }
    const LANE: &str = "INSERT INTO lane (id, holder, epoch, expires, registered, published)
        VALUES ($1, NULL, 0, 0, 0, 0)";
    tx.run(ACTION, LANE, &[lane.into()]).await?;
    const SOURCE: &str = "INSERT INTO source (name, lane, created) VALUES ($1, $2, $3)";
    tx.run(ACTION, SOURCE, &[name.into(), lane.into(), now.0.into()]).await?;
    Ok(LaneId(lane))
}

fn source(row: &Row, at: usize) -> Result<SourceId, ControlError> {
    row.text(at)?.parse().map_err(|_| ControlError::Malformed { what: "source name" })
}

fn provider(row: &Row) -> Result<Provider, ControlError> {
    let malformed = |_| ControlError::Malformed { what: "scope" };
    Ok(Provider {
        name: source(row, 0)?,
        client_id: row.text(1)?,
        secret_mac: row.array(2, "secret hash")?,
        scopes: row
            .text(3)?
            .split_whitespace()
            .map(|s| s.parse().map_err(malformed))
            .collect::<Result<_, _>>()?,
        enabled: row.int(4)? != 0,
        lane: LaneId(row.int(5)?),
        created: Timestamp(row.int(6)?),
    })
}
