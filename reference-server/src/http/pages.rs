//! The two pages for people: a resident's and an officer's. Plain files that use the same interface as everybody else.

use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// Scripts, styles, pictures and answers from this server only, except pictures that the page itself has made; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; \
                      worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A file of `reference-server/pages`, in the program.
macro_rules! page_file {
    ($name:literal) => {
        include_str!(concat!("../../pages/", $name))
    };
}

/// What the pages load from `/pages/`, by name.
const FILES: [(&str, &str, &str); 10] = [
    ("style.css", STYLE, page_file!("style.css")),
    ("blind.js", SCRIPT, page_file!("blind.js")),
    ("forms.js", SCRIPT, page_file!("forms.js")),
    ("officer.js", SCRIPT, page_file!("officer.js")),
    ("resident.js", SCRIPT, page_file!("resident.js")),
    ("service.js", SCRIPT, page_file!("service.js")),
    ("signed.js", SCRIPT, page_file!("signed.js")),
    ("time.js", SCRIPT, page_file!("time.js")),
    ("words.js", SCRIPT, page_file!("words.js")),
    // Draws QR codes; MIT licence (pages/vendor/LICENSE-lean-qr), version 2.7.4, as published.
    ("lean-qr.js", SCRIPT, page_file!("vendor/lean-qr.js")),
];
/// Of these, what only residents need.
#[cfg(test)]
const RESIDENTS: [&str; 3] = ["blind.js", "lean-qr.js", "resident.js"];

/// `GET /`
pub(super) async fn resident() -> Response {
    file_of(HTML, page_file!("resident.html"))
}

/// `GET /officer`
pub(super) async fn officer() -> Response {
    file_of(HTML, page_file!("officer.html"))
}

/// `GET /officer-worker.js`: at the root, since a worker may only look after pages below its own path.
pub(super) async fn officer_worker() -> Response {
    file_of(SCRIPT, page_file!("officer-worker.js"))
}

/// `GET /pages/{file}`
pub(super) async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let (_, media_type, text) = FILES.iter().find(|(known, ..)| *known == name).ok_or(Problem::NotFound)?;
    Ok(file_of(media_type, text))
}

fn file_of(media_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // Asked for again at every visit: page and scripts belong together, and to the server that answers.
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script that is imported or kept offline and not served would be found by an officer without a network.
    #[test]
    fn every_file_that_is_named_is_served() {
        let texts = FILES.iter().map(|(_, _, text)| *text);
        let named_in =
            texts.chain([page_file!("resident.html"), page_file!("officer.html"), page_file!("officer-worker.js")]);
        for text in named_in {
            for rest in text.split("\"/pages/").skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(FILES.iter().any(|(known, ..)| *known == name), "/pages/{name} is not served");
            }
        }
        let kept = page_file!("officer-worker.js");
        for (name, ..) in FILES.iter().filter(|(name, ..)| !RESIDENTS.contains(name)) {
            assert!(kept.contains(&format!("\"/pages/{name}\"")), "/pages/{name} is not kept for use offline");
        }
    }
}
