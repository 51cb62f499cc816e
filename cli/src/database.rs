//! The URL of a database, which may hold a password.

use crate::layers::Setting;

/// A URL as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatabaseUrl(pub(crate) String);

impl Setting for DatabaseUrl {
    fn read(text: &str) -> Result<Self, String> {
        Ok(DatabaseUrl(text.to_owned()))
    }

    /// Without the password: settings are shown to people and kept in notes.
    fn show(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return "***".to_owned() };
        let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        let before = match before.rsplit_once('@') {
            Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
            None => before.to_owned(),
        };
        let shown = |part: &&str| !part.to_ascii_lowercase().starts_with("password=");
        let query = query.map(|query| query.split('&').filter(shown).collect::<Vec<_>>().join("&"));
        format!("{scheme}://{before}{}", query.map_or_else(String::new, |query| format!("?{query}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let show = |url: &str| DatabaseUrl(url.into()).show();
        assert_eq!(show("postgres://clerk:s3cret@db:5432/passes"), "postgres://clerk@db:5432/passes");
        assert_eq!(show("postgres://clerk:s3:c@ret@db/passes"), "postgres://clerk@db/passes");
        assert_eq!(show("postgres:///passes?user=clerk&host=/run"), "postgres:///passes?user=clerk&host=/run");
        assert_eq!(show("postgres:///passes?password=s3cret&user=clerk"), "postgres:///passes?user=clerk");
        assert_eq!(show("host=db password=s3cret"), "***");
    }
}
