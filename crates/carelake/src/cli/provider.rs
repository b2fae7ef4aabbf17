//! `carelake provider` and `carelake issuer`: who sends, and how it shows that it is itself.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Data owners.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Register a data owner and print its credential, once.
    #[command(after_help = "\
Examples:
  carelake provider add gp-elm-grove                                     a client id and a secret
  carelake provider add trust-a --auth smart --jwks keys.json            SMART Backend Services
  carelake provider add lab --auth sigv4 --scope system/Observation.c    AWS Signature Version 4
  carelake provider add nhs111 --auth mtls --cert client.pem --network 10.8.0.0/16
  carelake provider add trust-b --auth issuer --issuer trust-b --client 4f1c…

From a credential to a first token:
  curl --cacert carelake-home/tls/ca.pem -u CLIENT_ID:SECRET \\
       -d grant_type=client_credentials https://localhost:8443/oauth/token")]
    Add {
        /// Its name, and its id space: a-z, 0-9 and -.
        name: model::SourceId,
        /// A grant, such as `system/*.c` or `system/Observation.cu`; may be given several times.
        #[arg(long = "scope", default_value = "system/*.c", value_name = "SCOPE")]
        scopes: Vec<model::Scope>,
        #[command(flatten)]
        credential: CredentialArgs,
        #[command(flatten)]
        reach: ReachArgs,
    },
    /// Show the data owners.
    List,
    /// Show one data owner, its credentials and from where it may come.
    Show {
        /// Its name.
        name: model::SourceId,
    },
    /// Give a data owner a further credential; older ones of the same method go on for a while.
    #[command(after_help = "\
Examples:
  carelake provider rotate gp-elm-grove                      a new secret; the old one counts for 24 hours more
  carelake provider rotate gp-elm-grove --overlap-hours 0    the old one ends now
  carelake provider rotate gp-elm-grove --auth sigv4         a way to sign besides the secret it has")]
    Rotate {
        /// Its name.
        name: model::SourceId,
        #[command(flatten)]
        credential: CredentialArgs,
        /// How long older credentials of the same method go on.
        #[arg(long, default_value_t = 24, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=8760))]
        overlap_hours: u32,
    },
    /// Take one credential back; it is refused from its next request on, and so are its tokens.
    Revoke {
        /// Its id, as `provider show` lists it.
        credential: String,
    },
    /// Say anew what a data owner may do and from where it may come.
    #[command(after_help = "\
Example:
  carelake provider set lab --scope system/Observation.cu --network 10.8.0.0/16 --network fd00::/8")]
    Set {
        /// Its name.
        name: model::SourceId,
        /// Its grants from now on, in place of all that it has; may be given several times.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<model::Scope>,
        #[command(flatten)]
        reach: ReachArgs,
        /// Let it come from anywhere.
        #[arg(long, conflicts_with_all = ["networks", "private_only"])]
        anywhere: bool,
    },
    /// Refuse a data owner from its next request on.
    Disable {
        /// Its name.
        name: model::SourceId,
    },
    /// Let a data owner in again.
    Enable {
        /// Its name.
        name: model::SourceId,
    },
}

/// How a data owner shows that it is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// OAuth 2 client credentials: a client id and a secret.
    Secret,
    /// SMART Backend Services: assertions signed by RS384 or ES384.
    Smart,
    /// Requests signed with AWS Signature Version 4.
    Sigv4,
    /// A certificate of its own; tokens are bound to it (RFC 8705).
    Mtls,
    /// Access tokens of an outside issuer.
    Issuer,
}

/// What a credential is made of.
#[derive(Debug, Args)]
pub(crate) struct CredentialArgs {
    /// How it authenticates.
    #[arg(long, value_enum, default_value_t = Method::Secret, value_name = "METHOD")]
    pub(crate) auth: Method,
    /// For smart: its public keys, a JWK Set in a file or at an https address.
    #[arg(long, value_name = "FILE|URL", required_if_eq("auth", "smart"))]
    pub(crate) jwks: Option<String>,
    /// For mtls: its certificate, in PEM.
    #[arg(long, value_name = "FILE", required_if_eq("auth", "mtls"))]
    pub(crate) cert: Option<PathBuf>,
    /// For issuer: the issuer's name here (`carelake issuer list`).
    #[arg(long, value_name = "NAME", required_if_eq("auth", "issuer"))]
    pub(crate) issuer: Option<String>,
    /// For issuer: the client's name there.
    #[arg(long, value_name = "ID", required_if_eq("auth", "issuer"))]
    pub(crate) client: Option<String>,
}

/// From where a data owner may come.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// A network it may come from, such as 10.8.0.0/16; may be given several times. Any, if there is none.
    #[arg(long = "network", value_name = "CIDR")]
    pub(crate) networks: Vec<ipnet::IpNet>,
    /// It may come over the gateway's private addresses (gateway.listen_private) only.
    #[arg(long)]
    pub(crate) private_only: bool,
}

/// Outside issuers of access tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuerCommand {
    /// Take the access tokens of an outside issuer, for providers that are registered with it.
    #[command(after_help = "\
The issuer's metadata and keys are fetched from it, which its host must be allowed for in [outside] of the
configuration.

Examples:
  carelake issuer add trust-b --url https://login.example/realms/trust --audience https://lake.example.nhs.uk
  carelake issuer add cognito --url https://cognito-idp.eu-west-2.amazonaws.com/POOL --audience CLIENT_ID \\
       --scope-prefix lake/
  carelake provider add trust-b --auth issuer --issuer trust-b --client 4f1c…")]
    Add {
        /// What to call it here: a-z, 0-9 and -.
        name: model::SourceId,
        /// What it calls itself, the claim `iss` of its tokens.
        #[arg(long, value_name = "URL")]
        url: String,
        /// What it calls this lake, the claim `aud`; the client's id where its tokens have no `aud`.
        #[arg(long, value_name = "TEXT")]
        audience: String,
        /// What stands before each scope in its tokens.
        #[arg(long, default_value = "", value_name = "TEXT")]
        scope_prefix: String,
        /// A token that names none of the lake's scopes has all of its provider's.
        #[arg(long)]
        own_grants: bool,
    },
    /// Show the outside issuers, and how fresh their keys are.
    List,
    /// Take no more of an issuer's tokens.
    Remove {
        /// Its name here.
        name: String,
    },
}
