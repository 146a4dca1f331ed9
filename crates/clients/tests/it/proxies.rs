//! The outbound proxy, which the scripted server plays.

use fourfold_clients::http::{
    AddressPolicy, BaseHttpClient, Body, Effect, ErrorKind, ProxyUrl, Resolver, Resolving,
};
use http::Request;

use crate::support::{Reply, Server, timeless};

struct AsksNothing;

impl Resolver for AsksNothing {
    fn resolve(&self, name: &str) -> Resolving {
        panic!("{name} is for the proxy to resolve")
    }
}

fn through(proxy: &Server, base_url: &str) -> BaseHttpClient {
    let mut settings = timeless();
    let url = format!("http://us%40er:pass@127.0.0.1:{}", proxy.port());
    settings.proxy = Some(ProxyUrl::try_from(url).unwrap());
    BaseHttpClient::builder(base_url).settings(settings).resolver(AsksNothing).build().unwrap()
}

const CREDENTIAL: &str = "Basic dXNAZXI6cGFzcw==";

#[tokio::test]
async fn plain_requests_are_forwarded_whole() {
    let proxy = Server::start([Reply::ok("1"), Reply::ok("2")]).await;
    let client = through(&proxy, "http://vendor.test/v1");
    assert_eq!(client.get("a?b=c").send().await.unwrap().text().unwrap(), "1");
    let request = Request::get("http://vendor.test/v1//a%2Fb").body(Body::empty()).unwrap();
    client.exchange(request).await.unwrap();
    let received = proxy.received();
    let targets: Vec<_> = received.iter().map(|received| received.target.as_str()).collect();
    assert_eq!(targets, ["http://vendor.test/v1/a?b=c", "http://vendor.test/v1//a%2Fb"]);
    for received in &received {
        assert_eq!(received.header("host"), Some("vendor.test"));
        assert_eq!(received.header("proxy-authorization"), Some(CREDENTIAL));
    }
}

#[tokio::test]
async fn secure_requests_are_tunnelled_and_a_tunnel_refused_started_nothing() {
    let proxy = Server::start([Reply::status(403, &[], ""), Reply::status(403, &[], "")]).await;
    let client = through(&proxy, "https://vendor.test");
    let called = client.post("/").paid().no_retry().send().await.unwrap_err();
    let request = Request::get("https://vendor.test/secret-path").body(Body::empty()).unwrap();
    let passed = client.exchange(request).await.unwrap_err();
    for error in [called, passed] {
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Connect, Effect::NotStarted));
    }
    for received in proxy.received() {
        assert_eq!((received.method.as_str(), received.target.as_str()), ("CONNECT", "vendor.test:443"));
        assert_eq!(received.header("proxy-authorization"), Some(CREDENTIAL));
    }
}

#[tokio::test]
async fn forbidden_addresses_and_the_proxy_itself_stay_forbidden() {
    let proxy = Server::start([Reply::ok("")]).await;
    let client = through(&proxy, "http://vendor.test");
    for url in ["http://10.0.0.1/".to_owned(), format!("{}/", proxy.url())] {
        let error = client.get(&url).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddressRefused, "{url}");
    }
    client.get("http://elsewhere.test/").addresses(AddressPolicy::PublicOnly).send().await.unwrap();
    let mut settings = timeless();
    settings.proxy = Some(ProxyUrl::try_from("http://proxy.test:3128".to_owned()).unwrap());
    let client = BaseHttpClient::builder("http://vendor.test").settings(settings).build().unwrap();
    let error = client.get("http://PROXY.test:9/").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressRefused);
}
