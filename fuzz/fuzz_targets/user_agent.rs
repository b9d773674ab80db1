//! The fuzz target `user_agent`; without `cargo fuzz` a program that replays the files it is given.
#![cfg_attr(fuzzing, no_main)]

ipp_fuzz::binary!(user_agent);
