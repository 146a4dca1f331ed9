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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use fourfold_service::Spawner;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::runtime::Handle;
    use tokio::sync::mpsc;

    use super::*;

    /// A receiver on loopback that gives each who connects this answer, and tells what it was sent.
    async fn receiver(answer: String) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (told, sent) = mpsc::unbounded_channel();
        let serve = async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut asked = vec![0; 8192];
                let length = socket.read(&mut asked).await.unwrap_or(0);
                let _nobody_asks = told.send(String::from_utf8_lossy(&asked[..length]).into_owned());
                let _gone = socket.write_all(answer.as_bytes()).await;
                // The connection stays open, as if more were to come.
                std::mem::forget(socket);
            }
        };
        // The test's runtime ends it.
        Spawner::new(Handle::current()).start(serve);
        (address, sent)
    }

    fn message(address: SocketAddr) -> WebhookMessage {
        WebhookMessage {
            url: format!("http://{address}/hook?a=b").parse().unwrap(),
            id: "event-1".to_owned(),
            timestamp: 1_767_225_600,
            signature: "v1,one v1,two".to_owned(),
            body: r#"{"type":"job.succeeded"}"#.into(),
            timeout: Duration::from_secs(10),
        }
    }

    async fn send(answer: &str) -> Result<WebhookAnswer, Unanswered> {
        let (address, _sent) = receiver(answer.to_owned()).await;
        HttpWebhooks::new(AddressPolicy::Any).unwrap().send(message(address)).await
    }

    #[tokio::test]
    async fn a_message_has_its_headers_and_its_body() {
        let (address, mut sent) = receiver("HTTP/1.1 204 So\r\n\r\n".to_owned()).await;
        HttpWebhooks::new(AddressPolicy::Any).unwrap().send(message(address)).await.unwrap();
        let sent = sent.recv().await.unwrap();
        assert!(sent.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{sent}");
        for line in [
            "webhook-id: event-1",
            "webhook-timestamp: 1767225600",
            "webhook-signature: v1,one v1,two",
            "content-type: application/json",
            "user-agent: fourfold/",
        ] {
            assert!(sent.contains(&format!("\r\n{line}")), "{line}\n{sent}");
        }
        assert!(sent.ends_with("\r\n\r\n{\"type\":\"job.succeeded\"}"), "{sent}");
    }

    #[tokio::test]
    async fn a_status_says_what_became_of_a_message() {
        let refused =
            |seconds: Option<u64>| Reception::Refused { retry_after: seconds.map(Duration::from_secs) };
        for (answer, status, reception) in [
            ("200 OK\r\ncontent-length: 0\r\n\r\n", 200, Reception::Taken),
            // What follows the status isn't waited for.
            ("202 Accepted\r\ncontent-length: 1000000\r\n\r\nendless", 202, Reception::Taken),
            ("410 Gone\r\ncontent-length: 0\r\n\r\n", 410, Reception::Gone),
            (
                "301 Elsewhere\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
                301,
                refused(None),
            ),
            ("404 Not Found\r\ncontent-length: 0\r\n\r\n", 404, refused(None)),
            ("500 Ill\r\ncontent-length: 0\r\n\r\n", 500, refused(None)),
            ("429 Slow\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n", 429, refused(Some(120))),
        ] {
            let found = send(&format!("HTTP/1.1 {answer}")).await;
            assert_eq!(found, Ok(WebhookAnswer { status, reception }), "{answer}");
        }
    }

    #[tokio::test]
    async fn who_does_not_answer_is_told_from_who_may_not_be_asked() {
        let garbage = send("what?\r\n\r\n").await.unwrap_err();
        assert!(garbage.may_pass, "{garbage:?}");
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let nobody = HttpWebhooks::new(AddressPolicy::Any).unwrap().send(message(closed)).await.unwrap_err();
        assert!(nobody.may_pass && nobody.reason.contains("no connection"), "{nobody:?}");
        let (silent, _sent) = receiver(String::new()).await;
        let short = WebhookMessage { timeout: Duration::from_millis(50), ..message(silent) };
        let late = HttpWebhooks::new(AddressPolicy::Any).unwrap().send(short).await.unwrap_err();
        assert!(late.may_pass && late.reason.contains("too long"), "{late:?}");
        let (private, mut sent) = receiver("HTTP/1.1 204 So\r\n\r\n".to_owned()).await;
        let refused = HttpWebhooks::new(AddressPolicy::PublicOnly).unwrap().send(message(private)).await;
        let refused = refused.unwrap_err();
        assert!(!refused.may_pass && refused.reason.contains("public internet"), "{refused:?}");
        assert!(sent.try_recv().is_err());
    }
}
