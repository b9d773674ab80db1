//! The fuzz target `archive`; without `cargo fuzz` a program that replays the files it is given.
#![cfg_attr(fuzzing, no_main)]

ipp_fuzz::binary!(archive);
