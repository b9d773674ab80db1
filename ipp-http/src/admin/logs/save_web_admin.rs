//! The whole web-admin log as a text file (LOG-10, LOG-11).

use ipp_core::{
    log::line,
    store::{Order, Page},
};

use super::{PAGE, Saved, TEXT, next, reader};
use crate::{
    admin::{
        endpoint::{Call, Endpoint, NoBody, Nothing},
        stream::Streamed,
    },
    problem::Problem,
};

pub(crate) struct SaveWebAdmin;

impl Endpoint for SaveWebAdmin {
    type Path = Nothing;
    type Query = Saved;
    type Body = NoBody;
    type Answer = Streamed;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let (level, reader) = (call.query.level()?, reader(&call)?);
        let page = move |after| {
            let reader = reader.clone();
            Box::pin(async move {
                let page = Page { after, limit: PAGE };
                let records = reader.admin().web_admin_log(level, Order::Ascending, page).await?;
                let text = records.iter().map(|record| line::of_audit(&record.entry) + "\n").collect();
                Ok((text, next(&records, PAGE, |record| record.number)))
            }) as _
        };
        Streamed::new(line::WEB_ADMIN_FILE, TEXT, page).await
    }
}
