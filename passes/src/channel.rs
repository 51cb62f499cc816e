//! How a resident reaches the service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a resident reaches the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Channel {
    /// A page in a browser.
    Web,
    /// The application on a phone.
    App,
    /// A call to an operator, who asks on the caller's behalf.
    Phone,
}

impl Channel {
    /// All channels, in the order of their numbers.
    pub const ALL: [Channel; 3] = [Channel::Web, Channel::App, Channel::Phone];

    /// The name in files and on the wire, such as `web`.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Web => "web",
            Channel::App => "app",
            Channel::Phone => "phone",
        }
    }
}
