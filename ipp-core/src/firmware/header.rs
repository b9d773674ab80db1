//! Model and version of a firmware image, from its header or its file name.
//!
//! The header is little-endian: magic, hardware id, header length, checksum and number of sections as `u32`,
//! then text up to 112 bytes in all. How wide each text field is, and what the checksum covers, is not public:
//! the text is read as NUL-terminated strings with any padding between them (model, version, build date), and
//! the checksum is not verified. It would prove no origin anyway.

/// The first four bytes of an image with this header.
pub const MAGIC: u32 = 0xaaaa_aaaa;

/// Length of the header, in bytes; the only one known.
pub const HEADER_BYTES: usize = 112;

/// Most sections of a plausible image; five are usual.
pub const MAX_SECTIONS: u32 = 64;

/// Longest file name from which a version is read, in bytes.
pub const MAX_FILE_NAME_BYTES: usize = 128;

/// What the header of an image says; a claim, because images are not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareHeader {
    /// Hardware id (15 on the 420HD).
    pub hardware_id: u32,
    /// Model as written, such as `420HD`.
    pub model: String,
    /// Version as written, such as `2.2.16.704`.
    pub version: String,
    /// Build date as written, such as `2024-10-09_06:15:40`; empty when there is none.
    pub build_date: String,
}

/// Why an image that begins with the magic has no usable header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FirmwareHeaderError {
    /// The image ends inside its header.
    #[error("firmware image has {length} bytes, its header needs {HEADER_BYTES}")]
    Cut {
        /// Bytes of the image.
        length: usize,
    },
    /// The header gives itself another length.
    #[error("firmware header says it has {found} bytes, {HEADER_BYTES} are known")]
    HeaderLength {
        /// The length it gives.
        found: u32,
    },
    /// There are no sections, or more than [`MAX_SECTIONS`].
    #[error("firmware header says the image has {found} sections")]
    Sections {
        /// The number it gives.
        found: u32,
    },
    /// A text field is absent or not what its name says.
    #[error("firmware header has no usable {field}")]
    Field {
        /// `model`, `version` or `build date`.
        field: &'static str,
    },
}

impl FirmwareHeader {
    /// Reads the header of an image, or of its first [`HEADER_BYTES`] bytes. `None` when it does not begin with
    /// [`MAGIC`]: other phones have other formats.
    pub fn parse(image: &[u8]) -> Result<Option<Self>, FirmwareHeaderError> {
        if word(image, 0) != Some(MAGIC) {
            return Ok(None);
        }
        let cut = || FirmwareHeaderError::Cut { length: image.len() };
        let header = image.get(..HEADER_BYTES).ok_or_else(cut)?;
        let number = |index| word(header, index).ok_or_else(cut);
        let (hardware_id, length, sections) = (number(1)?, number(2)?, number(4)?);
        if usize::try_from(length) != Ok(HEADER_BYTES) {
            return Err(FirmwareHeaderError::HeaderLength { found: length });
        }
        if !(1..=MAX_SECTIONS).contains(&sections) {
            return Err(FirmwareHeaderError::Sections { found: sections });
        }
        let text = header.get(5 * WORD_BYTES..).ok_or_else(cut)?;
        let mut fields =
            text.split(|byte| *byte == 0).map(<[u8]>::trim_ascii).filter(|field| !field.is_empty());
        let mut field = |name, allowed: fn(&str) -> bool| {
            let text = fields.next().map_or(Ok(""), str::from_utf8).ok().filter(|text| allowed(text));
            text.map(str::to_owned).ok_or(FirmwareHeaderError::Field { field: name })
        };
        Ok(Some(Self {
            hardware_id,
            model: field("model", is_model)?,
            version: field("version", is_version)?,
            build_date: field("build date", |text| text.bytes().all(|b| b.is_ascii_graphic() || b == b' '))?,
        }))
    }
}

/// The version in the name of an image (AMB-78): the last part of dotted numbers between `_`, `-` or spaces, with
/// a `UC_` right before it and a `_build_<n>` right after it. `None` when the name has none, such as `420HD.img`.
pub fn version_from_file_name(name: &str) -> Option<String> {
    if name.len() > MAX_FILE_NAME_BYTES {
        return None;
    }
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if ["img", "zip"].iter().any(|e| extension.eq_ignore_ascii_case(e)) => stem,
        Some(_) | None => name,
    };
    let parts: Vec<&str> = stem.split(['_', '-', ' ']).collect();
    let at = parts.iter().rposition(|part| is_dotted(part))?;
    let (before, rest) = parts.split_at_checked(at)?;
    let prefix = if before.last().is_some_and(|part| part.eq_ignore_ascii_case("UC")) { "UC_" } else { "" };
    match rest {
        [version, "build", number, ..] if is_number(number) => {
            Some(format!("{prefix}{version}_build_{number}"))
        }
        [version, ..] => Some(format!("{prefix}{version}")),
        [] => None,
    }
}

const WORD_BYTES: usize = 4;

/// The little-endian word at an index counted in words.
fn word(bytes: &[u8], index: usize) -> Option<u32> {
    let (words, _) = bytes.as_chunks::<WORD_BYTES>();
    words.get(index).map(|word| u32::from_le_bytes(*word))
}

fn is_model(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Without `:`, so that the build date is not taken for an absent version.
fn is_version(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn is_dotted(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An image header with text fields at the given offsets after the five numbers.
    fn image(numbers: [u32; 5], fields: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.resize(HEADER_BYTES, 0);
        for (offset, field) in fields {
            for (byte, value) in bytes.iter_mut().skip(20 + offset).zip(*field) {
                *byte = *value;
            }
        }
        bytes
    }

    const NUMBERS: [u32; 5] = [MAGIC, 15, 112, 0x1234_5678, 5];
    const DATE: &[u8] = b"2024-10-09_06:15:40";

    fn refused(image: &[u8]) -> String {
        FirmwareHeader::parse(image).unwrap_err().to_string()
    }

    /// AMB-78: whatever the widths of the fields are.
    #[test]
    fn header_is_read() {
        let expected = FirmwareHeader {
            hardware_id: 15,
            model: "420HD".to_owned(),
            version: "2.2.16.704".to_owned(),
            build_date: "2024-10-09_06:15:40".to_owned(),
        };
        for (version, date) in [(6, 18), (16, 32), (32, 64), (32, 73)] {
            let mut bytes = image(NUMBERS, &[(0, b"420HD"), (version, b"2.2.16.704 "), (date, DATE)]);
            assert_eq!(FirmwareHeader::parse(&bytes), Ok(Some(expected.clone())), "{version} {date}");
            bytes.extend([0xbb; 500]);
            assert_eq!(FirmwareHeader::parse(&bytes), Ok(Some(expected.clone())), "{version} {date}");
        }
        let undated = image(NUMBERS, &[(0, b"420HD"), (16, b"2.2.16.704")]);
        let expected = FirmwareHeader { build_date: String::new(), ..expected };
        assert_eq!(FirmwareHeader::parse(&undated), Ok(Some(expected)));
    }

    #[test]
    fn other_formats_have_no_header() {
        for bytes in [&b""[..], b"\xaa\xaa\xaa", b"PK\x03\x04rest", b"\xaa\xaa\xaa\xab", &[0; 200]] {
            assert_eq!(FirmwareHeader::parse(bytes), Ok(None));
        }
    }

    #[test]
    fn headers_that_lie_are_refused() {
        let whole = image(NUMBERS, &[(0, b"420HD"), (16, b"2.2.16.704"), (32, DATE)]);
        for length in 4..HEADER_BYTES {
            assert_eq!(
                FirmwareHeader::parse(whole.get(..length).unwrap()),
                Err(FirmwareHeaderError::Cut { length })
            );
        }
        for (numbers, message) in [
            ([MAGIC, 15, 0, 0, 5], "firmware header says it has 0 bytes, 112 are known"),
            ([MAGIC, 15, u32::MAX, 0, 5], "firmware header says it has 4294967295 bytes, 112 are known"),
            ([MAGIC, 15, 112, 0, 0], "firmware header says the image has 0 sections"),
            ([MAGIC, 15, 112, 0, 65], "firmware header says the image has 65 sections"),
            (NUMBERS, "firmware header has no usable model"),
        ] {
            assert_eq!(refused(&image(numbers, &[])), message);
        }
        for (fields, field) in [
            (&[(0, &b"420\xffHD"[..])][..], "model"),
            (&[(0, b"<b>")], "model"),
            (&[(0, b"420HD")], "version"),
            (&[(0, b"420HD"), (16, DATE)], "version"),
            (&[(0, b"420HD"), (16, b"none")], "version"),
            (&[(0, b"420HD"), (16, b"2.2"), (32, b"a\x07")], "build date"),
        ] {
            assert_eq!(refused(&image(NUMBERS, fields)), format!("firmware header has no usable {field}"));
        }
        assert_eq!(refused(&[0xaa; 200]), "firmware header says it has 2863311530 bytes, 112 are known");
    }

    /// AMB-78.
    #[test]
    fn versions_in_file_names() {
        for (name, version) in [
            ("UC_2.0.13.121.img", Some("UC_2.0.13.121")),
            ("405_non_lync_2.2.8.61.img", Some("2.2.8.61")),
            ("440HD_2.2.16.501.img", Some("2.2.16.501")),
            ("UC440HD_3.2.1.616.img", Some("3.2.1.616")),
            ("430HD_uc_2.0.7.70.IMG", Some("UC_2.0.7.70")),
            ("420HD-2.0.0_build_15.img", Some("2.0.0_build_15")),
            ("420HD 2.2_build_x.img", Some("2.2")),
            ("C448HD_1.19.560.zip", Some("1.19.560")),
            ("UC_2.0.13.121", Some("UC_2.0.13.121")),
            ("1.0_2.0.img", Some("2.0")),
            ("420HD.img", None),
            ("405.img", None),
            ("2..1.img", None),
            ("UC_.img", None),
            (".img", None),
            ("", None),
        ] {
            assert_eq!(version_from_file_name(name).as_deref(), version, "{name}");
        }
        assert_eq!(version_from_file_name(&format!("{}_1.2.img", "x".repeat(122))), None);
    }

    proptest! {
        #[test]
        fn any_image_never_panics(mut bytes: Vec<u8>, magic: bool, text: [u8; 32]) {
            if magic {
                bytes.splice(..0, image(NUMBERS, &[(0, &text)]));
            }
            let _ = FirmwareHeader::parse(&bytes);
        }

        #[test]
        fn any_name_never_panics(name: String) {
            let _ = version_from_file_name(&name);
        }
    }
}
