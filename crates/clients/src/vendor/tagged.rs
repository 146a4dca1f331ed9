//! Wire types that are one of several kinds.

/// Values of a vendor's that their field `type` tells apart, open to kinds that it will add: what is of a kind that
/// isn't in the list is kept whole as `Other`. What is of a kind in the list must have what that kind has.
///
/// `Debug` shows no contents, as with `wire_type!`.
macro_rules! tagged_enum {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident {$(
            $(#[doc = $kind_doc:literal])*
            $variant:ident($content:ty) = $kind:literal,
        )+}
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $kind_doc])* $variant($content),)+
            /// Of a kind that this version doesn't know, with all its fields.
            Other(serde_json::Map<String, serde_json::Value>),
        }

        impl $name {
            /// Its `type` on the wire.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $kind,)+
                    Self::Other(fields) => {
                        fields.get("type").and_then(serde_json::Value::as_str).unwrap_or_default()
                    }
                }
            }
        }

        $(
            impl From<$content> for $name {
                fn from(content: $content) -> Self {
                    Self::$variant(content)
                }
            }
        )+

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(content) => {
                        $crate::vendor::Tagged::new($kind, content).serialize(serializer)
                    })+
                    Self::Other(fields) => fields.serialize(serializer),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error;

                let mut fields = <serde_json::Map<String, serde_json::Value>>::deserialize(deserializer)?;
                let kind = fields.get("type").and_then(serde_json::Value::as_str);
                match kind {
                    $(Some($kind) => {
                        fields.remove("type");
                        let content = serde_json::Value::Object(fields);
                        serde_json::from_value(content).map(Self::$variant).map_err(D::Error::custom)
                    })+
                    _ => Ok(Self::Other(fields)),
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("type", &self.kind()).finish_non_exhaustive()
            }
        }
    };
}

/// A value with its `type` before its fields.
#[derive(serde::Serialize)]
pub(crate) struct Tagged<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    content: &'a T,
}

impl<'a, T> Tagged<'a, T> {
    pub(crate) fn new(kind: &'static str, content: &'a T) -> Self {
        Self { kind, content }
    }
}

pub(crate) use tagged_enum;
