use fourfold_domain::Dialect;
use fourfold_providers::{ProviderFactory, ProviderSettings};
use serde_json::{Value, json};

const ALL: [Dialect; 4] =
    [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::OpenAiEmbeddings, Dialect::AnthropicMessages];

fn spoken(kind: &str, settings: Value) -> Vec<Dialect> {
    let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
    let provider = ProviderFactory::with_builtin().create(kind, settings).unwrap();
    let wire = provider.wire().unwrap();
    ALL.into_iter().filter(|dialect| wire.speaks(*dialect)).collect()
}

#[test]
fn each_vendor_speaks_its_own_dialects() {
    let key = json!({"api_key": "k"});
    assert_eq!(spoken("openai", key.clone()), ALL[..3]);
    assert_eq!(spoken("deepseek", key.clone()), [Dialect::OpenAiChat]);
    assert_eq!(spoken("anthropic", key), [Dialect::AnthropicMessages]);
    let newer = json!({"api_key": "k", "models": {"gpt-6": {"modality": "chat"}}});
    assert_eq!(spoken("openai", newer), ALL[..3], "a newer model of OpenAI's");
    let compatible =
        json!({"api_key": "k", "base_url": "https://vendor.test/v1", "models": {"m": {"modality": "chat"}}});
    assert_eq!(spoken("openai", compatible), [Dialect::OpenAiChat, Dialect::OpenAiEmbeddings]);
}
