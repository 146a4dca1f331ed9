//! A streaming, transforming HTTP forward proxy to configured targets.
