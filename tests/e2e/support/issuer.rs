//! An issuer of tokens: it signs them, and a small HTTP server on loopback tells its public keys.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::wait::run;

/// Before the key itself in the PKCS#8 of an RSA key of 2048 bits.
const PKCS8_HEADER_BYTES: usize = 26;

/// Listens until its test ends.
pub(crate) struct Issuer {
    address: SocketAddr,
    keys: Arc<Mutex<Vec<Value>>>,
}

/// A key that signs tokens.
pub(crate) struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Issuer {
    /// One that tells these keys.
    pub(crate) async fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self { address: listener.local_addr().unwrap(), keys: Arc::default() };
        issuer.publish(signers);
        let keys = issuer.keys.clone();
        run(async move {
            while let Ok((socket, _)) = listener.accept().await {
                run(serve(socket, keys.clone()));
            }
        });
        issuer
    }

    /// Tells these keys from now on, and no others.
    pub(crate) fn publish(&self, signers: &[&Signer]) {
        *self.keys.lock().unwrap() = signers.iter().map(|signer| signer.public()).collect();
    }

    pub(crate) fn name(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn keys_url(&self) -> String {
        format!("{}/keys", self.name())
    }

    /// Of a token for this user, for an hour.
    pub(crate) fn claims(&self, user: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        json!({"iss": self.name(), "aud": "fourfold", "sub": user, "iat": now, "exp": now + 3600})
    }
}

impl Signer {
    pub(crate) fn es256(id: &'static str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self { id, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(pair.serialized_der()) }
    }

    pub(crate) fn rs256(id: &'static str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let key = EncodingKey::from_rsa_der(&pair.serialized_der()[PKCS8_HEADER_BYTES..]);
        Self { id, algorithm: Algorithm::RS256, key }
    }

    /// By a secret, in which algorithm of its kind.
    pub(crate) fn by_secret(algorithm: Algorithm, secret: &str) -> Self {
        Self { id: "secret", algorithm, key: EncodingKey::from_secret(secret.as_bytes()) }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }

    /// As the issuer tells it, a JSON Web Key.
    pub(crate) fn public(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        key.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(key).unwrap()
    }
}

async fn serve(socket: TcpStream, keys: Arc<Mutex<Vec<Value>>>) {
    let mut socket = BufReader::new(socket);
    let mut line = String::new();
    while matches!(socket.read_line(&mut line).await, Ok(1..)) {
        if line.ends_with("\r\n\r\n") || line == "\r\n" {
            assert!(line.starts_with("GET /keys "), "{line}");
            let body = json!({"keys": *keys.lock().unwrap()}).to_string();
            let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
            let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
            if socket.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            line.clear();
        }
    }
}
