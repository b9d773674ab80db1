//! The fuzz target `csv`; without `cargo fuzz` a program that replays the files it is given.
#![cfg_attr(fuzzing, no_main)]

ipp_fuzz::binary!(csv);
