//! The service's way out to the receivers of webhooks, over the client layer.

use async_trait::async_trait;
use fourfold_clients::http::{AddressPolicy, BaseHttpClient, ClientError, ErrorKind, Timeouts};
use fourfold_service::ports::{Reception, Unanswered, WebhookAnswer, WebhookMessage, WebhookSender};
use http::{HeaderName, StatusCode, header};

/// Calls name whole URLs; nothing is below this one, since the name never resolves.
const BASE_URL: &str = "https://webhooks.invalid";

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Sends webhooks over HTTP.
pub(crate) struct HttpWebhooks {
    client: BaseHttpClient,
    addresses: AddressPolicy,
}

impl HttpWebhooks {
    /// To such addresses.
    pub(crate) fn new(addresses: AddressPolicy) -> Result<Self, ClientError> {
        Ok(Self { client: BaseHttpClient::builder(BASE_URL).build()?, addresses })
    }
}

#[async_trait]
impl WebhookSender for HttpWebhooks {
    async fn send(&self, message: WebhookMessage) -> Result<WebhookAnswer, Unanswered> {
        // When to try again is for the schedule to say, and one receiver that is ill says nothing about the others.
        let call =
            self.client.post(message.url.as_str()).operation("send_webhook").without_breaker().no_retry();
        let call = call
            .header(header::CONTENT_TYPE, "application/json")
            .header(ID, message.id)
            .header(TIMESTAMP, message.timestamp.to_string())
            .header(SIGNATURE, message.signature)
            .body(message.body);
        let timeouts = Timeouts { total: message.timeout, ..Timeouts::NONE };
        // The status says all; what follows it isn't read.
        match call.addresses(self.addresses).timeouts(timeouts).stream().await {
            Ok(answer) => Ok(received(answer.status(), None)),
            Err(error) => match error.status() {
                Some(status) => Ok(received(status, Some(&error))),
                None => Err(unanswered(&error)),
            },
        }
    }
}

fn received(status: StatusCode, error: Option<&ClientError>) -> WebhookAnswer {
    let reception = match status {
        StatusCode::GONE => Reception::Gone,
        status if status.is_success() => Reception::Taken,
        _ => Reception::Refused { retry_after: error.and_then(ClientError::retry_after) },
    };
    WebhookAnswer { status: status.as_u16(), reception }
}

fn unanswered(error: &ClientError) -> Unanswered {
    let (reason, may_pass) = match error.kind() {
        ErrorKind::AddressRefused => ("the address is not one of the public internet", false),
        ErrorKind::InvalidRequest => ("the address can't be called", false),
        ErrorKind::Timeout(_) => ("the receiver took too long to answer", true),
        ErrorKind::Connect => ("no connection to the receiver could be made", true),
        _ => ("the receiver didn't answer as HTTP wants it", true),
    };
    Unanswered { reason, may_pass }
}
