//! The keys of each role, so that its code can be given these and not the ring.

use super::Keyring;
use crate::{
    KeyError, LandingPrivate, LandingPublic, MacKey, MacPurpose, SealingKey, SigningPurpose, Zone, ZoneKey,
    sealed_box,
};
use model::Signer;
use std::{fmt, sync::Arc};

/// What a gateway holds. Nothing here opens anything in any zone.
#[derive(Clone)]
pub struct GatewayKeys {
    /// Seals segments.
    pub landing_public: LandingPublic,
    /// Names and contents in the ledger.
    pub ledger_mac: MacKey,
    /// Receipts.
    pub receipt_mac: MacKey,
    /// Secrets of providers.
    pub provider_secret_mac: MacKey,
    /// Signing secrets of providers, session tokens, first answers.
    pub door: SealingKey,
    /// Client assertions and signed requests that were used; tokens of sessions, and recovery codes.
    pub once_mac: MacKey,
    /// Signs access tokens.
    pub token_signer: Arc<dyn Signer>,
}

/// What the console holds. Nothing here opens anything in any zone.
#[derive(Clone, Debug)]
pub struct ConsoleKeys {
    /// Secrets of people's devices, signing secrets of providers.
    pub door: SealingKey,
    /// Tokens of sessions and of directories, recovery codes.
    pub once_mac: MacKey,
    /// Secrets of providers.
    pub provider_secret_mac: MacKey,
    /// Pseudonyms of projects, for marts that are compared before they are registered.
    pub project_mac: MacKey,
}

/// What a worker holds. Nothing here opens a fragment in the vault.
#[derive(Clone, Debug)]
pub struct WorkerKeys {
    /// Opens segments.
    pub landing_private: LandingPrivate,
    /// The store of `raw`.
    pub raw: ZoneKey,
    /// The store of the views.
    pub view: ZoneKey,
    /// The store of the marts.
    pub mart: ZoneKey,
    /// The store of the persons.
    pub link: ZoneKey,
    /// The store of the vault, whose contents are sealed once more.
    pub vault: ZoneKey,
    /// Pseudonyms of resources.
    pub pseudonym_mac: MacKey,
    /// NHS numbers.
    pub nhs_mac: MacKey,
    /// The display dictionary.
    pub display_mac: MacKey,
    /// Pseudonyms of projects.
    pub project_mac: MacKey,
    /// Seals record keys.
    pub custodian_public: sealed_box::PublicKey,
}

/// What a crawler holds. Nothing here opens anything in any zone.
#[derive(Clone, Debug)]
pub struct CrawlerKeys {
    /// What is secret of connections.
    pub outside: SealingKey,
    /// Names and states of objects.
    pub object_mac: MacKey,
}

/// What the query role holds.
#[derive(Clone, Debug)]
pub struct QueryKeys {
    /// The store of `raw`.
    pub raw: ZoneKey,
    /// The store of the views.
    pub view: ZoneKey,
    /// The store of the marts.
    pub mart: ZoneKey,
    /// The store of the persons.
    pub link: ZoneKey,
}

impl Keyring {
    /// The gateway's keys.
    ///
    /// # Errors
    /// The ring lacks one.
    pub fn gateway(&self) -> Result<GatewayKeys, KeyError> {
        Ok(GatewayKeys {
            landing_public: self.landing_public(),
            ledger_mac: self.mac(MacPurpose::Ledger)?,
            receipt_mac: self.mac(MacPurpose::Receipt)?,
            provider_secret_mac: self.mac(MacPurpose::ProviderSecret)?,
            door: self.door()?,
            once_mac: self.mac(MacPurpose::Once)?,
            token_signer: self.signer(SigningPurpose::Token)?,
        })
    }

    /// The console's keys.
    ///
    /// # Errors
    /// The ring lacks one.
    pub fn console(&self) -> Result<ConsoleKeys, KeyError> {
        Ok(ConsoleKeys {
            door: self.door()?,
            once_mac: self.mac(MacPurpose::Once)?,
            provider_secret_mac: self.mac(MacPurpose::ProviderSecret)?,
            project_mac: self.mac(MacPurpose::Project)?,
        })
    }

    /// The worker's keys.
    ///
    /// # Errors
    /// The ring lacks one.
    pub fn worker(&self) -> Result<WorkerKeys, KeyError> {
        Ok(WorkerKeys {
            landing_private: self.landing_private()?,
            raw: self.zone(Zone::Raw)?,
            view: self.zone(Zone::View)?,
            mart: self.zone(Zone::Mart)?,
            link: self.zone(Zone::Link)?,
            vault: self.zone(Zone::Vault)?,
            pseudonym_mac: self.mac(MacPurpose::Pseudonym)?,
            nhs_mac: self.mac(MacPurpose::NhsNumber)?,
            display_mac: self.mac(MacPurpose::Display)?,
            project_mac: self.mac(MacPurpose::Project)?,
            custodian_public: self.custodian_public(),
        })
    }

    /// A crawler's keys.
    ///
    /// # Errors
    /// The ring lacks one.
    pub fn crawler(&self) -> Result<CrawlerKeys, KeyError> {
        Ok(CrawlerKeys { outside: self.outside()?, object_mac: self.mac(MacPurpose::Object)? })
    }

    /// The query role's keys.
    ///
    /// # Errors
    /// The ring lacks one.
    pub fn query(&self) -> Result<QueryKeys, KeyError> {
        Ok(QueryKeys {
            raw: self.zone(Zone::Raw)?,
            view: self.zone(Zone::View)?,
            mart: self.zone(Zone::Mart)?,
            link: self.zone(Zone::Link)?,
        })
    }
}

impl fmt::Debug for GatewayKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatewayKeys({:?}, token signer {})", self.landing_public, self.token_signer.key_id())
    }
}
