//! The header at the start of a firmware image.

/// Bytes a phone reads before it decides whether it wants the rest.
pub const HEADER: usize = 112;

const MAGIC: [u8; 4] = 0xAAAA_AAAA_u32.to_le_bytes();
/// Five numbers precede the text fields.
const TEXT: usize = 20;

/// What a phone reads from an image before downloading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageHeader {
    /// Model the image is for.
    pub model: String,
    /// Version, without `UC_`.
    pub version: String,
}

impl ImageHeader {
    /// Reads a header; `None` when the bytes are no image.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        if !bytes.starts_with(&MAGIC) {
            return None;
        }
        // The widths of the text fields differ between builds, their order does not.
        let mut texts = bytes[TEXT..].split(|byte| *byte == 0).filter(|text| !text.is_empty()).map(printable);
        let model = texts.next()??;
        let version = texts.next()??;
        let version = version.strip_prefix("UC_").unwrap_or(&version).to_owned();
        Some(Self { model, version })
    }

    /// Header bytes of a made-up image, for servers under test.
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = 15;
        bytes[8] = 112;
        bytes[16] = 1;
        let fields = [(TEXT, &self.model), (TEXT + 32, &self.version)];
        for (at, text) in fields {
            let text = &text.as_bytes()[..text.len().min(31)];
            bytes[at..at + text.len()].copy_from_slice(text);
        }
        bytes
    }
}

fn printable(bytes: &[u8]) -> Option<String> {
    bytes.iter().all(u8::is_ascii_graphic).then(|| String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let header = ImageHeader { model: "420HD".into(), version: "2.2.16.704".into() };
        assert_eq!(ImageHeader::parse(&header.to_bytes()), Some(header));
    }

    #[test]
    fn foreign_bytes_are_no_image() {
        assert_eq!(ImageHeader::parse(&[0; HEADER]), None);
        assert_eq!(ImageHeader::parse(b"short"), None);
        let mut bytes = [0xAA; HEADER];
        bytes[TEXT..].fill(0);
        assert_eq!(ImageHeader::parse(&bytes), None);
    }
}
