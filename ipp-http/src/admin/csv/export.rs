//! Export users and devices (CSV-09), or those that are selected (CSV-08).

use axum::body::Body;
use ipp_core::{app::admin::csv::ExportFilter, id::UserId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    admin::endpoint::{Attachment, Call, Endpoint, NoBody, Nothing, parse},
    problem::Problem,
};

/// What is exported.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Which {
    /// Only users of this region (its id); may be given more than once.
    region: Vec<String>,
    /// Only this user (its id); may be given more than once.
    user: Vec<String>,
    /// Whether passwords are in the file; needs the right to reveal secrets, and is noted.
    with_passwords: bool,
}

pub(crate) struct Export;

impl Endpoint for Export {
    type Path = Nothing;
    type Query = Which;
    type Body = NoBody;
    type Answer = Attachment;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let Which { region, user, with_passwords } = &call.query;
        let regions: Result<Vec<_>, Problem> = region.iter().map(|text| parse(text, "region")).collect();
        let users: Result<_, Problem> = user.iter().map(|text| parse::<UserId>(text, "user")).collect();
        let filter = ExportFilter {
            regions: Some(regions?).filter(|regions| !regions.is_empty()),
            users: Some(users?).filter(|_| !user.is_empty()),
        };
        let export = call.admin()?.export_csv(&filter, *with_passwords).await?;
        Ok(Attachment {
            name: "users.csv".to_owned(),
            kind: "text/csv; charset=utf-8",
            revision: None,
            length: export.content.len() as u64,
            content: Body::from(export.content),
        })
    }
}
