//! A vendor that follows a script; what isn't in it fails the test with what was asked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::{
    AttemptContext, ByteStream, Cancelled, Circuit, Effect, MediaMaker, MediaRequest, Modality, ModelSpec,
    Output, OutputSource, Outputs, Parameter, ParameterKind, Poll, Provider, ProviderError, ProviderKey,
    Quantity, Reason, Started, Unit, UpstreamTask,
};
use fourfold_service::testing::provider;
use futures_util::stream;
use mockall::mock;
use serde_json::Map;

mock! {
    pub(crate) Maker {}
    #[async_trait]
    impl MediaMaker for Maker {
        async fn start(&self, request: MediaRequest, context: AttemptContext) -> Result<Started, ProviderError>;
        async fn poll(&self, task: &UpstreamTask) -> Result<Poll, ProviderError>;
        async fn fetch(&self, output: &Output) -> Result<ByteStream, ProviderError>;
        async fn cancel(&self, task: &UpstreamTask) -> Result<Cancelled, ProviderError>;
    }
}

/// A provider of pictures.
struct Vendor {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    maker: Box<dyn MediaMaker>,
    circuit: Circuit,
}

/// A vendor of this name, whose work this maker does.
pub(crate) fn vendor(name: &str, maker: impl MediaMaker + 'static) -> Arc<dyn Provider> {
    vendor_with(name, maker, Circuit::Closed)
}

/// The same, whose breaker stands so.
pub(crate) fn vendor_with(
    name: &str,
    maker: impl MediaMaker + 'static,
    circuit: Circuit,
) -> Arc<dyn Provider> {
    let parameters = vec![
        Parameter::new("prompt", ParameterKind::Text { chars_max: 100_000 }, "what to draw").required(),
        Parameter::new("image", ParameterKind::MediaList { max: 3 }, "what to work from"),
        Parameter::new("n", ParameterKind::Integer { min: 1, max: 10 }, "how many"),
    ];
    let spec = ModelSpec { vendor_model: format!("{name}-1"), modality: Modality::Image, parameters };
    Arc::new(Vendor { key: provider(name), models: vec![spec], maker: Box::new(maker), circuit })
}

impl Provider for Vendor {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn media(&self) -> Option<&dyn MediaMaker> {
        Some(self.maker.as_ref())
    }

    fn circuit(&self) -> Circuit {
        self.circuit
    }
}

impl MockMaker {
    /// A vendor whose next answers to `start` are these, and no more.
    pub(super) fn starting<const N: usize>(answers: [Result<Started, ProviderError>; N]) -> Self {
        let mut maker = Self::new();
        for answer in answers {
            maker.expect_start().times(1).return_once(move |_request, _context| answer);
        }
        maker
    }

    pub(super) fn polling<const N: usize>(mut self, answers: [Result<Poll, ProviderError>; N]) -> Self {
        for answer in answers {
            self.expect_poll().times(1).return_once(move |_task| answer);
        }
        self
    }

    pub(super) fn cancelling<const N: usize>(
        mut self,
        answers: [Result<Cancelled, ProviderError>; N],
    ) -> Self {
        for answer in answers {
            self.expect_cancel().times(1).return_once(move |_task| answer);
        }
        self
    }

    /// Its pictures can be fetched so many times in all.
    pub(super) fn fetching(mut self, times: usize) -> Self {
        self.expect_fetch().times(times).returning(|output| Ok(fetched(output)));
        self
    }
}

/// The bytes behind a link.
pub(super) fn fetched(output: &Output) -> ByteStream {
    let OutputSource::Link(link) = &output.source else { panic!("{output:?} is no link") };
    let bytes = Bytes::from(format!("picture at {link}"));
    Box::pin(stream::iter([Ok(bytes)]))
}

/// So many pictures, here.
pub(super) fn here(count: u32) -> Outputs {
    let source = |number: u32| OutputSource::Bytes(Bytes::from(format!("picture {number}")));
    outputs(count, source)
}

/// So many pictures, to be fetched.
pub(super) fn at_links(count: u32) -> Outputs {
    outputs(count, |number| OutputSource::Link(format!("https://vendor.example/{number}.png")))
}

fn outputs(count: u32, source: impl Fn(u32) -> OutputSource) -> Outputs {
    let item = |number| Output { media_type: "image/png".to_owned(), source: source(number) };
    Outputs {
        items: (0..count).map(item).collect(),
        quantities: vec![Quantity::new(Unit::Image, u64::from(count))],
        missing: None,
        vendor: Map::from_iter([("request_id".to_owned(), "r-1".into())]),
    }
}

/// A task that is first polled after this many seconds.
pub(super) fn task(seconds: u64) -> Started {
    Started::Task(UpstreamTask {
        id: "task-1".to_owned(),
        vendor_model: "acme-1".to_owned(),
        poll_after: Duration::from_secs(seconds),
    })
}

pub(super) fn running(progress: Option<u8>, seconds: u64) -> Result<Poll, ProviderError> {
    Ok(Poll::Running { progress, poll_after: Duration::from_secs(seconds) })
}

pub(super) fn failure(reason: Reason, effect: Effect) -> ProviderError {
    ProviderError::new(reason, effect, "the vendor says no")
}
