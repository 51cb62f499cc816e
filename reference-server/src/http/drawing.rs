//! `GET /v1/passes/{pass}/qr.svg` and `/qr.png`: the code of a pass, drawn.
//!
//! Drawing costs twenty times what making the code costs, so asking for a pass answers text and drawing is asked for apart. It is done
//! outside the threads that answer everybody else, and by no more threads than there are processors.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use passes::{PassId, ResidentId};

use super::App;
use super::extract::{Bearer, PassInPath};
use super::problem::Problem;
use super::qr::Drawn;

/// `GET /v1/passes/{pass}/qr.svg`
pub(super) async fn svg(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
    PassInPath(pass): PassInPath,
) -> Result<Response, Problem> {
    let code = app.code_of(resident, pass).await?;
    app.draw("image/svg+xml", move || Some(Drawn::new(&code)?.svg().into_bytes())).await
}

/// `GET /v1/passes/{pass}/qr.png`
pub(super) async fn png(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
    PassInPath(pass): PassInPath,
) -> Result<Response, Problem> {
    let code = app.code_of(resident, pass).await?;
    app.draw("image/png", move || Drawn::new(&code)?.png()).await
}

impl App {
    /// The code of a pass. Under `blind` the server knows none.
    async fn code_of(self: &Arc<Self>, resident: ResidentId, pass: PassId) -> Result<String, Problem> {
        let code = self.pass_of(resident, pass).await?.code;
        if code.is_empty() { Err(Problem::NotFound) } else { Ok(code) }
    }

    async fn draw(
        &self,
        media_type: &'static str,
        picture: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Response, Problem> {
        // Never closed; held until the picture is there.
        let _place = self.drawing.acquire().await.map_err(|_| Problem::Internal)?;
        let drawn = tokio::task::spawn_blocking(picture).await;
        let bytes = drawn.ok().flatten().ok_or(Problem::Internal)?;
        // Whoever has the picture has the pass: no cache between here and the phone may keep it, nor the phone's.
        let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "private, no-store")];
        Ok((headers, bytes).into_response())
    }
}
