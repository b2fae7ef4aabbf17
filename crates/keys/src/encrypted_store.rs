//! An object store that encrypts what it puts into another and opens what it gets.
//!
//! What is stored is laid down in `format`. Names, tags, versions and conditions
//! are those of the store below; the sizes that are shown are the plaintext's.

mod format;
mod headers;
mod open;
mod seal;
mod upload;

use crate::{SealError, Zone, ZoneError, ZoneKey, blocking::blocking};
use async_trait::async_trait;
use bytes::Bytes;
use format::{CHUNK, HEADER, Layout, ObjectCipher, SEALED_CHUNK};
use futures::{StreamExt, TryStreamExt, future, stream, stream::BoxStream};
use headers::HeaderCache;
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, path::Path,
};
use open::{ObjectName, OpenFile, OpenStream, SPAN};
use seal::Sealer;
use std::{fmt, ops::Range, sync::Arc};
use upload::EncryptedUpload;

/// Payloads above this are encrypted away from the threads that serve.
const INLINE_BYTES: usize = 256 * 1024;
/// Ranges whose chunks lie this near to each other are read together.
const MERGE_CHUNKS: u64 = 4;
/// Ranges read side by side from a store elsewhere.
const RANGES_AT_ONCE: usize = 8;

/// Encrypts one zone's objects (AES-256-GCM in chunks of 64 KiB, bound to zone and name).
///
/// Listings are sorted as those of the store below are. An object that was altered
/// anywhere is refused by reads of the part that was; sizes are computed, not read.
/// `copy` and `rename` encrypt anew, in memory, for the name is bound.
pub struct EncryptedStore {
    inner: Arc<dyn ObjectStore>,
    zone: Zone,
    key: ZoneKey,
    headers: HeaderCache,
}

impl EncryptedStore {
    /// A store that keeps the objects of `zone` in `inner`, encrypted under `key`.
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, zone: Zone, key: ZoneKey) -> Self {
        Self { inner, zone, key, headers: HeaderCache::default() }
    }

    fn name(&self, location: &Path) -> ObjectName {
        ObjectName { zone: self.zone, key: location.as_ref().into() }
    }

    fn sealer(&self, location: &Path) -> Result<Sealer> {
        Sealer::new(&self.key, self.zone, location.as_ref()).map_err(|source| self.refused(location, source))
    }

    fn refused(&self, location: &Path, source: SealError) -> object_store::Error {
        ZoneError::Seal { zone: self.zone, key: location.to_string(), source }.into()
    }

    /// Asks the store below for what a range of plaintext needs.
    ///
    /// `at_once`: a few chunks of a file are read along with its header, which saves a change of threads.
    async fn begin(&self, location: &Path, mut options: GetOptions, at_once: bool) -> Result<Begun> {
        let name = self.name(location);
        let wanted = options.range.take();
        if let Some(range) = &wanted {
            range.is_valid().map_err(|source| out_of_range(location, source))?;
        }
        let (head, version) = (options.head, options.version.clone());
        options.range = wanted.as_ref().and_then(sealed_range);
        let result = self.inner.get_opts(location, options).await?;
        let layout = Layout::of_sealed(result.meta.size).map_err(|source| name.refused(source))?;
        let range = match &wanted {
            Some(range) => range.as_range(layout.plain).map_err(|source| out_of_range(location, source))?,
            None => 0..layout.plain,
        };
        let mut meta = result.meta;
        meta.size = layout.plain;
        let source = if head {
            Source::Nothing
        } else {
            match result.payload {
                GetResultPayload::File(file, _) => {
                    let (key, name, range) = (self.key.clone(), name.clone(), range.clone());
                    let at_once =
                        at_once && range.end - range.start <= SPAN && !nothing(&range, layout.plain);
                    blocking(move || {
                        let file = OpenFile::new(file, &key, layout, name)?;
                        if at_once { file.read(&range).map(Source::Read) } else { Ok(Source::File(file)) }
                    })
                    .await?
                }
                GetResultPayload::Stream(inner) => {
                    let stream = OpenStream::new(inner, layout, name.clone());
                    self.begin_stream(stream, result.range.start, &meta, version).await?
                }
            }
        };
        Ok(Begun { meta, range, attributes: result.attributes, source })
    }

    /// Finds the header of an object that comes as a stream: in it, or in a read of its own.
    async fn begin_stream(
        &self,
        mut stream: OpenStream,
        start: u64,
        meta: &ObjectMeta,
        version: Option<String>,
    ) -> Result<Source> {
        let (header, at) = if start == 0 {
            (stream.header().await?, HEADER as u64)
        } else if let Some(header) = self.headers.get(meta) {
            (header, start)
        } else {
            // The same object still, or none: its tag must be the one just seen.
            let options = GetOptions::new()
                .with_range(Some(0..HEADER as u64))
                .with_if_match(meta.e_tag.clone())
                .with_version(version);
            let bytes = self.inner.get_opts(&meta.location, options).await?.bytes().await?;
            let header = <[u8; HEADER]>::try_from(bytes.as_ref())
                .map_err(|_| self.name(&meta.location).refused(crate::OpenError::Length))?;
            (header, start)
        };
        let cipher = ObjectCipher::open(&self.key, self.zone, meta.location.as_ref(), &header)
            .map_err(|source| self.name(&meta.location).refused(source))?;
        self.headers.put(meta, header);
        Ok(Source::Stream { stream, cipher, at })
    }
}

/// An object of which some range is about to be read.
struct Begun {
    meta: ObjectMeta,
    range: Range<u64>,
    attributes: object_store::Attributes,
    source: Source,
}

enum Source {
    Nothing,
    Read(Bytes),
    File(OpenFile),
    Stream { stream: OpenStream, cipher: ObjectCipher, at: u64 },
}

impl Begun {
    fn into_result(self) -> GetResult {
        let stream = match self.source {
            Source::Nothing => stream::empty().boxed(),
            _ if nothing(&self.range, self.meta.size) => stream::empty().boxed(),
            Source::Read(plain) => stream::once(future::ready(Ok(plain))).boxed(),
            Source::File(file) => file.stream(self.range.clone()),
            Source::Stream { stream, cipher, at } => stream.stream(cipher, at, self.range.clone()),
        };
        GetResult {
            payload: GetResultPayload::Stream(stream),
            meta: self.meta,
            range: self.range,
            attributes: self.attributes,
        }
    }
}

#[async_trait]
impl ObjectStore for EncryptedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let mut sealer = self.sealer(location)?;
        let length = payload.content_length();
        let sealed = if length <= INLINE_BYTES {
            sealer.seal(payload.as_ref(), length, true)
        } else {
            blocking(move || Ok(sealer.seal(payload.as_ref(), length, true))).await?
        };
        let sealed = sealed.map_err(|source| self.refused(location, source))?;
        self.inner.put_opts(location, sealed.into(), opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let sealer = self.sealer(location)?;
        let upload = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(EncryptedUpload::new(upload, sealer, self.zone, location.to_string())))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        Ok(self.begin(location, options, true).await?.into_result())
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let spans = spans_of(ranges);
        let Some(first) = spans.first() else { return Ok(vec![Bytes::new(); ranges.len()]) };
        let begun = self.begin(location, GetOptions::new().with_range(Some(first.clone())), false).await?;
        let size = begun.meta.size;
        let read = match begun.source {
            Source::File(file) => {
                let clipped = clip_all(location, &spans, size)?;
                blocking(move || clipped.iter().map(|span| file.read(span)).collect::<Result<Vec<_>>>())
                    .await?
            }
            _ => {
                let e_tag = begun.meta.e_tag.clone();
                let mut read = vec![begun.into_result().bytes().await?];
                let rest = stream::iter(spans[1..].to_vec())
                    .map(|span| {
                        let options = GetOptions::new().with_range(Some(span)).with_if_match(e_tag.clone());
                        async move { self.get_opts(location, options).await?.bytes().await }
                    })
                    .buffered(RANGES_AT_ONCE);
                read.extend(rest.try_collect::<Vec<_>>().await?);
                read
            }
        };
        ranges.iter().map(|range| cut(location, range, &spans, &read, size)).collect()
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix).map_ok(shown).boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset).map_ok(shown).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut result = self.inner.list_with_delimiter(prefix).await?;
        result.objects = result.objects.into_iter().map(shown).collect();
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let plain = self.get(from).await?.bytes().await?;
        let mode = match options.mode {
            CopyMode::Overwrite => PutMode::Overwrite,
            CopyMode::Create => PutMode::Create,
        };
        self.put_opts(to, plain.into(), mode.into()).await.map(drop)
    }
}

impl fmt::Display for EncryptedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedStore({} in {})", self.zone, self.inner)
    }
}

impl fmt::Debug for EncryptedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a range of an object has no chunk to be read. Of an empty object the one
/// chunk is read all the same, for it proves that the object is empty.
fn nothing(range: &Range<u64>, size: u64) -> bool {
    range.is_empty() && size > 0
}

/// What is said of an object: its plaintext's size. One that cannot be opened for
/// its length shows as empty, so that it can be found and deleted; reading it fails.
fn shown(mut meta: ObjectMeta) -> ObjectMeta {
    meta.size = Layout::of_sealed(meta.size).map_or(0, |layout| layout.plain);
    meta
}

/// What must be asked for so that all chunks of a range of plaintext come, and the
/// header where it lies next to them.
fn sealed_range(range: &GetRange) -> Option<GetRange> {
    let chunk = CHUNK as u64;
    let start = |plain: u64| match plain / chunk {
        0 => 0,
        first => first.saturating_mul(SEALED_CHUNK as u64).saturating_add(HEADER as u64),
    };
    match range {
        GetRange::Bounded(range) => {
            let chunks = (range.end - 1) / chunk + 1;
            let end = chunks.saturating_mul(SEALED_CHUNK as u64).saturating_add(HEADER as u64);
            Some(GetRange::Bounded(start(range.start)..end))
        }
        GetRange::Offset(plain) => Some(start(*plain)).filter(|start| *start > 0).map(GetRange::Offset),
        // Where the last chunk begins is not known yet: a chunk more covers it.
        GetRange::Suffix(plain) => Some(GetRange::Suffix(
            (plain / chunk + 2).saturating_mul(SEALED_CHUNK as u64).saturating_add(HEADER as u64),
        )),
    }
}

fn out_of_range(location: &Path, source: impl std::error::Error) -> object_store::Error {
    object_store::Error::Generic { store: "zone", source: format!("read `{location}`: {source}").into() }
}

/// The ranges without the empty ones, sorted, and joined where their chunks are near.
fn spans_of(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<_> = ranges.iter().filter(|range| range.start < range.end).cloned().collect();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut spans: Vec<Range<u64>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match spans.last_mut() {
            Some(span) if range.start / CHUNK as u64 <= (span.end - 1) / CHUNK as u64 + MERGE_CHUNKS => {
                span.end = span.end.max(range.end);
            }
            _ => spans.push(range),
        }
    }
    spans
}

fn clip_all(location: &Path, spans: &[Range<u64>], size: u64) -> Result<Vec<Range<u64>>> {
    spans
        .iter()
        .map(|span| {
            GetRange::Bounded(span.clone()).as_range(size).map_err(|source| out_of_range(location, source))
        })
        .collect()
}

/// One of the ranges that were asked for, out of the span that holds it.
fn cut(
    location: &Path,
    range: &Range<u64>,
    spans: &[Range<u64>],
    read: &[Bytes],
    size: u64,
) -> Result<Bytes> {
    if range.start >= range.end {
        return Ok(Bytes::new());
    }
    let range =
        GetRange::Bounded(range.clone()).as_range(size).map_err(|source| out_of_range(location, source))?;
    let at = spans.partition_point(|span| span.start <= range.start).saturating_sub(1);
    let inside = spans.get(at).zip(read.get(at)).and_then(|(span, bytes)| {
        let (from, to) = ((range.start - span.start) as usize, (range.end - span.start) as usize);
        (to <= bytes.len()).then(|| bytes.slice(from..to))
    });
    inside.ok_or_else(|| object_store::Error::Generic {
        store: "zone",
        source: format!("read `{location}`: a short read").into(),
    })
}
