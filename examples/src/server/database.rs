//! Which database the server works with.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use ipp_core::store::{AnyStore, Dump, StoreResult};
use ipp_store_postgres::{PostgresOptions, PostgresStore};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};

use super::config::{Config, ConfigError};

/// The file in the data folder.
const FILE: &str = "ipp.sqlite";

/// A database, which need not be there yet.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A schema in a database server.
    Postgres(PostgresOptions),
}

impl Database {
    /// That of a configuration.
    pub fn of(config: &Config) -> Result<Self, ConfigError> {
        let Some(url) = &config.database else { return Ok(Self::in_folder(&config.data)) };
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ConfigError::Database);
        }
        let options = PostgresOptions::at(url);
        Ok(Self::Postgres(match &config.schema {
            Some(schema) => options.schema(schema),
            None => options,
        }))
    }

    /// The file in a data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self::Sqlite(data.join(FILE))
    }

    /// Whether a server has worked with it.
    pub async fn is_there(&self) -> StoreResult<bool> {
        match self {
            Self::Sqlite(path) => Ok(path.exists()),
            Self::Postgres(options) => PostgresStore::is_there(options).await,
        }
    }

    /// Whether some server works with it now, on whatever machine. A file is locked with its folder.
    pub async fn is_in_use(&self) -> StoreResult<bool> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(options) => PostgresStore::is_in_use(options).await,
        }
    }

    /// Opens it, and makes it where it is not there.
    pub async fn store(&self) -> StoreResult<AnyStore> {
        Ok(match self {
            Self::Sqlite(path) => AnyStore::new(SqliteStore::open(&SqliteOptions::at(path))?),
            Self::Postgres(options) => AnyStore::new(PostgresStore::open(options).await?),
        })
    }

    /// The addresses of its machines, as far as they are known by name.
    pub async fn addresses(&self) -> Vec<IpAddr> {
        let hosts = match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(options) => PostgresStore::hosts(options),
        };
        let mut addresses = Vec::new();
        for host in hosts {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await;
            addresses.extend(found.into_iter().flatten().map(|address| address.ip()));
        }
        addresses
    }

    /// Everything in it, read without writing to it.
    pub async fn dump(&self) -> StoreResult<Dump> {
        match self {
            Self::Sqlite(path) => SqliteStore::dump_file(&SqliteOptions::at(path)).await,
            Self::Postgres(options) => PostgresStore::dump_database(options).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(database: Option<&str>) -> Result<Database, ConfigError> {
        Database::of(&Config {
            database: database.map(str::to_owned),
            data: "/data".into(),
            ..Config::default()
        })
    }

    #[test]
    fn a_database_is_known_by_its_url() {
        let file = |url| match of(url).unwrap() {
            Database::Sqlite(path) => path,
            Database::Postgres(options) => panic!("{options:?}"),
        };
        assert_eq!(file(None), Path::new("/data/ipp.sqlite"));
        assert_eq!(file(Some("sqlite:/a/b.db")), Path::new("/a/b.db"));
        assert_eq!(file(Some("sqlite:///a/b.db")), Path::new("/a/b.db"));
        for url in ["postgres://u@h/d", "postgresql://h/d?sslmode=disable"] {
            assert!(matches!(of(Some(url)), Ok(Database::Postgres(_))), "{url}");
        }
        let error = of(Some("mysql://u:secret@h/d")).unwrap_err().to_string();
        assert!(error.contains("postgres://") && !error.contains("secret"), "{error}");
    }
}
