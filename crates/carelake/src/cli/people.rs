//! `carelake user` and `carelake group`: people, and what is open to them.

use super::audit::moment;
use clap::{Args, Subcommand};
use control::{LONGEST_PERSON_NAME, is_person_name};
use model::Timestamp;
use policy::Role;

/// People who use the console.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person and print their password, once.
    #[command(after_help = "\
Whoever acts as administrator, custodian or auditor needs a device that makes codes: `carelake user device`.

Examples:
  carelake user add ann --role engineer --display 'Ann Archer'
  carelake user add ann@trust.example --role auditor --expires 2027-04-01
  pass show lake/ann | carelake user add ann --role analyst --password-stdin")]
    Add {
        /// What they sign in as: letters, digits and . - _ @ ' +; never given to anybody else.
        #[arg(value_parser = name)]
        name: String,
        #[command(flatten)]
        person: PersonArgs,
        /// Read the password from standard input, one line, instead of making one.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show the people, their roles and whether they may come in.
    List,
    /// Say anew what is open to a person, what they are called, or when their account ends.
    #[command(after_help = "\
Examples:
  carelake user set ann --role engineer --role analyst     in place of all that they have by themselves
  carelake user set ann --expires 2027-04-01
  carelake user set ann --never-expires")]
    Set {
        /// Who.
        name: String,
        #[command(flatten)]
        person: PersonArgs,
        /// It does not end.
        #[arg(long, conflicts_with = "expires")]
        never_expires: bool,
    },
    /// Let a person in no more, from their next request on.
    Suspend {
        /// Who.
        name: String,
    },
    /// Let a suspended person in again.
    Resume {
        /// Who.
        name: String,
    },
    /// Give a person another password, printed once; their sessions end.
    Password {
        /// Who.
        name: String,
        /// Read it from standard input, one line, instead of making one.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give a person a device that makes codes, and ten recovery codes, printed once; their sessions end.
    #[command(after_help = "\
What is printed is taken in by an authenticator app: as an address, from which most can make a QR code, or as a secret.

Examples:
  carelake user device ann
  carelake --json user device ann | jq -r .address | qrencode -t utf8
  carelake user device ann --remove")]
    Device {
        /// Who.
        name: String,
        /// Take it away instead.
        #[arg(long)]
        remove: bool,
    },
    /// Say who a person is at the outside provider that the configuration names; their sessions end.
    #[command(after_help = "\
Somebody who is not linked becomes a new person at their first sign-in there, if a group of theirs opens a role and
nobody has their name.

Examples:
  carelake user link ann 7f3a9c52-0b1d-4e0c-9d6b-1f2e3a4b5c6d     their subject there, the claim `sub`
  carelake user link ann --remove")]
    Link {
        /// Who.
        name: String,
        /// Their subject there.
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        subject: Option<String>,
        /// They are nobody there any more.
        #[arg(long)]
        remove: bool,
    },
    /// Remove a person: nothing that they could show is kept, and the name stays theirs in the audit trail.
    Remove {
        /// Who.
        name: String,
    },
}

/// Groups of people.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Add a group, or say anew which roles are open to those in it.
    #[command(after_help = "\
Example:
  carelake group add data-team --role engineer --role analyst && carelake group join data-team ann")]
    Add {
        /// Its name.
        #[arg(value_parser = name)]
        name: String,
        #[command(flatten)]
        opens: RoleArgs,
    },
    /// Show the groups.
    List,
    /// Put a person into a group.
    Join {
        /// The group.
        group: String,
        /// Who.
        name: String,
    },
    /// Take a person out of a group.
    Leave {
        /// The group.
        group: String,
        /// Who.
        name: String,
    },
    /// Remove a group; what was open by it is so no more.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What is known of a person.
#[derive(Debug, Args)]
pub(crate) struct PersonArgs {
    /// What they are called on pages; at first, their name.
    #[arg(long, value_name = "NAME")]
    pub(crate) display: Option<String>,
    #[command(flatten)]
    pub(crate) opens: RoleArgs,
    /// When the account ends.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) expires: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// A role that is open: analyst, engineer, custodian, auditor or administrator; may be given several times.
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    pub(crate) roles: Vec<Role>,
}

impl RoleArgs {
    /// The roles as they are kept.
    pub(crate) fn words(&self) -> Vec<String> {
        self.roles.iter().map(|role| role.as_str().to_owned()).collect()
    }
}

fn role(text: &str) -> Result<Role, String> {
    match text.parse() {
        Ok(Role::Provider) => {
            Err("nobody signs in as a provider: `carelake provider add` registers one".to_owned())
        }
        Ok(role) => Ok(role),
        Err(error) => Err(format!("{error}")),
    }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    match is_person_name(text) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "a name has small letters, digits and . - _ @ ' +, {LONGEST_PERSON_NAME} at most, a letter or digit first"
        )),
    }
}
