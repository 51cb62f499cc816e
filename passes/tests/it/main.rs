//! Laws and formats of passes, checked from outside the crate.

mod cose_format;
mod scheme_laws;
