//! Which addresses a client may reach.
//!
//! The URL of a client's own vendor is configured and may be anywhere. A URL that a caller or a vendor's answer
//! supplies may not: it could name a service inside our own network. So it is held to public addresses where
//! the name is resolved, and so for every look-up, every redirect and every way to write an address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::error::{ClientError, Effect, ErrorKind};

/// Which addresses may be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AddressPolicy {
    /// Any address: for configured URLs.
    Any,
    /// Only addresses of the public internet: for URLs from outside.
    #[default]
    PublicOnly,
}

impl AddressPolicy {
    pub(crate) fn check(self, address: IpAddr) -> Result<(), AddressRefused> {
        if self == Self::Any || is_public(address) { Ok(()) } else { Err(AddressRefused::NotPublic) }
    }

    /// Whether a URL may be called as far as its text tells: not where its host is written as a forbidden address, in
    /// whatever notation. A name is looked at when it is resolved, and what is no URL when it is called.
    pub fn may_call(self, url: &str) -> bool {
        let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.is_none_or(|host| self.check_host(&host, None).is_ok())
    }

    /// Refuses a host that is written as a forbidden address. Connectors don't ask the resolver about those; all
    /// other hosts, odd notations of addresses among them, are checked when they are resolved.
    pub(crate) fn check_host(self, host: &str, proxy_host: Option<&str>) -> Result<(), ClientError> {
        if self == Self::Any {
            return Ok(());
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let checked = match bare.parse() {
            Ok(address) => self.check(address),
            Err(_) if proxy_host.is_some_and(|proxy| proxy.eq_ignore_ascii_case(host)) => {
                Err(AddressRefused::Proxy)
            }
            Err(_) => Ok(()),
        };
        checked.map_err(|refusal| {
            ClientError::new(ErrorKind::AddressRefused, Effect::NotStarted).with_source(refusal)
        })
    }
}

/// Why an address was refused. Names no address, because the asker might be probing for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AddressRefused {
    NotPublic,
    Proxy,
    Downgrade,
    Scheme,
}

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPublic => "only public addresses are allowed here",
            Self::Proxy => "the outbound proxy itself can't be called",
            Self::Downgrade => "a redirect from https to http is not followed",
            Self::Scheme => "only http and https are allowed",
        })
    }
}

impl std::error::Error for AddressRefused {}

/// Whether the address belongs to the public internet, by the IANA special-purpose registries.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)            // this network, private, loopback
            | (100, 64..=127, _)        // carriers' own
            | (169, 254, _)             // link-local, with the clouds' metadata services
            | (172, 16..=31, _)         // private
            | (192, 0, 0 | 2)           // protocol assignments, documentation
            | (192, 31, 196)            // AS112
            | (192, 52, 193)            // AMT
            | (192, 88, 99)             // 6to4 relays
            | (192, 168, _)             // private
            | (192, 175, 48)            // AS112
            | (198, 18 | 19, _)         // benchmarks
            | (198, 51, 100)            // documentation
            | (203, 0, 113)             // documentation
            | (224..=255, _, _) // multicast, reserved, broadcast
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(embedded) = embedded_v4(segments) {
        return is_public_v4(embedded);
    }
    // Only 2000::/3 is given out as global unicast; everything special inside it is taken out.
    matches!(segments[0], 0x2000..=0x3fff)
        && !matches!(
            (segments[0], segments[1]),
            (0x2001, 0x0000..=0x01ff)   // protocol assignments: Teredo, benchmarks, ORCHID
                | (0x2001, 0x0db8)      // documentation
                | (0x2620, 0x004f)      // AS112 (2620:4f:8000::/48)
                | (0x3fff, 0x0000..=0x0fff) // documentation
        )
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, translated (NAT64) or tunnelled (6to4).
fn embedded_v4(segments: [u16; 8]) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}
