//! The service's reader of callers' addresses, over the client layer.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fourfold_clients::http::{AddressPolicy, BaseHttpClient, ClientError, ErrorKind, StreamResponse};
use fourfold_domain::{
    ByteStream, Effect, MEDIA_TYPE_HEAD_BYTES, OpenMedia, ProviderError, Reason, media_type_of,
};
use fourfold_service::ports::MediaFetcher;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::header;

/// Calls name whole URLs; nothing is below this one, since the name never resolves.
const BASE_URL: &str = "https://media.invalid";

/// How many redirects an address may lead through; each is held to the address policy.
const REDIRECTS_MAX: u32 = 5;

/// How long a whole answer may take.
const TOTAL: Duration = Duration::from_secs(5 * 60);

/// Reads what addresses of callers lead to.
pub(crate) struct HttpMedia {
    client: BaseHttpClient,
    addresses: AddressPolicy,
    bytes_max: u64,
}

impl HttpMedia {
    /// Reads at most so many bytes, from such addresses.
    pub(crate) fn new(addresses: AddressPolicy, bytes_max: u64) -> Result<Self, ClientError> {
        let client = BaseHttpClient::builder(BASE_URL).build()?;
        Ok(Self { client, addresses, bytes_max })
    }

    fn too_large(bytes_max: u64) -> ProviderError {
        invalid(format!("an address of the request leads to more than {bytes_max} bytes"))
    }
}

#[async_trait]
impl MediaFetcher for HttpMedia {
    fn may_fetch(&self, url: &str) -> bool {
        self.addresses.may_call(url)
    }

    async fn fetch(&self, url: &str) -> Result<OpenMedia, ProviderError> {
        // One host that is ill says nothing about the others, and whether to try again is for the job to say.
        let call = self.client.get(url).operation("fetch_media").without_breaker().no_retry();
        let call = call.addresses(self.addresses).redirects(REDIRECTS_MAX).total_timeout(TOTAL);
        let answer = call.stream().await.map_err(failed)?;
        let (declared, length) = (text(&answer, header::CONTENT_TYPE), text(&answer, header::CONTENT_LENGTH));
        let length = length.and_then(|length| length.parse().ok());
        if length.is_some_and(|length: u64| length > self.bytes_max) {
            return Err(Self::too_large(self.bytes_max));
        }
        let mut body: ByteStream = Box::pin(answer.into_body().into_data_stream().map_err(broken_off));
        let head = head(&mut body).await?;
        if head.is_empty() {
            return Err(invalid("an address of the request leads to nothing"));
        }
        let media_type = media_type_of(&head, declared.as_deref());
        let (mut passed, bytes_max) = (0, self.bytes_max);
        let count = move |piece: Bytes| {
            passed += piece.len() as u64;
            if passed > bytes_max { Err(Self::too_large(bytes_max)) } else { Ok(piece) }
        };
        let mut count = count;
        let body = stream::iter([Ok(head)]).chain(body).map(move |piece| piece.and_then(&mut count));
        Ok(OpenMedia { media_type, length, body: Box::pin(body) })
    }
}

/// As much of the beginning as tells the media type.
async fn head(body: &mut ByteStream) -> Result<Bytes, ProviderError> {
    let mut head = BytesMut::new();
    while head.len() < MEDIA_TYPE_HEAD_BYTES
        && let Some(piece) = body.try_next().await?
    {
        head.extend_from_slice(&piece);
    }
    Ok(head.freeze())
}

fn text(answer: &StreamResponse, name: header::HeaderName) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// What a failure means to the job: a caller's mistake, or something that may pass. The address itself is not told:
/// it may hold a secret.
fn failed(error: ClientError) -> ProviderError {
    let (reason, message) = match error.kind() {
        ErrorKind::AddressRefused => {
            (Reason::InvalidRequest, "an address of the request is not one of the public internet".to_owned())
        }
        ErrorKind::Redirect | ErrorKind::InvalidRequest => {
            (Reason::InvalidRequest, "an address of the request can't be followed".to_owned())
        }
        ErrorKind::Status => {
            let status = error.status().map_or(0, |status| status.as_u16());
            let passes = status >= 500 || matches!(status, 408 | 425 | 429);
            let reason = if passes { Reason::Unavailable } else { Reason::InvalidRequest };
            (reason, format!("an address of the request answers with the status {status}"))
        }
        _ => (Reason::Unavailable, "an address of the request doesn't answer".to_owned()),
    };
    ProviderError {
        retry_after: error.retry_after(),
        source: Some(error.into()),
        ..ProviderError::new(reason, Effect::NotStarted, message)
    }
}

fn broken_off(error: ClientError) -> ProviderError {
    let message = "what an address of the request leads to broke off";
    ProviderError {
        source: Some(error.into()),
        ..ProviderError::new(Reason::Unavailable, Effect::NotStarted, message)
    }
}

fn invalid(message: impl Into<String>) -> ProviderError {
    ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, message)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use fourfold_service::Spawner;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::runtime::Handle;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

    /// A host on loopback that gives each who connects this answer, and counts nobody.
    async fn host(answer: Vec<u8>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut asked = [0; 4096];
                let _read = socket.read(&mut asked).await;
                let _written = socket.write_all(&answer).await;
            }
        };
        // The test's runtime ends it.
        Spawner::new(Handle::current()).start(serve);
        address
    }

    fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    async fn fetch(answer: Vec<u8>, bytes_max: u64) -> Result<OpenMedia, ProviderError> {
        let media = HttpMedia::new(AddressPolicy::Any, bytes_max).unwrap();
        media.fetch(&format!("http://{}/a", host(answer).await)).await
    }

    #[tokio::test]
    async fn what_an_address_leads_to_is_read_and_its_bytes_tell_its_type() {
        for (headers, body, expected) in [
            ("content-type: text/html\r\n", PNG, "image/png"),
            ("content-type: text/plain; charset=utf-8\r\n", b"hello".as_slice(), "text/plain"),
            ("content-type: text/html\r\n", b"<script>", "application/octet-stream"),
            ("", b"hello", "application/octet-stream"),
        ] {
            let media = fetch(answer("200 OK", headers, body), 100).await.unwrap();
            assert_eq!((media.media_type.as_str(), media.length), (expected, Some(body.len() as u64)));
            assert_eq!(media.read(100).await.unwrap(), body);
        }
    }

    #[tokio::test]
    async fn private_addresses_are_refused_in_every_notation_unless_they_are_allowed() {
        let port = host(answer("200 OK", "", PNG)).await.port();
        let careful = HttpMedia::new(AddressPolicy::PublicOnly, 100).unwrap();
        for host in [
            "127.0.0.1",
            "localhost",
            "[::1]",
            "0x7f.1",
            "2130706433",
            "[::ffff:127.0.0.1]",
            "10.0.0.1",
            "169.254.169.254",
        ] {
            for scheme in ["http", "https"] {
                let error = careful.fetch(&format!("{scheme}://{host}:{port}/a")).await.unwrap_err();
                assert_eq!(
                    (error.reason, error.effect),
                    (Reason::InvalidRequest, Effect::NotStarted),
                    "{host}"
                );
                assert!(!error.message.contains(host), "{}", error.message);
                let is_name = host == "localhost";
                assert_eq!(careful.may_fetch(&format!("{scheme}://{host}:{port}/a")), is_name, "{host}");
            }
        }
        let careless = HttpMedia::new(AddressPolicy::Any, 100).unwrap();
        assert!(careless.may_fetch(&format!("http://127.0.0.1:{port}/a")));
        assert!(careless.fetch(&format!("http://127.0.0.1:{port}/a")).await.is_ok());
    }

    #[tokio::test]
    async fn redirects_are_followed_to_their_end() {
        let end = host(answer("200 OK", "", PNG)).await;
        let location = format!("location: http://{end}/b\r\n");
        let media = fetch(answer("302 Found", &location, b""), 100).await.unwrap();
        assert_eq!(media.media_type, "image/png");
        let own = "location: /a\r\n";
        let endless = fetch(answer("302 Found", own, b""), 100).await.unwrap_err();
        assert_eq!(endless.reason, Reason::InvalidRequest);
    }

    #[tokio::test]
    async fn more_than_is_taken_is_refused_whether_it_was_told_or_not() {
        let told = fetch(answer("200 OK", "", &[b'x'; 101]), 100).await.unwrap_err();
        assert_eq!(told.reason, Reason::InvalidRequest);
        let untold = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".as_slice(), &[b'x'; 101]].concat();
        let media = match fetch(untold, 100).await {
            Ok(media) => media.read(1000).await,
            Err(error) => Err(error),
        };
        assert_eq!(media.unwrap_err().reason, Reason::InvalidRequest);
        assert!(fetch(answer("200 OK", "", &[b'x'; 100]), 100).await.is_ok());
    }

    #[tokio::test]
    async fn a_failure_is_the_callers_or_passes() {
        for (status, reason) in [
            ("404 Not Found", Reason::InvalidRequest),
            ("403 Forbidden", Reason::InvalidRequest),
            ("429 Too Many Requests", Reason::Unavailable),
            ("500 Internal Server Error", Reason::Unavailable),
        ] {
            let error = fetch(answer(status, "", b"no"), 100).await.unwrap_err();
            assert_eq!((error.reason, error.effect), (reason, Effect::NotStarted), "{status}");
        }
        assert_eq!(fetch(answer("200 OK", "", b""), 100).await.unwrap_err().reason, Reason::InvalidRequest);
        assert_eq!(fetch(b"what?\r\n\r\n".to_vec(), 100).await.unwrap_err().reason, Reason::Unavailable);
        let mut cut = answer("200 OK", "", &[b'x'; 90]);
        cut.truncate(cut.len() - 10);
        let media = fetch(cut, 100).await;
        let read = match media {
            Ok(media) => media.read(100).await,
            Err(error) => Err(error),
        };
        assert_eq!(read.unwrap_err().reason, Reason::Unavailable);
        let media = HttpMedia::new(AddressPolicy::Any, 100).unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let error = media.fetch(&format!("http://{closed}/a")).await.unwrap_err();
        assert_eq!(error.reason, Reason::Unavailable);
    }
}
