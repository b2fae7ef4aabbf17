//! Connections: what leads to a store or a database outside.

use crate::{CrawlError, plan::Target};
use futures::TryStreamExt;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, local::LocalFileSystem,
};
use serde::{Deserialize, Serialize};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};
use url::Url;

/// How long a store or a database may take to answer at first.
const WITHIN: Duration = Duration::from_secs(10);

/// Where a connection leads, without what is secret of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Properties {
    /// A folder of this machine.
    Folder {
        /// Its path.
        path: PathBuf,
    },
    /// A bucket of S3, or of what speaks as S3 does.
    S3 {
        /// The bucket.
        bucket: String,
        /// The region.
        region: String,
        /// The endpoint; AWS's own if there is none.
        endpoint: Option<String>,
        /// The id of the access key whose secret is sealed; requests are not signed if there is none.
        access_key_id: Option<String>,
    },
    /// A database of PostgreSQL. Its URL, which holds a password, is the secret.
    Postgresql {
        /// Host and port, for people to see.
        host: String,
    },
}

/// An open connection.
#[derive(Clone, Debug)]
pub enum Source {
    /// To a store.
    Store(Arc<dyn ObjectStore>),
    /// To a database.
    Database(PgPool),
}

impl Properties {
    /// Its kind, such as `s3`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "folder",
            Self::S3 { .. } => "s3",
            Self::Postgresql { .. } => "postgresql",
        }
    }

    /// Where it leads, in words.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Folder { path } => path.display().to_string(),
            Self::S3 { bucket, endpoint: None, region, .. } => format!("s3://{bucket} ({region})"),
            Self::S3 { bucket, endpoint: Some(endpoint), .. } => format!("s3://{bucket} at {endpoint}"),
            Self::Postgresql { host } => host.clone(),
        }
    }

    /// The properties of a database, from its URL.
    ///
    /// # Errors
    /// It is no URL of PostgreSQL. The error does not repeat it: it may hold a password.
    pub fn of_database(url: &str) -> Result<Self, String> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| "that is no URL such as postgres://USER:PASSWORD@HOST:5432/DATABASE".to_owned())?;
        let database = options.get_database().unwrap_or_default();
        Ok(Self::Postgresql { host: format!("{}:{}/{database}", options.get_host(), options.get_port()) })
    }

    /// The host that it asks, without its port; `None` for what lies on this machine.
    #[must_use]
    pub fn asks(&self) -> Option<String> {
        match self {
            Self::Folder { .. } => None,
            Self::S3 { endpoint: None, region, .. } => Some(format!("s3.{region}.amazonaws.com")),
            // Read as whoever asks reads it. What is no URL asks a host that nobody names.
            Self::S3 { endpoint: Some(endpoint), .. } => {
                let url = Url::parse(endpoint).ok();
                let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
                Some(host.trim_matches(['[', ']']).to_owned())
            }
            Self::Postgresql { host } => host.rsplit_once(':').map(|(host, _)| host.to_owned()),
        }
    }

    /// Whether what it asks is this machine: then it need not be encrypted on its way.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.asks().is_none_or(|host| ["localhost", "127.0.0.1", "::1"].contains(&host.as_str()))
    }

    /// Opens the connection called `name` with its secret.
    ///
    /// # Errors
    /// The folder is not there, or the database did not answer. Whether a store answers is not asked.
    pub async fn open(&self, name: &str, secret: Option<&str>) -> Result<Source, CrawlError> {
        let wrong =
            |reason: &str| CrawlError::Connection { name: name.to_owned(), reason: reason.to_owned() };
        let store_failed =
            |source| CrawlError::Store { action: "open the store", connection: name.to_owned(), source };
        match self {
            Self::Folder { path } => {
                if !path.is_dir() {
                    return Err(wrong("there is no such folder, or it must not be read"));
                }
                let store = LocalFileSystem::new_with_prefix(path).map_err(store_failed)?;
                Ok(Source::Store(Arc::new(store)))
            }
            Self::S3 { bucket, region, endpoint, access_key_id } => {
                let options = ClientOptions::new().with_connect_timeout(WITHIN);
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_region(region)
                    .with_client_options(options.with_allow_http(self.is_here()));
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                builder = match (access_key_id, secret) {
                    (Some(id), Some(secret)) => builder.with_access_key_id(id).with_secret_access_key(secret),
                    (None, _) => builder.with_skip_signature(true),
                    (Some(_), None) => return Err(wrong("its secret access key is not there")),
                };
                Ok(Source::Store(Arc::new(builder.build().map_err(store_failed)?)))
            }
            Self::Postgresql { .. } => {
                let url = secret.ok_or_else(|| wrong("its URL is not there"))?;
                let options = PgConnectOptions::from_str(url).map_err(|_| wrong("its URL is none"))?;
                // Elsewhere it must prove who it is, whatever the URL says.
                let options = match self.is_here() {
                    true => options,
                    false => options.ssl_mode(PgSslMode::VerifyFull),
                };
                let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(WITHIN);
                let pool = pool.connect_with(options).await.map_err(|source| CrawlError::Database {
                    action: "open the database",
                    connection: name.to_owned(),
                    source,
                })?;
                Ok(Source::Database(pool))
            }
        }
    }
}

impl Source {
    /// Looks whether the store or the database answers, and says what it showed.
    ///
    /// # Errors
    /// It did not.
    pub async fn test(&self, target: &Target) -> Result<String, CrawlError> {
        match self {
            Self::Store(store) => {
                let failed = |source| CrawlError::Store {
                    action: "list",
                    connection: target.connection.clone(),
                    source,
                };
                let first = store.list(target.prefix().as_ref()).try_next().await.map_err(failed)?;
                let Some(first) = first else { return Ok("it answers, and is empty".to_owned()) };
                let looked_at = store.head(&first.location).await;
                looked_at
                    .map_err(|error| CrawlError::object("look at an object", &target.connection, &error))?;
                Ok("it answers, and its objects can be looked at".to_owned())
            }
            Self::Database(pool) => {
                let tables = crate::database::tables(pool, target).await?;
                Ok(format!("it answers, and shows {} tables", tables.len()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_that_is_asked_is_told() {
        let s3 = |endpoint: Option<&str>| Properties::S3 {
            bucket: "b".to_owned(),
            region: "eu-west-2".to_owned(),
            endpoint: endpoint.map(str::to_owned),
            access_key_id: None,
        };
        assert_eq!(s3(None).asks().as_deref(), Some("s3.eu-west-2.amazonaws.com"));
        assert_eq!(s3(Some("http://127.0.0.1:9000/x")).asks().as_deref(), Some("127.0.0.1"));
        assert_eq!(s3(Some("http://[::1]:9000")).asks().as_deref(), Some("::1"));
        // What stands before the @ is a name and a password, and no host.
        assert_eq!(s3(Some("http://127.0.0.1:80@s3.example.org/")).asks().as_deref(), Some("s3.example.org"));
        assert!(!s3(Some("http://127.0.0.1:80@s3.example.org/")).is_here());
        assert_eq!(s3(Some("127.0.0.1")).asks().as_deref(), Some(""));
        let database = Properties::of_database("postgres://jo:secret@db.example.org:5433/care").unwrap();
        assert_eq!(database.asks().as_deref(), Some("db.example.org"));
        assert_eq!(database.told(), "db.example.org:5433/care");
        let error = Properties::of_database("secret").unwrap_err();
        assert!(!error.contains("`secret`"), "{error}");
    }
}
