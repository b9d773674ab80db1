//! Pages of rows that are numbered in their order.

use ipp_core::store::Order;

/// The number behind which a page begins, as the column holds it.
pub(super) fn behind(order: Order, after: Option<u64>) -> i64 {
    let after = after.map(|after| i64::try_from(after).unwrap_or(i64::MAX));
    match order {
        Order::Ascending => after.unwrap_or(0),
        Order::Descending => after.unwrap_or(i64::MAX),
    }
}

/// The statement of an order.
pub(super) const fn choose(order: Order, ascending: &'static str, descending: &'static str) -> &'static str {
    match order {
        Order::Ascending => ascending,
        Order::Descending => descending,
    }
}

/// One page out of several that begin at the same place.
pub(super) fn merged<T>(mut rows: Vec<T>, number: fn(&T) -> u64, order: Order, limit: u32) -> Vec<T> {
    match order {
        Order::Ascending => rows.sort_unstable_by_key(number),
        Order::Descending => rows.sort_unstable_by_key(|row| std::cmp::Reverse(number(row))),
    }
    rows.truncate(limit as usize);
    rows
}
