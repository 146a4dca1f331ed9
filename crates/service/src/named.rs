//! Enums that are written by name, in JSON and in the database.

/// Gives an enum `as_str` and `FromStr` over one table of names.
macro_rules! named {
    ($type:ident, $what:literal, $allowed:literal, $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
            /// The name in JSON and the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = fourfold_domain::InvalidName;

            fn from_str(text: &str) -> Result<Self, fourfold_domain::InvalidName> {
                match text {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(fourfold_domain::InvalidName::new($what, $allowed)),
                }
            }
        }
    };
}

pub(crate) use named;
