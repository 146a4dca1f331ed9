//! Every vendor's client under every fault that leaves a paid call open: the work is never asked for twice. Counted at
//! the simulator, so by what the vendor would bill.

use std::time::Duration;

use fourfold_clients::aihubmix::{AihubmixApi, AihubmixClient};
use fourfold_clients::anthropic::{self, AnthropicApi, AnthropicClient, MessageRequest};
use fourfold_clients::deepseek::{DeepSeekApi, DeepSeekClient};
use fourfold_clients::gemini::{Content, GeminiApi, GeminiClient, GenerateContentRequest};
use fourfold_clients::http::{
    BaseHttpClient, ClientBuilder, ClientError, Effect, ErrorKind, HttpSettings, StreamTimeoutSettings,
    TimeoutSettings,
};
use fourfold_clients::openai::{ChatRequest, Message, OpenAiApi, OpenAiClient};
use fourfold_clients::runway::{ImageToVideoRequest, RunwayApi, RunwayClient};
use fourfold_clients::stability::{CoreRequest, ImageRequest, StabilityApi, StabilityClient};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

use crate::support::{soon, timeless};

/// The longest that a client waits.
const LIMIT: Duration = Duration::from_secs(30);

/// A fault that leaves open whether work was done.
struct Fault {
    text: &'static str,
    is_paid: bool,
    seen: Seen,
}

/// Who takes a fault for an error.
#[derive(PartialEq)]
enum Seen {
    ByAll,
    /// Everybody, once the time limit has passed.
    Late,
    /// Who reads JSON; bytes of a picture are as good as others.
    InJson,
    /// Who looks at the media type.
    BySome,
}

const fn fault(text: &'static str, is_paid: bool, seen: Seen) -> Fault {
    Fault { text, is_paid, seen }
}

const FAULTS: [Fault; 16] = [
    fault("lose", true, Seen::ByAll),
    fault("hang=before-body", false, Seen::Late),
    fault("hang=after-body", false, Seen::Late),
    fault("hang=after-body; accept", true, Seen::Late),
    fault("delay=1day", false, Seen::Late),
    fault("stall=0", true, Seen::Late),
    fault("stall=10", true, Seen::Late),
    fault("drip=1/1day", true, Seen::Late),
    fault("cut=0", true, Seen::ByAll),
    fault("cut=10", true, Seen::ByAll),
    fault("malformed", true, Seen::InJson),
    fault("content-type=text/html", true, Seen::BySome),
    fault("status=408; accept", true, Seen::ByAll),
    fault("status=500; accept", true, Seen::ByAll),
    fault("status=502; accept", true, Seen::ByAll),
    fault("status=504; accept", true, Seen::ByAll),
];

/// Each fault, for a new simulator and a new client of this vendor, whose limits are [`LIMIT`].
async fn check<C: AsyncFn(String) -> Result<(), ClientError>>(vendor: Vendor, is_json: bool, call: C) {
    for Fault { text, is_paid, seen } in FAULTS {
        let simulator = Simulator::start(SimulatorSettings::default());
        simulator.fault("POST /*", text).unwrap();
        let call = call(simulator.base_url(vendor));
        let outcome = match seen {
            Seen::Late => outlast(&simulator, is_paid, call).await,
            _ => soon(call).await,
        };
        let name = vendor.name();
        let sent = (simulator.received().len(), simulator.paid_tasks().len());
        assert_eq!(sent, (1, usize::from(is_paid)), "{name}: {text}: {outcome:?}");
        match outcome {
            Ok(()) => {
                let is_read = seen == Seen::BySome || (seen == Seen::InJson && !is_json);
                assert!(is_read, "{name}: {text} should have been seen");
            }
            Err(error) => {
                assert!(error.effect() >= Effect::MayHaveStarted, "{name}: {text}: {error:?}");
                let is_timeout = matches!(error.kind(), ErrorKind::Timeout(_));
                assert_eq!(is_timeout, seen == Seen::Late, "{name}: {text}: {error:?}");
            }
        }
    }
}

/// Lets the clock jump over the limits once the request is with the simulator, then run again: what the client might
/// send after that would arrive too.
async fn outlast<F>(simulator: &Simulator, is_paid: bool, call: F) -> Result<(), ClientError>
where
    F: Future<Output = Result<(), ClientError>>,
{
    let jump = async {
        soon(simulator.wait_for(|counts| counts.requests == 1 && counts.paid_tasks == u64::from(is_paid)))
            .await;
        // As much of an answer as there is comes first.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        tokio::time::pause();
        tokio::time::advance(2 * LIMIT).await;
        tokio::time::resume();
    };
    tokio::join!(call, jump).0
}

/// A second try would come at once.
fn limited(builder: ClientBuilder) -> BaseHttpClient {
    let timeouts = TimeoutSettings {
        connect: Duration::ZERO,
        first_byte: LIMIT,
        idle: LIMIT,
        total: LIMIT,
        stream: StreamTimeoutSettings { first_byte: LIMIT, idle: LIMIT },
    };
    let mut settings = HttpSettings { timeouts, ..timeless() };
    settings.retry.base = Duration::ZERO;
    builder.settings(settings).random(|| 0.0).build().unwrap()
}

fn chat(model: &str) -> ChatRequest {
    ChatRequest::new(model, [Message::user("Say hello.")])
}

#[tokio::test]
async fn a_chat_with_openai_is_paid_at_most_once() {
    check(Vendor::OpenAi, true, async |url| {
        let client = OpenAiClient::new(limited(OpenAiClient::builder(&url, "sk-test".to_owned().into())));
        client.chat_completion(&chat("gpt-5")).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_message_of_anthropic_is_paid_at_most_once() {
    check(Vendor::Anthropic, true, async |url| {
        let client =
            AnthropicClient::new(limited(AnthropicClient::builder(&url, "sk-test".to_owned().into())));
        let request =
            MessageRequest::new("claude-sonnet-5", 100_u32, [anthropic::Message::user("Say hello.")]);
        client.create_message(&request).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_chat_with_deepseek_is_paid_at_most_once() {
    check(Vendor::DeepSeek, true, async |url| {
        let client = DeepSeekClient::new(limited(DeepSeekClient::builder(&url, "sk-test".to_owned().into())));
        client.chat_completion(&chat("deepseek-flash")).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_content_of_gemini_is_paid_at_most_once() {
    check(Vendor::Gemini, true, async |url| {
        let client = GeminiClient::new(limited(GeminiClient::builder(&url, "sk-test".to_owned().into())));
        let request = GenerateContentRequest::new("gemini-3.8-flash", [Content::user("Say hello.")]);
        client.generate_content(&request).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_picture_of_stability_is_paid_at_most_once() {
    check(Vendor::Stability, false, async |url| {
        let client =
            StabilityClient::new(limited(StabilityClient::builder(&url, "sk-test".to_owned().into())));
        let generated = client.generate_image(&ImageRequest::Core(CoreRequest::new("a fox"))).await?;
        generated.media.body.into_data_stream().try_for_each(async |_| Ok(())).await
    })
    .await;
}

#[tokio::test]
async fn a_video_of_runway_is_paid_at_most_once() {
    check(Vendor::Runway, true, async |url| {
        let client = RunwayClient::new(limited(RunwayClient::builder(&url, "key_test".to_owned().into())));
        let picture = "https://files.example/sea.png";
        let request = ImageToVideoRequest::new("gen4_turbo", picture)
            .prompt_text("waves")
            .ratio("1280:720")
            .duration(5);
        client.create_generation(&request.into()).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_chat_with_aihubmix_is_paid_at_most_once() {
    check(Vendor::AiHubMix, true, async |url| {
        let client = AihubmixClient::new(limited(AihubmixClient::builder(&url, "sk-test".to_owned().into())));
        client.chat_completion(&chat("gpt-5")).await.map(drop)
    })
    .await;
}
