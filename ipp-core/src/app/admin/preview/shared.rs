//! The parts that phones share: global files of templates, and what unknown phones get.

use super::{
    Against,
    groups::{Difference, SharedGroups},
    report::{SharedGroup, SharedKind, SharedPlace},
};
use crate::{
    access::Visible,
    app::{
        AppError,
        admin::{Admin, bulk::is_of_server, device_bulk::Selection},
        snapshot::Snapshot,
        turns::pause,
    },
    cfg::{MASK, TOKEN_MARK},
    id::RegionId,
    phone_model::ModelId,
    region::{Identity, Region},
    render::{
        Diff, ShownFile,
        option160::{self, Route},
    },
    store::Store,
    template::Template,
};

/// How many files are compared before others have a turn.
const AT_ONCE: usize = 25;

/// The line of a first contact that has a password.
const PASSWORD: &str = "ems_server/user_password";

impl<S: Store> Admin<'_, S> {
    /// What differs in the shared parts that may be seen, of the regions that are meant; and in how many
    /// further places something differs.
    pub(super) async fn shared_parts(
        &self,
        saved: &Snapshot,
        proposed: &Snapshot,
        over: &Selection,
        against: Against,
    ) -> Result<(Vec<SharedGroup>, u64), AppError> {
        let visible = self.caller.visible();
        let meant = |region: Option<RegionId>| is_meant(&visible, over, region);
        let mut groups = SharedGroups::default();
        let mut looked_at = 0;
        for template in proposed.catalog.templates() {
            if template.region.is_some_and(|region| !visible.contains(Some(region))) {
                continue;
            }
            for region in proposed.catalog.regions_of(template).filter(|region| meant(*region)) {
                rest(&mut looked_at).await;
                let difference = self.global_difference(saved, proposed, template, region, against).await;
                if let Some(difference) = of_part(difference)? {
                    let (model, template) = (Some(template.model.clone()), Some(template.id));
                    groups.add(SharedKind::Global, difference, SharedPlace { template, region, model });
                }
            }
        }
        for (region, model) in contacts(proposed, meant) {
            rest(&mut looked_at).await;
            let difference = self.contact_difference(saved, proposed, region, model, against).await;
            if let Some(difference) = of_part(difference)? {
                let region = region.map(|region| region.id);
                let template = model.and_then(|model| proposed.catalog.template_for(region, model));
                let place = SharedPlace {
                    template: template.map(|template| template.id),
                    region,
                    model: model.cloned(),
                };
                groups.add(SharedKind::FirstContact, difference, place);
            }
        }
        Ok(groups.largest())
    }

    /// How the global file of a template differs for phones of a region; `None` where it does not.
    async fn global_difference(
        &self,
        saved: &Snapshot,
        proposed: &Snapshot,
        template: &Template,
        region: Option<RegionId>,
        against: Against,
    ) -> Result<Option<Difference>, AppError> {
        let key = self.app.ports().vault.fingerprints();
        let of = |snapshot: &Snapshot| snapshot.live.cohort(template.id, region, &template.model, key);
        let Some(after) = of(proposed).transpose().map_err(in_template(template))? else { return Ok(None) };
        let (mut before_text, mut after_text) = (String::new(), String::new());
        after.render_global(&mut after_text).map_err(in_template(template))?;
        let before = match against {
            Against::Published => {
                let known = region.and_then(|id| saved.catalog.region(id));
                match saved.catalog.template(template.id) {
                    Some(saved) => self.app.published_global(saved, known, &template.model).await?,
                    None => None,
                }
                .map(|(cohort, _)| cohort)
            }
            // What could not be made before has nothing to be compared with.
            Against::Saved => of(saved).transpose().unwrap_or_default(),
        };
        let before = before.filter(|before| before.render_global(&mut before_text).is_ok());
        let empty = after_text.is_empty() && before_text.is_empty();
        if empty {
            return Ok(None);
        }
        Ok(match before {
            Some(_) => differing(&ShownFile::plain(before_text), &ShownFile::plain(after_text)),
            None => Some(Difference::FirstFile),
        })
    }

    /// How what an unknown phone of a model gets in a region differs; `None` where it does not.
    async fn contact_difference(
        &self,
        saved: &Snapshot,
        proposed: &Snapshot,
        region: Option<&Region>,
        model: Option<&ModelId>,
        against: Against,
    ) -> Result<Option<Difference>, AppError> {
        let former = region.and_then(|region| saved.catalog.region(region.id));
        let published = match against {
            Against::Published => true,
            Against::Saved => false,
        };
        let (before, before_password) = match self.contact(saved, former, model, published).await {
            Ok(before) => before,
            Err(error) if is_of_server(&error) => return Err(error),
            // What could not be made before has nothing to be compared with.
            Err(_) => (None, None),
        };
        let (after, after_password) = self.contact(proposed, region, model, false).await?;
        let Some(after) = after else { return Ok(None) };
        let Some(before) = before else { return Ok(Some(Difference::FirstFile)) };
        let before =
            ShownFile::plain(before).hiding(PASSWORD, before_password.as_deref().unwrap_or_default());
        let after = ShownFile::plain(after).hiding(PASSWORD, after_password.as_deref().unwrap_or_default());
        Ok(differing(&before, &after))
    }

    /// What an unknown phone gets, with a mask for a password that is not published, and that password.
    /// `None` while the server does not know its own address.
    async fn contact(
        &self,
        snapshot: &Snapshot,
        region: Option<&Region>,
        model: Option<&ModelId>,
        published: bool,
    ) -> Result<(Option<String>, Option<String>), AppError> {
        let token = match region.map(|region| region.identity) {
            Some(Identity::Open) => "",
            Some(Identity::UrlToken) | None => TOKEN_MARK,
        };
        let mark =
            region.map_or_else(|| token.to_owned(), |region| format!("{token}/r/{}", region.name.in_url()));
        let through_proxy = region.is_some_and(|region| region.through_proxy);
        let route = if through_proxy { Route::Proxy } else { Route::Direct };
        let settings = snapshot.catalog.settings();
        let password = self.app.announcer_password(snapshot)?;
        let shown = password.as_deref().map(|text| if text == "system" { text } else { MASK });
        let Ok(lines) = option160::lines(settings, route, &mark, shown) else { return Ok((None, password)) };
        if published {
            let text = self.app.first_contact_text(snapshot, region, model, &mark, &lines).await?.0;
            return Ok((Some(text), password));
        }
        let mut text = String::new();
        if let (Some(region), Some(model)) = (region, model)
            && let Some(template) = snapshot.catalog.template_for(Some(region.id), model)
        {
            let key = self.app.ports().vault.fingerprints();
            let cohort = snapshot.live.cohort(template.id, Some(region.id), model, key).transpose();
            let cohort = cohort.map_err(in_template(template))?;
            if let Some(cohort) = cohort {
                cohort.render_first_contact(&mark, &mut text).map_err(in_template(template))?;
            }
        }
        option160::complete(&mut text, &lines);
        Ok((Some(text), password))
    }
}

/// The regions and models of unknown phones that are meant, and a phone that names no region.
fn contacts(
    snapshot: &Snapshot,
    meant: impl Fn(Option<RegionId>) -> bool,
) -> Vec<(Option<&Region>, Option<&ModelId>)> {
    let mut places: Vec<_> = meant(None).then_some((None, None)).into_iter().collect();
    for region in snapshot.catalog.regions().filter(|region| meant(Some(region.id))) {
        places.extend(snapshot.catalog.models().map(|model| (Some(region), Some(&model.id))));
    }
    places
}

/// Lets others have a turn now and then.
async fn rest(looked_at: &mut usize) {
    *looked_at += 1;
    if looked_at.is_multiple_of(AT_ONCE) {
        pause().await;
    }
}

fn is_meant(visible: &Visible, over: &Selection, region: Option<RegionId>) -> bool {
    let asked = match over {
        Selection::Ids(_) => None,
        Selection::Filter(filter) => filter.regions.as_ref(),
    };
    let asked = asked.is_none_or(|asked| region.is_some_and(|region| asked.contains(&region)));
    asked && visible.contains(region)
}

fn differing(before: &ShownFile<'_>, after: &ShownFile<'_>) -> Option<Difference> {
    let diff = Diff::of(before, after);
    (!diff.is_empty()).then_some(Difference::Lines(diff))
}

/// What is told of a part: that it differs, or why it cannot be made. Faults of the server end the
/// preview.
fn of_part(
    difference: Result<Option<Difference>, AppError>,
) -> Result<Option<Result<Difference, AppError>>, AppError> {
    match difference {
        Ok(None) => Ok(None),
        Ok(Some(difference)) => Ok(Some(Ok(difference))),
        Err(error) if is_of_server(&error) => Err(error),
        Err(error) => Ok(Some(Err(error))),
    }
}

fn in_template(template: &Template) -> impl Fn(crate::render::RenderError) -> AppError {
    |error| AppError::of_template(template.name.as_str(), error)
}
