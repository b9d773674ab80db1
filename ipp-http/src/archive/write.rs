//! Writing an archive.

use std::{
    collections::BTreeSet,
    io::{BufWriter, Write},
};

use ipp_core::{blob::Blobs, digest::ContentHash, store::Dump};
use sha2::{Digest as _, Sha256};

use super::{ArchiveError, Head, Line, Size};

/// How much of a blob is read at once, in bytes.
const PIECE: u32 = 256 * 1024;

/// Writes an archive of a dump and of the blobs that its rows refer to. Where this fails, what was
/// written so far is no archive: it has no end.
pub async fn write(
    mut dump: Dump,
    blobs: &dyn Blobs,
    head: &Head,
    out: impl Write + Send,
) -> Result<Size, ArchiveError> {
    let mut out = Hashed { out: BufWriter::new(out), hasher: Sha256::new(), bytes: 0 };
    let mut size = Size::default();
    let mut needed = BTreeSet::new();
    out.line(head)?;
    loop {
        let rows = dump.next().await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            needed.extend(row.blob());
            out.line(&Line::Row(row))?;
            size.rows += 1;
        }
    }
    for hash in needed {
        blob(blobs, hash, &mut out).await?;
        size.blobs += 1;
    }
    let sha256 = ContentHash::from_bytes(out.hasher.clone().finalize().into());
    out.line(&Line::End { rows: size.rows, blobs: size.blobs, sha256 })?;
    out.out.flush()?;
    Ok(Size { bytes: out.bytes, ..size })
}

async fn blob(
    blobs: &dyn Blobs,
    hash: ContentHash,
    out: &mut Hashed<impl Write + Send>,
) -> Result<(), ArchiveError> {
    let length = blobs.length(hash).await?.ok_or(ArchiveError::MissingBlob(hash))?;
    out.line(&Line::Blob { hash, length })?;
    let mut at = 0;
    while at < length {
        let piece = blobs.read(hash, at, PIECE).await?.ok_or(ArchiveError::MissingBlob(hash))?;
        if piece.is_empty() {
            return Err(ArchiveError::MissingBlob(hash));
        }
        out.write(&piece)?;
        at += piece.len() as u64;
    }
    out.write(b"\n")
}

/// Hashes and counts what is written.
struct Hashed<W: Write> {
    out: BufWriter<W>,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    fn line(&mut self, line: &impl serde::Serialize) -> Result<(), ArchiveError> {
        let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        text.push(b'\n');
        self.write(&text)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self.out.write_all(bytes)?)
    }
}
