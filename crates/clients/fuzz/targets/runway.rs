//! Runway's answers.
#![no_main]

use fourfold_clients::runway::{Organization, Task, Usage};
use fourfold_clients_fuzz::read_each;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_each!(data; Organization, Task, Usage);
});
