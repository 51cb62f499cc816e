//! The one program, `lockgate`.
fn main() {}
