//! Who may do what, and where (appendix F of the manual).
//!
//! The policy is one table: each [`Capability`] names the least [`Level`] that has it and how far it
//! reaches. A [`Caller`] is asked before anything is read or changed; a region that it may not see
//! looks exactly like one that does not exist.

mod caller;
mod capability;
mod role;

pub use self::{
    caller::{Caller, Denied},
    capability::{Capability, Reach},
    role::{Level, RegionalLevel, Regions, Role, Visible},
};
