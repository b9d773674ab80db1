//! What is done to users that were chosen (MUL-07 to MUL-12); what their devices do is in `actions`.

pub(crate) mod delete;
pub(crate) mod passwords;
pub(crate) mod region;

use http::StatusCode;
use ipp_core::app::admin::user_bulk::{UserItem, UserSelection};

use super::actions::{
    Offer, UserChoice, grouped,
    result::{self, Outcome},
};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields},
        form::{Form, is_of_the_form},
        frame::Frame,
        messages::{ENGLISH, Messages, fill},
    },
    problem::Problem,
    route::ConsoleOperation::{AskDeleteUsers, AskMoveUsers, AskResetPasswords},
};

/// Something that can be done to users.
pub(crate) trait UserAction: Send + Sync + 'static {
    /// Whether it takes something away.
    const DESTROYS: bool = false;

    /// What it is called, what it does, and the verb with `{}` for the users.
    fn words(t: &Messages) -> [&'static str; 3];

    /// What it asks for, with what was typed.
    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field>;

    /// Does it.
    fn run(
        visit: &Visit,
        chosen: &UserSelection,
        asked: &Fields,
    ) -> impl Future<Output = Result<Vec<UserItem>, Problem>> + Send;
}

/// What whoever asks may do to users.
pub(super) fn offers(visit: &Visit) -> Vec<Offer> {
    let t = &ENGLISH.people;
    [(AskMoveUsers, t.set_region), (AskResetPasswords, t.reset_passwords), (AskDeleteUsers, t.delete_users)]
        .into_iter()
        .filter(|(operation, _)| visit.may(*operation))
        .map(|(operation, title)| Offer {
            title,
            href: visit.surface.mount.below(operation.route().paths[0]),
            destroys: operation == AskDeleteUsers,
        })
        .collect()
}

/// The form, for users that an address names.
pub(crate) async fn show<A: UserAction>(visit: Visit) -> Reply {
    let asked = visit.asked()?;
    let (f, form) = form::<A>(&visit, chosen(&asked)?, &asked).await?;
    Ok(form.page(f))
}

/// The form for users that were ticked, or the deed once it is confirmed.
pub(crate) async fn submit<A: UserAction>(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let choice = chosen(&asked)?;
    if !asked.has("confirmed") {
        let (f, form) = form::<A>(&visit, choice, &asked).await?;
        return Ok(form.page(f));
    }
    match A::run(&visit, &choice.selection, &asked).await {
        Ok(items) => {
            let title = A::words(visit.frame("").t)[0];
            Ok(result::page(&visit, title, items.into_iter().map(Outcome::of_user).collect(), None))
        }
        Err(problem) if is_of_the_form(&problem) => {
            let (f, form) = form::<A>(&visit, choice, &asked).await?;
            form.refused(f, problem)
        }
        Err(problem) => Err(problem),
    }
}

fn chosen(asked: &Fields) -> Result<UserChoice, Problem> {
    let none = || {
        let text = "No user was chosen. Go back and tick at least one.";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    };
    UserChoice::read(asked)?.ok_or_else(none)
}

async fn form<A: UserAction>(
    visit: &Visit,
    choice: UserChoice,
    asked: &Fields,
) -> Result<(Frame, Form), Problem> {
    let users = visit.admin()?.count_users(&choice.selection).await?;
    let t = visit.frame("").t;
    let [title, about, verb] = A::words(t);
    let f = visit.frame(title).below(t.manage_users, visit.surface.mount.below("/ipp/users"));
    let named = match users {
        1 => t.people.one_user.to_owned(),
        several => fill(t.people.some_users, &[&grouped(several)]),
    };
    let mut form = Form::new(fill(verb, &[&named]), format!("{}/{}", f.base, choice.back));
    form.lead = if users == 0 { t.people.touches_none.to_owned() } else { fill(t.people.touches, &[&named]) };
    about.clone_into(&mut form.about);
    form.fields = A::fields(visit, t, asked);
    form.destroys = A::DESTROYS;
    form.nothing = users == 0;
    form.hidden = choice.hidden;
    form.hidden.push(("confirmed", "yes".to_owned()));
    Ok((f, form))
}
