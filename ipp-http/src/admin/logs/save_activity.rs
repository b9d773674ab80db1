//! The whole activity log as a text file (LOG-15, AMB-83).

use ipp_core::{
    log::line,
    store::{ActivityFilter, Order, Page},
};

use super::{PAGE, Saved, TEXT, next, reader, region};
use crate::{
    admin::{
        endpoint::{Call, Endpoint, NoBody, Nothing},
        stream::Streamed,
    },
    problem::Problem,
};

pub(crate) struct SaveActivity;

impl Endpoint for SaveActivity {
    type Path = Nothing;
    type Query = Saved;
    type Body = NoBody;
    type Answer = Streamed;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let (filter, reader) = (ActivityFilter::of(call.query.level()?), reader(&call)?);
        let page = move |after| {
            let reader = reader.clone();
            Box::pin(async move {
                let page = Page { after, limit: PAGE };
                let records = reader.admin().activity_log(filter, Order::Ascending, page).await?;
                let line = |entry| line::of_activity(entry, region(reader.app(), entry.region).as_deref());
                let text = records.iter().map(|record| line(&record.entry) + "\n").collect();
                Ok((text, next(&records, PAGE, |record| record.number)))
            }) as _
        };
        Streamed::new(line::ACTIVITY_FILE, TEXT, page).await
    }
}
