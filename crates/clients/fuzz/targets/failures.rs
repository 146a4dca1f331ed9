//! Each vendor's reading of error answers.
#![no_main]

use fourfold_clients::aihubmix::AihubmixFailures;
use fourfold_clients::anthropic::AnthropicFailures;
use fourfold_clients::deepseek::DeepSeekFailures;
use fourfold_clients::gemini::GeminiFailures;
use fourfold_clients::http::{CommonFailures, FailedAnswer, FailureReader};
use fourfold_clients::openai::OpenAiFailures;
use fourfold_clients::runway::RunwayFailures;
use fourfold_clients::stability::StabilityFailures;
use http::{HeaderMap, StatusCode};
use libfuzzer_sys::fuzz_target;

// The first byte is which of the error statuses it has.
fuzz_target!(|data: &[u8]| {
    let Some((&status, body)) = data.split_first() else { return };
    let Ok(status) = StatusCode::from_u16(400 + u16::from(status) % 200) else { return };
    let headers = HeaderMap::new();
    let readers: [&dyn FailureReader; 8] = [
        &AihubmixFailures,
        &AnthropicFailures,
        &CommonFailures,
        &DeepSeekFailures,
        &GeminiFailures,
        &OpenAiFailures,
        &RunwayFailures,
        &StabilityFailures,
    ];
    for reader in readers {
        let failure = reader.read(&FailedAnswer { status, headers: &headers, body });
        // What a reader takes from a body is never an empty word.
        assert!(failure.code.is_none_or(|code| !code.is_empty()));
        assert!(failure.message.is_none_or(|message| !message.is_empty()));
        assert!(failure.request_id.is_none_or(|request_id| !request_id.is_empty()));
    }
});
