//! A value for each purpose.

/// A table with a key for each purpose: `per_purpose! { docs struct Name: Type { groceries = default, .. } }`.
macro_rules! per_purpose {
    ($(#[$doc:meta])* $vis:vis struct $name:ident: $type:ty {
        $($(#[$field_doc:meta])* $field:ident / $purpose:ident = $default:expr,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $($field: $default,)* }
            }
        }

        impl $name {
            /// The value for `purpose`.
            pub fn of(&self, purpose: passes::Purpose) -> &$type {
                match purpose {
                    $(passes::Purpose::$purpose => &self.$field,)*
                }
            }
        }
    };
}
pub(super) use per_purpose;
