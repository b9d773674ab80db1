//! Typed filters of device lists.

use ipp_core::{
    device::smart_filter::{SmartFilterError, parse},
    id::RegionId,
    store::DeviceFilter,
};

/// Reads a typed filter.
///
/// Laws: what is refused is named in the message and stands in the text; what is understood is
/// understood alike each time; no word widens a filter; and any text in quotes is looked for as it is.
pub fn smart_filter(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let regions = |name: &str| (!name.is_empty()).then(|| RegionId::from_bytes([1; 16]));
    let only = DeviceFilter::all().in_regions(vec![RegionId::from_bytes([2; 16])]);
    match parse(text, only.clone(), regions) {
        Ok(filter) => {
            assert_eq!(parse(text, only, regions), Ok(filter.clone()), "{text}");
            let widened = filter.regions.is_none_or(|found| found.contains(&RegionId::from_bytes([1; 16])));
            assert!(!widened, "{text}");
        }
        Err(error) => {
            let word = match &error {
                SmartFilterError::Key(word)
                | SmartFilterError::Region(word)
                | SmartFilterError::Quotes(word)
                | SmartFilterError::Value { word, .. } => word,
            };
            assert!(error.to_string().contains(word.as_str()), "{text}: {error}");
            assert!(text.contains(word.as_str()), "{text}: {error}");
        }
    }
    let quoted = format!("\"{}\"", text.replace('"', "\"\""));
    assert!(parse(&quoted, DeviceFilter::all(), regions).is_ok(), "{quoted}");
}
