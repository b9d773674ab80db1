//! Lists in pages: each page begins behind the last item of the one before, so that what is made or
//! deleted meanwhile moves nothing.

use http::StatusCode;

use crate::problem::Problem;

/// How many items a page has where nothing is said.
const USUAL: u32 = 50;
/// How many items a page has at most.
const MOST: u32 = 500;

/// The number of items of a page: 1 to 500, else 50.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(USUAL),
        Some(asked) if (1..=MOST).contains(&asked) => Ok(asked),
        Some(asked) => {
            let detail = format!("A page of {asked} items; 1 to {MOST} are allowed.");
            Err(Problem::new(StatusCode::BAD_REQUEST, detail).at("limit"))
        }
    }
}
