//! The headers and names of firmware images.

use ipp_core::firmware::header::{
    FirmwareHeader, HEADER_BYTES, MAGIC, MAX_FILE_NAME_BYTES, version_from_file_name,
};
use ipp_examples::fleet::ImageHeader;

use crate::is_printable;

/// Reads the header of an image, and a version from a file name.
///
/// Laws: only the first bytes count; the fields are printable; a header written from them reads the
/// same; where the phone reads a header too, it reads the same model and version; a version found in
/// a name is found again in a name made of it.
pub fn firmware_header(data: &[u8]) {
    image(data);
    if let Ok(name) = std::str::from_utf8(data) {
        file_name(name);
    }
}

fn image(data: &[u8]) {
    let read = FirmwareHeader::parse(data);
    assert_eq!(matches!(read, Ok(None)), !data.starts_with(&MAGIC.to_le_bytes()));
    if let Some(head) = data.get(..HEADER_BYTES) {
        assert_eq!(FirmwareHeader::parse(head), read, "more than the header counts");
    }
    let header = match read {
        Ok(Some(header)) => header,
        Ok(None) => return,
        Err(error) => return assert!(is_printable(&error.to_string())),
    };
    assert!(!header.model.is_empty() && !header.version.is_empty());
    for text in [&header.model, &header.version, &header.build_date] {
        assert!(is_printable(text) && text.is_ascii() && text.len() < HEADER_BYTES, "{text:?}");
    }
    assert_eq!(FirmwareHeader::parse(&written(&header)).as_ref(), Ok(&Some(header.clone())));
    if let Some(seen) = ImageHeader::parse(data) {
        let version = header.version.strip_prefix("UC_").unwrap_or(&header.version);
        assert_eq!((seen.model.as_str(), seen.version.as_str()), (header.model.as_str(), version));
    }
}

fn written(header: &FirmwareHeader) -> [u8; HEADER_BYTES] {
    let numbers = [MAGIC, header.hardware_id, 112, 0, 5].map(u32::to_le_bytes).concat();
    let texts = [header.model.as_str(), &header.version, &header.build_date].join("\0");
    let mut bytes = [0; HEADER_BYTES];
    bytes.iter_mut().zip(numbers.iter().chain(texts.as_bytes())).for_each(|(to, from)| *to = *from);
    bytes
}

fn file_name(name: &str) {
    let Some(version) = version_from_file_name(name) else { return };
    assert!(name.len() <= MAX_FILE_NAME_BYTES && version.len() <= name.len(), "{version:?}");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    assert!(version.bytes().all(plain), "{version:?}");
    assert_eq!(version_from_file_name(&version).as_ref(), Some(&version));
    let image = format!("{version}.img");
    if image.len() <= MAX_FILE_NAME_BYTES {
        assert_eq!(version_from_file_name(&image), Some(version));
    }
}
