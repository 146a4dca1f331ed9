//! Pure HTTP to the vendors of generative models, over one client with every policy.

pub mod http;
