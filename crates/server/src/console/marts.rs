//! The texts of marts: changed on a page, compared with what is published, registered.

use super::{
    answer::{Refused, done, page},
    lake::{self, AskError, MartFiles},
    session::{Sent, Visitor},
};
use ::console::{
    Address,
    pages::{Compared, MartPage, Registration},
};
use aws_lc_rs::digest;
use axum::{extract::Path, response::Response};
use model::AuditOutcome;
use policy::{Action, Resource, Table};

/// Registrations that a page shows.
const REGISTRATIONS: u64 = 50;

/// `GET /mart/{name}`: its texts as they are registered, or, by `of=NUMBER`, as they once were.
pub(super) async fn show(visitor: Visitor, Path(name): Path<String>) -> Result<Response, Refused> {
    visitor.require(Action::MartRegister, Resource::Schema(&name)).await?;
    let shown = registered(&visitor, &name, visitor.asked("of").parse().ok()).await?;
    visitor.record("mart.show", AuditOutcome::Success, &name, &[]).await?;
    page(&visitor, Address::mart(&name), &shown).await
}

async fn registered(visitor: &Visitor, name: &str, of: Option<i64>) -> Result<MartPage, Refused> {
    let control = &visitor.desk.control;
    let before = control.mart_registrations(name, REGISTRATIONS).await?;
    let wanted = before.iter().find(|one| of.map_or(one.current, |of| of == one.number));
    let wanted = wanted.ok_or_else(|| Refused::NotFound(format!("mart {name}")))?;
    let files = control.mart_files(wanted.number).await?.into_iter().collect();
    let registrations = before
        .iter()
        .map(|one| Registration {
            number: one.number,
            actor: one.actor.clone(),
            at: one.registered,
            current: one.current,
        })
        .collect();
    Ok(MartPage { name: name.to_owned(), registered: true, files, registrations, ..MartPage::default() })
}

/// `GET /marts/new`: the texts of a first mart, of the table `from` if one is named.
pub(super) async fn first(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::MartRegister, Resource::Schema("any")).await?;
    let from = match visitor.asked("from") {
        "" => "view.patient",
        from => from,
    };
    let (schema, name) = lake::parts(from);
    visitor.require(Action::CatalogShow, Resource::Table(Table::of_sql(schema, name))).await?;
    let shown = match visitor.desk.lake.first_mart(schema, name).await {
        Ok(files) => MartPage { files: files.into_iter().collect(), ..MartPage::default() },
        Err(AskError::Question(why)) => return Err(Refused::NotFound(why)),
        Err(error) => return Err(error.into()),
    };
    visitor.record("mart.new", AuditOutcome::Success, from, &[]).await?;
    page(&visitor, Address::new_mart().with("from", visitor.asked("from")), &shown).await
}

/// `POST /marts/new`
pub(super) async fn send_first(sent: Sent) -> Result<Response, Refused> {
    let name = sent.field("name").trim().to_owned();
    let shown = MartPage { name: name.clone(), ..MartPage::default() };
    take(&sent, &name, shown).await
}

/// `POST /mart/{name}`
pub(super) async fn send(Path(name): Path<String>, sent: Sent) -> Result<Response, Refused> {
    sent.visitor.require(Action::MartRegister, Resource::Schema(&name)).await?;
    let shown = registered(&sent.visitor, &name, None).await?;
    take(&sent, &name, shown).await
}

/// Compares the texts that were sent, or registers them if they are those that were compared.
async fn take(sent: &Sent, name: &str, shown: MartPage) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    let files = texts(sent);
    let here = if shown.registered { Address::mart(name) } else { Address::new_mart() };
    let shown = MartPage { files: files.clone().into_iter().collect(), ..shown };
    permit(visitor, name, &files).await?;
    let digest = digest(&files);
    let registers = sent.field("do") == "register";
    let lake = &visitor.desk.lake;
    let outcome = if registers && sent.field("compared") == digest {
        match lake.check_mart(name, &files).await {
            Ok(()) => {
                let facts = [("files", files.len().to_string())];
                visitor.record("mart.register", AuditOutcome::Success, name, &facts).await?;
                lake.register_mart(name, &files, &visitor.name).await?;
                return Ok(done(&Address::job(&lake::job_of(name)), "registered"));
            }
            Err(error) => Err(error),
        }
    } else {
        lake.mart_diff(name, &files).await
    };
    let shown = match outcome {
        Ok((sequence, tables)) => {
            let problem = registers
                .then(|| "The texts are others than those that were compared. Look at what would be different now, then register them.".to_owned());
            MartPage { compared: Some(Compared { digest, sequence, tables }), problem, ..shown }
        }
        Err(AskError::Question(why)) => MartPage { problem: Some(why), ..shown },
        Err(error) => return Err(error.into()),
    };
    let outcome = if shown.compared.is_some() { AuditOutcome::Success } else { AuditOutcome::Refused };
    visitor.record("mart.diff", outcome, name, &[]).await?;
    page(visitor, here, &shown).await
}

/// Refuses whoever may not register the mart, or may not read what it reads: its tables are for others to see.
async fn permit(visitor: &Visitor, name: &str, files: &MartFiles) -> Result<(), Refused> {
    visitor.require(Action::MartRegister, Resource::Schema(name)).await?;
    if visitor.desk.lake.mart_has_programs(name, files) {
        visitor.require(Action::MartProgram, Resource::Schema(name)).await?;
    }
    for read in &visitor.desk.lake.mart_reads(name, files).await? {
        visitor.require_asking(Table::named(read)).await?;
    }
    for (table, columns) in visitor.desk.lake.mart_columns(name, files).await? {
        let table = Table::named(&table);
        visitor.require_columns((table, &columns), visitor.purpose_of_asking(table)).await?;
    }
    Ok(())
}

/// The texts that were sent; those that are empty are left out.
fn texts(sent: &Sent) -> MartFiles {
    let named =
        sent.fields().iter().filter_map(|(field, name)| Some((field.strip_prefix("file-")?, name.trim())));
    named
        .map(|(number, name)| (name, sent.field(&format!("text-{number}"))))
        .filter(|(name, said)| !name.is_empty() && !said.trim().is_empty())
        // Browsers end lines as the paper tape did (HTML §4.10.22.7).
        .map(|(name, said)| (name.to_owned(), said.replace("\r\n", "\n")))
        .collect()
}

fn digest(files: &MartFiles) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for (name, said) in files {
        for part in [name, said] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
    }
    hex::encode(context.finish())
}
