//! What DeepSeek answers beside OpenAI's wire.
#![no_main]

use fourfold_clients::deepseek::{Balance, DeepSeekUsage, FimCompletion};
use fourfold_clients::openai::ChatCompletion;
use fourfold_clients_fuzz::{read, read_each};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read_each!(data; Balance, FimCompletion);
    if let Some(completion) = read::<ChatCompletion>(data) {
        if let Some(usage) = &completion.usage {
            _ = (usage.prompt_cache_hit_tokens(), usage.prompt_cache_miss_tokens());
        }
    }
});
