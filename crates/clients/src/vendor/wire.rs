//! How vendors' clients write down wire types, so that each field is said once.

/// A type of a vendor's JSON. What `must` be there is an argument of `new`; what `may` be there is an `Option` with a
/// builder method of its name; a type without `must` begins as its `Default`. Fields that the type doesn't know are
/// kept in `extra` and written again. Names that the vendor writes otherwise are turned by serde's attributes, on a field
/// or on the whole type (`rename_all`).
///
/// `Debug` shows no contents, which may be users' own texts.
macro_rules! wire_type {
    (
        $(#[doc = $doc:literal])* $(#[serde($($serde:tt)*)])?
        pub struct $name:ident {
            must {$(
                $(#[doc = $must_doc:literal])* $(#[serde($($must_serde:tt)*)])?
                $must:ident: $must_type:ty,
            )+}
            may {$(
                $(#[doc = $may_doc:literal])* $(#[serde($($may_serde:tt)*)])?
                $may:ident: $may_type:ty,
            )*}
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        $(#[serde($($serde)*)])?
        pub struct $name {
            $(
                $(#[doc = $must_doc])* $(#[serde($($must_serde)*)])?
                pub $must: $must_type,
            )+
            $(
                $(#[doc = $may_doc])*
                #[serde(skip_serializing_if = "Option::is_none" $(, $($may_serde)*)?)]
                pub $may: Option<$may_type>,
            )*
            /// Fields that this type doesn't know.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $name {
            /// With what must be there, and nothing else.
            pub fn new($($must: impl Into<$must_type>),+) -> Self {
                Self { $($must: $must.into(),)+ $($may: None,)* extra: serde_json::Map::new() }
            }
        }

        $crate::vendor::wire_type!(@methods $name {$($(#[doc = $may_doc])* $may: $may_type,)*});
    };
    (
        $(#[doc = $doc:literal])* $(#[serde($($serde:tt)*)])?
        pub struct $name:ident {
            may {$(
                $(#[doc = $may_doc:literal])* $(#[serde($($may_serde:tt)*)])?
                $may:ident: $may_type:ty,
            )*}
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        $(#[serde($($serde)*)])?
        pub struct $name {
            $(
                $(#[doc = $may_doc])*
                #[serde(skip_serializing_if = "Option::is_none" $(, $($may_serde)*)?)]
                pub $may: Option<$may_type>,
            )*
            /// Fields that this type doesn't know.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        $crate::vendor::wire_type!(@methods $name {$($(#[doc = $may_doc])* $may: $may_type,)*});
    };
    (@methods $name:ident {$($(#[doc = $doc:literal])* $may:ident: $may_type:ty,)*}) => {
        impl $name {
            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $may(mut self, $may: impl Into<$may_type>) -> Self {
                    self.$may = Some($may.into());
                    self
                }
            )*

            /// Sets a field that this type doesn't know. What it does know is set by the field's own method; by
            /// this one too, the vendor would get it twice.
            #[must_use]
            pub fn with(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }
        }

        $crate::vendor::silent_debug!($name);
    };
}

/// A `Debug` that shows no contents, which may be users' own texts.
macro_rules! silent_debug {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

/// Words of a vendor's, open to those that it will add: a word that isn't in the list is kept as `Other`.
macro_rules! open_enum {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident {$(
            $(#[doc = $word_doc:literal])*
            $variant:ident = $word:literal,
        )+}
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $word_doc])* $variant,)+
            /// A word that this version doesn't know.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok(Self::from(word.as_ref()))
            }
        }
    };
}

pub(crate) use {open_enum, silent_debug, wire_type};
