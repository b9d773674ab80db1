//! Charts as SVG, made here; each stands beside the table that says the same.

use std::fmt::Write as _;

use super::{markup::Html, messages::Messages};

/// How many shares have a colour of their own.
const COLOURS: usize = 5;

/// One share of a donut, and one row of its table.
#[derive(Debug, Clone)]
pub(super) struct Share {
    /// Names it for updates in place.
    pub(super) key: String,
    pub(super) title: String,
    pub(super) devices: u64,
    /// Where its devices are listed; empty where no list is of them alone.
    pub(super) href: String,
    /// The number of its colour.
    pub(super) colour: usize,
    /// The arc: dashes and where they begin, of a circle whose length is 100.
    pub(super) arc: (String, String),
}

/// The largest shares with a colour each, and the others as one.
pub(super) fn shares(t: &Messages, kind: &str, found: Vec<(String, String, u64, String)>) -> Vec<Share> {
    let mut found = found;
    found.retain(|(_, _, devices, _)| *devices > 0);
    found.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.1.cmp(&b.1)));
    let rest: u64 = found.iter().skip(COLOURS).map(|(_, _, devices, _)| devices).sum();
    let total: u64 = found.iter().map(|(_, _, devices, _)| devices).sum();
    found.truncate(COLOURS);
    if rest > 0 {
        found.push((String::from("\u{0}"), t.others.to_owned(), rest, String::new()));
    }
    let mut before = 0_u64;
    let mut shares = Vec::new();
    for (at, (key, title, devices, href)) in found.into_iter().enumerate() {
        // A gap between shares; a share alone is a whole circle.
        let gap = if devices == total { 0 } else { 60 };
        let length = (devices * 10_000 / total.max(1)).saturating_sub(gap).max(20);
        let start = before * 10_000 / total.max(1);
        before += devices;
        let arc = (
            format!("{} {}", hundredths(length), hundredths(10_000 - length)),
            format!("-{}", hundredths(start)),
        );
        let key = format!("{kind}:{}", key.replace('\u{0}', "others"));
        shares.push(Share { key, title, devices, href, colour: at + 1, arc });
    }
    shares
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

/// A ring of shares.
pub(super) fn donut(shares: &[Share]) -> Html {
    // A circle with this radius has a length of 100.
    const RING: &str = "cx=\"20\" cy=\"20\" r=\"15.9155\"";
    let total: u64 = shares.iter().map(|share| share.devices).sum();
    let mut out = format!(
        "<svg class=\"donut\" viewBox=\"0 0 40 40\" aria-hidden=\"true\"><circle class=\"rest\" {RING}/>"
    );
    for Share { key, colour, arc: (dash, offset), .. } in shares {
        let key = super::markup::escaped(key);
        let _ = write!(
            out,
            "<circle class=\"s{colour}\" {RING} data-arc=\"{key}\" stroke-dasharray=\"{dash}\" stroke-dashoffset=\"{offset}\"/>"
        );
    }
    let _ = write!(out, "<text x=\"20\" y=\"22.800\">{total}</text></svg>");
    Html(out)
}

/// A line over hours, with the number of hours before the present one, and an area below it.
pub(super) fn line(points: &[(u32, u64)], hours: u32) -> Html {
    const WIDTH: u32 = 640;
    const HEIGHT: u32 = 168;
    const LEFT: u32 = 40;
    const TOP: u32 = 12;
    const BOTTOM: u32 = 24;
    let most = points.iter().map(|(_, value)| *value).max().unwrap_or(0).max(4);
    let top = rounded_up(most);
    let base = HEIGHT - BOTTOM;
    let x = |back: u32| LEFT + (WIDTH - LEFT - 8) * (hours - back.min(hours)) / hours.max(1);
    let y = |value: u64| {
        let height = u64::from(base - TOP) * value / top.max(1);
        base - u32::try_from(height).unwrap_or(0)
    };
    let mut out = format!("<svg class=\"line-chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\">");
    for value in [0, top / 2, top] {
        let at = y(value);
        let _ = write!(
            out,
            "<path class=\"rule\" d=\"M{LEFT} {at}H{WIDTH}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>",
            LEFT - 8,
            at + 4
        );
    }
    for back in [24, 18, 12, 6, 0] {
        let anchor = if back == 0 { "end" } else { "middle" };
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            x(back),
            HEIGHT - 4,
            if back == 0 { "0 h".to_owned() } else { format!("−{back} h") }
        );
    }
    let path: Vec<String> =
        points.iter().map(|(back, value)| format!("{} {}", x(*back), y(*value))).collect();
    if let (Some((first, _)), Some((last, value))) = (points.first(), points.last()) {
        let joined = path.join("L");
        let _ = write!(
            out,
            "<path class=\"area\" d=\"M{} {base}L{joined}L{} {base}Z\"/><path class=\"path\" d=\"M{joined}\"/>",
            x(*first),
            x(*last)
        );
        let _ = write!(out, "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3.500\"/>", x(*last), y(*value));
    }
    out.push_str("</svg>");
    Html(out)
}

/// The next even number with one or two digits that count.
fn rounded_up(most: u64) -> u64 {
    let mut step = 1;
    while step * 10 < most {
        step *= 10;
    }
    [2, 4, 6, 8, 10].into_iter().map(|factor| factor * step).find(|value| *value >= most).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::messages::ENGLISH;

    fn of(counts: &[u64]) -> Vec<Share> {
        let row = |(at, count): (usize, &u64)| (at.to_string(), format!("t{at}"), *count, String::new());
        shares(ENGLISH, "model", counts.iter().enumerate().map(row).collect())
    }

    /// DASH-19: slices are in proportion, the largest first, and nobody is left out.
    #[test]
    fn dash_19_slices_equal_counts() {
        let found = of(&[1, 3, 0]);
        let read: Vec<(&str, u64, &str, &str)> = found
            .iter()
            .map(|share| (share.title.as_str(), share.devices, share.arc.0.as_str(), share.arc.1.as_str()))
            .collect();
        assert_eq!(read, [("t1", 3, "74.40 25.60", "-0.00"), ("t0", 1, "24.40 75.60", "-75.00")]);
        assert_eq!(of(&[7])[0].arc.0, "100.00 0.00");
        let many = of(&[9, 8, 7, 6, 5, 4, 3]);
        assert_eq!((many.len(), many[5].title.as_str(), many[5].devices), (6, "Others", 7));
        assert_eq!(of(&[]).len(), 0);
    }

    #[test]
    fn the_scale_is_round() {
        for (most, top) in [(4, 4), (5, 6), (10, 10), (11, 20), (99, 100), (101, 200), (1_204, 2_000)] {
            assert_eq!(rounded_up(most), top, "{most}");
        }
    }
}
