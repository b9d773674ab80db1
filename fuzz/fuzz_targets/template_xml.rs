//! The fuzz target `template_xml`; without `cargo fuzz` a program that replays the files it is given.
#![cfg_attr(fuzzing, no_main)]

ipp_fuzz::binary!(template_xml);
