//! `/v1/user/…`: who the key belongs to, and what is left to spend.

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::wire_type;

wire_type! {
    /// Who a key belongs to.
    pub struct Account {
        must {
            /// The user's id.
            id: String,
        }
        may {
            /// The user's address.
            email: String,
            /// Where the user's picture is.
            profile_picture: String,
            /// Those whose credits the user may spend.
            organizations: Vec<Organization>,
        }
    }
}

wire_type! {
    /// Who pays.
    pub struct Organization {
        must {
            /// Its id, which goes into the header `Organization`.
            id: String,
        }
        may {
            /// Its name.
            name: String,
            /// What the user may do, such as `ADMIN`.
            role: String,
            /// Whether it pays where none is named.
            is_default: bool,
        }
    }
}

wire_type! {
    /// What is left to spend.
    pub struct Balance {
        must {
            /// In the vendor's credits; one is a US cent.
            credits: f64,
        }
        may {}
    }
}

pub(super) async fn account(http: &BaseHttpClient) -> Result<Account, ClientError> {
    http.get("v1/user/account").operation("account").send().await?.json()
}

pub(super) async fn balance(http: &BaseHttpClient) -> Result<Balance, ClientError> {
    http.get("v1/user/balance").operation("balance").send().await?.json()
}
