//! `carelake directory`: directories that keep people here.

use super::{audit::moment, people::name as person_name};
use clap::{Args, Subcommand};
use model::Timestamp;

/// Directories that keep people and groups here over SCIM 2.0.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Let a directory keep people and groups, and print its token, once.
    #[command(after_help = "\
In the directory, give https://HOST:8444/scim/v2 as the address and the token as the secret. It sees and changes what it
keeps itself. Its groups open nothing until they are given roles: `carelake group add GROUP --role analyst`.

Examples:
  carelake directory add trust
  carelake directory add trust --network 20.190.128.0/18 --external-id-is-subject --expires 2027-11-27")]
    Add {
        /// What to call it here: a-z, 0-9 and -.
        name: model::SourceId,
        /// A network it may come from, such as 10.8.0.0/16; may be given several times. Any, if there is none.
        #[arg(long = "network", value_name = "CIDR")]
        networks: Vec<ipnet::IpNet>,
        /// The `externalId` of its people is their subject at `people.issuer`: whoever signs in there is that person.
        #[arg(long)]
        external_id_is_subject: bool,
        #[command(flatten)]
        token: TokenArgs,
    },
    /// Show the directories, how many people they keep, and when their tokens end.
    List,
    /// Give a directory another token, and print it, once.
    Token {
        /// Its name.
        name: String,
        #[command(flatten)]
        token: TokenArgs,
        /// How long its older tokens go on.
        #[arg(long, default_value_t = 24, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=8760))]
        overlap_hours: u32,
    },
    /// Refuse a directory from its next request on. The people that it keeps stay what they are.
    Disable {
        /// Its name.
        name: String,
    },
    /// Let it in again.
    Enable {
        /// Its name.
        name: String,
    },
    /// Hand a person who is here already over to a directory, which keeps them from now on.
    Adopt {
        /// The directory.
        directory: String,
        /// Who.
        #[arg(value_parser = person_name)]
        name: String,
    },
    /// Take a person back from the directory that keeps them.
    Release {
        /// Who.
        #[arg(value_parser = person_name)]
        name: String,
    },
}

/// How long a token counts.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// When the token ends; a year from now, if it is not said.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) expires: Option<Timestamp>,
}
