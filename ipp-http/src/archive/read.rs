//! Reading an archive: once to check all of it, and once more to restore it.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read},
};

use bytes::Bytes;
use ipp_core::{
    blob::Blobs,
    digest::ContentHash,
    store::{Store, StoredRow},
    vault::Sealed,
};
use serde::Deserialize as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{ArchiveError, FORMAT, Head, Line, Size, VERSION};

/// The longest line, in bytes: far above that of any row.
const LONGEST: u64 = 64 << 20;

/// How much of a blob is read at once, in bytes.
const PIECE: usize = 256 * 1024;

/// How many rows are put at once.
const ROWS: usize = 64;

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its first line.
    pub head: Head,
    /// How much it is.
    pub size: Size,
}

/// Reads an archive from its first byte to its last and checks all of it; writes nothing. Every sealed
/// value is shown, so that the caller can tell which keys it takes to open them.
pub fn check(input: impl Read, mut sealed: impl FnMut(&Sealed)) -> Result<Content, ArchiveError> {
    let mut reader = Reader::open(input)?;
    let mut needed = BTreeSet::new();
    loop {
        match reader.next()? {
            Item::Row(mut row) => {
                needed.extend(row.blob());
                let shown = row.each_sealed(|_, value| {
                    sealed(value);
                    Ok::<(), ArchiveError>(())
                });
                shown?;
            }
            Item::Blob { hash, .. } => {
                let mut hasher = Sha256::new();
                while let Some(piece) = reader.piece()? {
                    hasher.update(&piece);
                }
                if ContentHash::from_bytes(hasher.finalize().into()) != hash {
                    return Err(reader.damaged("the image before this line is not what its hash says"));
                }
                needed.remove(&hash);
            }
            Item::End(size) => {
                return match needed.first() {
                    Some(hash) => Err(reader.damaged(&format!("the image with the hash {hash} is missing"))),
                    None => Ok(Content { head: reader.head, size }),
                };
            }
        }
    }
}

/// Puts the content of an archive, which was checked, into an empty store and its blobs. The rows are
/// there all at once, at the end; where this fails before, at most blobs are left that nothing refers
/// to.
pub async fn restore(
    input: impl Read + Send,
    store: &impl Store,
    blobs: &dyn Blobs,
) -> Result<Content, ArchiveError> {
    let mut reader = Reader::open(input)?;
    let mut restore = store.restore().await?;
    let mut rows = Vec::with_capacity(ROWS);
    loop {
        let item = reader.next()?;
        if !matches!(item, Item::Row(_)) || rows.len() == ROWS {
            restore.put(std::mem::take(&mut rows)).await?;
        }
        match item {
            // Some phones of a job that goes on may have been commanded after the backup was made.
            Item::Row(StoredRow::Job(job)) => rows.push(StoredRow::Job(Box::new(job.restored()))),
            Item::Row(row) => rows.push(row),
            Item::Blob { hash, length } => {
                let mut upload = blobs.begin(length).await?;
                while let Some(piece) = reader.piece()? {
                    upload.write(piece).await?;
                }
                if upload.finish().await?.0 != hash {
                    return Err(reader.damaged("the image before this line is not what its hash says"));
                }
            }
            Item::End(size) => {
                restore.finish().await?;
                return Ok(Content { head: reader.head, size });
            }
        }
    }
}

/// What comes next.
enum Item {
    Row(StoredRow),
    /// Its pieces follow, by [`Reader::piece`].
    Blob {
        hash: ContentHash,
        length: u64,
    },
    End(Size),
}

struct Reader<R> {
    input: BufReader<R>,
    head: Head,
    /// Of everything before the present line.
    hasher: Sha256,
    size: Size,
    /// The number of the present line, and where it begins.
    line: u64,
    begins: u64,
    /// What is left of a blob.
    left: Option<u64>,
}

impl<R: Read> Reader<R> {
    fn open(input: R) -> Result<Self, ArchiveError> {
        let mut input = BufReader::with_capacity(PIECE, input);
        let mut first = Vec::new();
        // The head is short; what is something else may have no line at all.
        input.by_ref().take(4_096).read_until(b'\n', &mut first)?;
        let head: Value = serde_json::from_slice(&first).map_err(|_| ArchiveError::Foreign)?;
        if head["format"] != FORMAT {
            return Err(ArchiveError::Foreign);
        }
        let version = head["version"].as_u64().ok_or(ArchiveError::Foreign)?;
        if version > u64::from(VERSION) {
            let product = shown(head["product"].as_str().unwrap_or("unknown"));
            return Err(ArchiveError::Newer { version, product });
        }
        if first.last() != Some(&b'\n') {
            return Err(ArchiveError::CutOff { line: 1, bytes: first.len() as u64 });
        }
        let head = Head::deserialize(head).map_err(|error| ArchiveError::Damaged {
            line: 1,
            byte: 0,
            what: error.to_string(),
        })?;
        let mut reader = Self {
            input,
            head,
            hasher: Sha256::new(),
            size: Size::default(),
            line: 1,
            begins: 0,
            left: None,
        };
        reader.consumed(&first);
        Ok(reader)
    }

    fn next(&mut self) -> Result<Item, ArchiveError> {
        let mut text = Vec::new();
        self.input.by_ref().take(LONGEST).read_until(b'\n', &mut text)?;
        if text.last() != Some(&b'\n') {
            if text.len() as u64 == LONGEST {
                return Err(self.damaged(&format!("the line is longer than {LONGEST} bytes")));
            }
            return Err(ArchiveError::CutOff { line: self.line, bytes: self.begins + text.len() as u64 });
        }
        let line = serde_json::from_slice(&text).map_err(|error| {
            let product = &self.head.product;
            self.damaged(&format!("{error} (it was made by version {product} of the software)"))
        })?;
        match line {
            Line::Row(_) | Line::Blob { .. } => self.consumed(&text),
            Line::End { .. } => {}
        }
        match line {
            Line::Row(row) => {
                self.size.rows += 1;
                Ok(Item::Row(row))
            }
            Line::Blob { hash, length } => {
                self.size.blobs += 1;
                self.left = Some(length);
                Ok(Item::Blob { hash, length })
            }
            Line::End { rows, blobs, sha256 } => {
                let same = ContentHash::from_bytes(self.hasher.clone().finalize().into()) == sha256
                    && (rows, blobs) == (self.size.rows, self.size.blobs);
                if !same {
                    return Err(ArchiveError::Altered(self.line));
                }
                self.size.bytes = self.begins + text.len() as u64;
                self.begins = self.size.bytes;
                self.line += 1;
                if !self.input.fill_buf()?.is_empty() {
                    return Err(self.damaged("there is something behind the end"));
                }
                Ok(Item::End(self.size))
            }
        }
    }

    /// The next piece of a blob; none behind its last.
    fn piece(&mut self) -> Result<Option<Bytes>, ArchiveError> {
        let Some(left) = self.left else { return Ok(None) };
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).clamp(1, PIECE);
        // Behind the last byte stands a line feed.
        let mut piece = vec![0; wanted];
        let mut filled = 0;
        while filled < wanted {
            match self.input.read(piece.get_mut(filled..).unwrap_or_default())? {
                0 => {
                    return Err(ArchiveError::CutOff { line: self.line, bytes: self.begins + filled as u64 });
                }
                count => filled += count,
            }
        }
        self.hasher.update(&piece);
        self.begins += wanted as u64;
        if left == 0 {
            self.left = None;
            if piece != b"\n" {
                return Err(self.damaged("a blob does not end where it should"));
            }
            self.line += 1;
            return Ok(None);
        }
        self.left = Some(left - wanted as u64);
        Ok(Some(piece.into()))
    }

    fn consumed(&mut self, text: &[u8]) {
        self.hasher.update(text);
        self.line += 1;
        self.begins += text.len() as u64;
    }

    fn damaged(&self, what: &str) -> ArchiveError {
        ArchiveError::Damaged { line: self.line, byte: self.begins, what: shown(what) }
    }
}

/// Text from a file, as it may stand in a message: short, and without what a terminal would obey.
fn shown(text: &str) -> String {
    text.chars().take(1_000).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
