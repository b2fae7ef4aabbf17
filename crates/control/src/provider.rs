//! Providers, sources and the lanes they write to.

use crate::{
    Control, ControlError, Credential, NewCredential, credential,
    database::{Param, Row, Tx, is_duplicate},
};
use ipnet::IpNet;
use model::{LaneId, Scope, SourceId, Timestamp};
use std::{net::IpAddr, str::FromStr};

/// A provider to be registered.
#[derive(Clone, Debug)]
pub struct NewProvider {
    /// Its name, which is also the source whose id space it writes to.
    pub name: SourceId,
    /// What it calls itself when it asks for a token.
    pub client_id: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// From where it may come.
    pub reach: Reach,
    /// Its first credential.
    pub credential: NewCredential,
}

/// A registered provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name, which is also its source.
    pub name: SourceId,
    /// What it calls itself when it asks for a token.
    pub client_id: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whether anything is taken from it.
    pub enabled: bool,
    /// The lane its segments go to.
    pub lane: LaneId,
    /// When it was registered.
    pub created: Timestamp,
    /// From where it may come.
    pub reach: Reach,
    /// Its credentials, the oldest first, those that no longer count among them.
    pub credentials: Vec<Credential>,
}

impl Provider {
    /// Its credential of that id, if it counts at `now`.
    #[must_use]
    pub fn credential(&self, id: &str, now: Timestamp) -> Option<&Credential> {
        self.credentials.iter().find(|credential| credential.id == id && credential.counts(now))
    }
}

/// From where a provider may come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The networks it may come from; any, if there are none.
    pub networks: Vec<IpNet>,
    /// Whether it may come over the gateway's private addresses only.
    pub private_only: bool,
}

impl Reach {
    /// Whether a connection from `address` is within it.
    #[must_use]
    pub fn admits(&self, address: IpAddr, private: bool) -> bool {
        // An IPv4 address that came over an IPv6 socket is the IPv4 address.
        let address = address.to_canonical();
        (private || !self.private_only)
            && (self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address)))
    }

    pub(crate) fn networks_text(&self) -> String {
        self.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

macro_rules! select_provider {
    ($rest:literal) => {
        concat!(
            "SELECT p.name, p.client_id, p.scopes, p.enabled, s.lane, p.created, p.networks, p.private_only,
                c.id, c.kind, c.material, c.created, c.expires, c.revoked
             FROM provider p JOIN source s ON s.name = p.name LEFT JOIN credential c ON c.provider = p.name ",
            $rest,
            " ORDER BY p.name, c.created, c.id"
        )
    };
}

impl Control {
    /// Registers a provider, and its source and lane unless an import made them before.
    ///
    /// # Errors
    /// [`ControlError::AlreadyExists`] if the name, the client id or the credential's id is taken.
    pub async fn add_provider(&self, new: NewProvider) -> Result<Provider, ControlError> {
        const ACTION: &str = "add a provider";
        const SQL: &str =
            "INSERT INTO provider (name, client_id, scopes, enabled, created, networks, private_only)
            VALUES ($1, $2, $3, 1, $4, $5, $6)";
        let now = self.now();
        let mut tx = self.begin(ACTION).await?;
        let lane = lane_of(&mut tx, &new.name, now).await?;
        let NewProvider { name, client_id, scopes, reach, credential } = new;
        let (granted, networks) = (scopes_text(&scopes), reach.networks_text());
        let params = [
            name.as_str().into(),
            client_id.as_str().into(),
            granted.as_str().into(),
            now.0.into(),
            networks.as_str().into(),
            i64::from(reach.private_only).into(),
        ];
        tx.run(ACTION, SQL, &params).await.map_err(|error| match is_duplicate(&error) {
            true => ControlError::AlreadyExists { what: "provider", name: name.to_string() },
            false => error,
        })?;
        let credentials = vec![credential::insert(&mut tx, &name, credential, now).await?];
        tx.commit(ACTION).await?;
        Ok(Provider { name, client_id, scopes, enabled: true, lane, created: now, reach, credentials })
    }

    /// All providers, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn providers(&self) -> Result<Vec<Provider>, ControlError> {
        const SQL: &str = select_provider!("");
        self.find_providers(SQL, &[]).await
    }

    /// The provider that calls itself `client_id`, enabled or not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn provider_by_client(&self, client_id: &str) -> Result<Option<Provider>, ControlError> {
        const SQL: &str = select_provider!("WHERE p.client_id = $1");
        Ok(self.find_providers(SQL, &[client_id.into()]).await?.pop())
    }

    /// The provider whose credential has the id `id`, enabled or not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn provider_by_credential(&self, id: &str) -> Result<Option<Provider>, ControlError> {
        const SQL: &str =
            select_provider!("WHERE p.name = (SELECT k.provider FROM credential k WHERE k.id = $1)");
        Ok(self.find_providers(SQL, &[id.into()]).await?.pop())
    }

    /// The provider called `name`, enabled or not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn provider(&self, name: &SourceId) -> Result<Option<Provider>, ControlError> {
        const SQL: &str = select_provider!("WHERE p.name = $1");
        Ok(self.find_providers(SQL, &[name.as_str().into()]).await?.pop())
    }

    async fn find_providers(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Provider>, ControlError> {
        let mut found: Vec<Provider> = Vec::new();
        for row in self.database.rows("find a provider", sql, params).await? {
            let name = source(&row, 0)?;
            if found.last().is_none_or(|last| last.name != name) {
                found.push(provider(&row, name)?);
            }
            if let (Some(last), Some(credential)) = (found.last_mut(), credential::read(&row, 8)?) {
                last.credentials.push(credential);
            }
        }
        // The order of names is ours, whatever the database's is.
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Says whether anything is taken from a provider, from its next request on.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such provider.
    pub async fn set_provider_enabled(&self, name: &SourceId, enabled: bool) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE provider SET enabled = $2 WHERE name = $1";
        self.change_provider(SQL, &[name.as_str().into(), i64::from(enabled).into()], name).await
    }

    /// Says what a provider may do, from its next request on.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such provider.
    pub async fn set_provider_scopes(&self, name: &SourceId, scopes: &[Scope]) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE provider SET scopes = $2 WHERE name = $1";
        let text = scopes_text(scopes);
        self.change_provider(SQL, &[name.as_str().into(), text.as_str().into()], name).await
    }

    /// Says from where a provider may come, from its next request on.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such provider.
    pub async fn set_provider_reach(&self, name: &SourceId, reach: &Reach) -> Result<(), ControlError> {
        const SQL: &str = "UPDATE provider SET networks = $2, private_only = $3 WHERE name = $1";
        let networks = reach.networks_text();
        let params = [name.as_str().into(), networks.as_str().into(), i64::from(reach.private_only).into()];
        self.change_provider(SQL, &params, name).await
    }

    async fn change_provider(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        name: &SourceId,
    ) -> Result<(), ControlError> {
        match self.database.run("change a provider", sql, params).await? {
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

fn scopes_text(scopes: &[Scope]) -> String {
    scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The provider of a row, without its credentials.
fn provider(row: &Row, name: SourceId) -> Result<Provider, ControlError> {
    Ok(Provider {
        name,
        client_id: row.text(1)?,
        scopes: words(row, 2, "scope")?,
        enabled: row.int(3)? != 0,
        lane: LaneId(row.int(4)?),
        created: Timestamp(row.int(5)?),
        reach: Reach { networks: words(row, 6, "network")?, private_only: row.int(7)? != 0 },
        credentials: Vec::new(),
    })
}

/// What the words of a column say.
pub(crate) fn words<T: FromStr>(row: &Row, at: usize, what: &'static str) -> Result<Vec<T>, ControlError> {
    let word = |word: &str| word.parse().map_err(|_| ControlError::Malformed { what });
    row.text(at)?.split_whitespace().map(word).collect()
}
