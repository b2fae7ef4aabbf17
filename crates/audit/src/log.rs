//! Writing: records that wait together are written together.
//!
//! One task owns the chain. It takes the records that wait, appends them to
//! the current object, and replaces that object with one put that ends in a
//! signed head. Callers are answered after the put. When a put fails, whether
//! it took effect is not known; so its records stay part of the chain, their
//! callers are told of the failure, and nothing is added until the very same
//! bytes have been put. The chain can therefore neither fork nor have a gap.

use crate::{
    head::{self, Head, Says, SignedHead},
    line::{self, first_hash},
    place::{self, Place},
};
use async_trait::async_trait;
use futures::StreamExt as _;
use model::{
    AuditEntity, AuditError, AuditEvent, AuditPosition, AuditSink, Clock, SignError, Signer, Timestamp,
    failpoint,
};
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, path::Path};
use std::{fmt, sync::Arc};
use tokio::sync::{mpsc, oneshot, watch};

/// How many callers wait before the next has to wait for room.
const WAITING: usize = 4096;

/// The most bytes of records that one put adds.
const GROUP_BYTES: usize = 4 << 20;

/// An object that has reached this many bytes is followed by another.
const OBJECT_BYTES: usize = 256 << 10;

/// The most bytes of text in one event; a longer one is refused.
const EVENT_BYTES: usize = 256 << 10;

/// The longest name of a writer: with an index it has to fit into an id of FHIR, which has 64 characters.
const NAME_CHARACTERS: usize = 45;

/// A chain that is being written.
///
/// Dropped without [`AuditLog::close`], it ends as if the process had died: durable up to the last answer, and open.
pub struct AuditLog {
    sender: mpsc::Sender<Message>,
    heads: watch::Receiver<SignedHead>,
}

/// Why a chain could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a writer's name.
    #[error("`{0}` is not a writer's name: use 1 to 45 of a-z, 0-9 and -")]
    Name(String),
    /// The name has been used: every process begins a chain of its own.
    #[error("writer `{0}` has a chain already")]
    Exists(String),
    /// The signing key cannot be used.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The log zone cannot be read.
    #[error("list the audit trail")]
    Store(#[source] object_store::Error),
}

enum Message {
    Record(AuditEvent, oneshot::Sender<Result<AuditPosition, AuditError>>),
    Settle(oneshot::Sender<Result<(), AuditError>>),
    Close(oneshot::Sender<Result<(), AuditError>>),
}

/// A record that waits, and where its caller waits for the answer.
type Waiting = (AuditEvent, oneshot::Sender<Result<AuditPosition, AuditError>>);

/// The chain, as the one task that writes it sees it.
struct Chain {
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    /// How far the chain reaches, what is not durable yet included.
    head: Head,
    /// Where the current object lies; none before its first record.
    place: Option<Place>,
    /// The current object's records.
    body: Vec<u8>,
    /// When the last record was recorded: no later one is earlier.
    recorded: Timestamp,
    /// Whether all of `body` is known to be durable.
    settled: bool,
    heads: watch::Sender<SignedHead>,
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog").field("head", &self.head()).finish_non_exhaustive()
    }
}

impl AuditLog {
    /// Begins the chain of `writer` in `store`, whose puts replace an object as a whole and are
    /// durable when they return. Nothing is written before the first record.
    ///
    /// # Errors
    /// The name is malformed or has been used, or the key or the store fails.
    pub async fn open(
        store: Arc<dyn ObjectStore>,
        signer: Arc<dyn Signer>,
        writer: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=NAME_CHARACTERS).contains(&writer.len()) || !writer.bytes().all(fits) {
            return Err(OpenError::Name(writer.chars().take(120).collect()));
        }
        let prefix = Path::from(writer.as_str());
        if store.list(Some(&prefix)).next().await.transpose().map_err(OpenError::Store)?.is_some() {
            return Err(OpenError::Exists(writer));
        }
        let head = Head { hash: first_hash(&writer), writer, count: 0 };
        let (_, signed) = head::write(Says::Reaches, head.clone(), false, clock.now(), signer.as_ref())?;
        let (heads, watched) = watch::channel(signed);
        let (sender, receiver) = mpsc::channel(WAITING);
        let chain = Chain {
            store,
            signer,
            clock,
            head,
            place: None,
            body: Vec::new(),
            recorded: Timestamp(0),
            settled: true,
            heads,
        };
        tokio::spawn(chain.run(receiver));
        Ok(Self { sender, heads: watched })
    }

    /// Writes what waits and ends the chain with a signed mark, so that what is cut off
    /// from it later shows. Further records are refused.
    ///
    /// # Errors
    /// The mark could not be written, or the chain was closed before.
    pub async fn close(&self) -> Result<(), AuditError> {
        let (reply, answer) = oneshot::channel();
        self.sender.send(Message::Close(reply)).await.map_err(|_| AuditError::Closed)?;
        answer.await.map_err(|_| AuditError::Closed)?
    }

    /// How far the chain is durable.
    #[must_use]
    pub fn head(&self) -> Head {
        self.heads.borrow().head.clone()
    }

    /// Shows the newest durable head, to be kept elsewhere as a witness.
    #[must_use]
    pub fn on_head(&self) -> watch::Receiver<SignedHead> {
        self.heads.clone()
    }
}

#[async_trait]
impl AuditSink for AuditLog {
    async fn record(&self, event: AuditEvent) -> Result<AuditPosition, AuditError> {
        let (reply, answer) = oneshot::channel();
        self.sender.send(Message::Record(event, reply)).await.map_err(|_| AuditError::Closed)?;
        answer.await.map_err(|_| AuditError::Closed)?
    }

    async fn writable(&self) -> Result<(), AuditError> {
        let (reply, answer) = oneshot::channel();
        self.sender.send(Message::Settle(reply)).await.map_err(|_| AuditError::Closed)?;
        answer.await.map_err(|_| AuditError::Closed)?
    }
}

impl Chain {
    async fn run(mut self, mut receiver: mpsc::Receiver<Message>) {
        let mut group: Vec<Waiting> = Vec::new();
        let mut asking = Vec::new();
        let mut closing = None;
        while let Some(message) = receiver.recv().await {
            let mut next = Some(message);
            let mut bytes = 0;
            while let Some(message) = next {
                match message {
                    Message::Record(event, reply) => {
                        bytes += size(&event);
                        group.push((event, reply));
                    }
                    Message::Settle(reply) => asking.push(reply),
                    Message::Close(reply) => {
                        // Nobody can send any more; what was sent before is still written.
                        receiver.close();
                        closing.get_or_insert(reply);
                    }
                }
                next = if bytes < GROUP_BYTES { receiver.try_recv().ok() } else { None };
            }
            self.write(std::mem::take(&mut group)).await;
            if !asking.is_empty() {
                let settled = self.settle().await;
                for reply in asking.drain(..) {
                    let _ = reply.send(settled.clone());
                }
            }
        }
        if let Some(reply) = closing {
            let closed = if self.head.count == 0 { Ok(()) } else { self.put(true).await };
            // Whoever asked may have gone.
            let _ = reply.send(closed);
        }
    }

    /// Makes a group durable and answers its callers.
    async fn write(&mut self, group: Vec<Waiting>) {
        if let Err(error) = self.settle().await {
            for (_, reply) in group {
                let _ = reply.send(Err(error.clone()));
            }
            return;
        }
        if self.body.len() >= OBJECT_BYTES {
            self.body.clear();
            self.place = None;
        }
        let mut written = Vec::with_capacity(group.len());
        for (event, reply) in group {
            match self.append(event) {
                Ok(position) => written.push((position, reply)),
                Err(error) => {
                    let _ = reply.send(Err(error));
                }
            }
        }
        if written.is_empty() {
            return;
        }
        let outcome = self.put(false).await;
        for (position, reply) in written {
            let _ = reply.send(outcome.clone().map(|()| position));
        }
    }

    /// Puts the same bytes again, if it is not known that all are durable.
    async fn settle(&mut self) -> Result<(), AuditError> {
        if self.settled { Ok(()) } else { self.put(false).await }
    }

    /// Adds one record to the chain in memory.
    fn append(&mut self, event: AuditEvent) -> Result<AuditPosition, AuditError> {
        if size(&event) > EVENT_BYTES {
            return Err(AuditError::Unwritable(format!("a record exceeds {EVENT_BYTES} bytes")));
        }
        let recorded = self.clock.now().max(self.recorded);
        let start = self.body.len();
        let Head { writer, count, hash } = &mut self.head;
        match line::write(&mut self.body, &event, writer, *count, recorded, hash) {
            Ok(next) => {
                self.recorded = recorded;
                self.place.get_or_insert(Place { first: *count, recorded: Some(recorded) });
                let position = AuditPosition { writer: writer.clone(), index: *count };
                (*count, *hash) = (*count + 1, next);
                Ok(position)
            }
            Err(error) => {
                self.body.truncate(start);
                Err(AuditError::Unwritable(error.to_string()))
            }
        }
    }

    /// Puts the current object, with a signed head as its last line.
    async fn put(&mut self, closed: bool) -> Result<(), AuditError> {
        self.settled = false;
        let Some(place) = self.place else { return Ok(()) };
        let now = self.clock.now();
        let (line, signed) = head::write(Says::Reaches, self.head.clone(), closed, now, self.signer.as_ref())
            .map_err(|error| AuditError::Unwritable(error.to_string()))?;
        let records = self.body.len();
        self.body.extend_from_slice(&line);
        let packed = place::pack(&self.body);
        self.body.truncate(records);
        let object = packed.map_err(|error| AuditError::Unwritable(error.to_string()))?;
        match self.store.put(&place.path(&self.head.writer), PutPayload::from(object)).await {
            Ok(_) => {
                failpoint!("audit.record.after-put");
                self.settled = true;
                self.heads.send_replace(signed);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the audit trail cannot be written");
                Err(AuditError::Unwritable(error.to_string()))
            }
        }
    }
}

/// About how many bytes of text an event holds.
fn size(event: &AuditEvent) -> usize {
    let detail = event.detail.iter().map(|(name, value)| name.len() + value.len() + 36).sum::<usize>();
    let about = event.about.iter().map(|about| match about {
        AuditEntity::Patient(name) | AuditEntity::Subject(name) => name.len() + 200,
        AuditEntity::Table { name, columns } => {
            name.len() + 200 + columns.iter().map(|column| column.len() + 36).sum::<usize>()
        }
    });
    event.action.len() + event.actor.len() + event.target.len() + detail + about.sum::<usize>() + 1024
}
