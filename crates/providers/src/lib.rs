//! One provider a vendor: parameters, results and errors in Fourfold's words.
