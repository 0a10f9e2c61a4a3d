//! The stylesheet, the script and the icon, under names that change with their content, so that
//! browsers keep them for good.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

struct Asset {
    /// `/assets/NAME`
    path: String,
    media_type: &'static str,
    content: &'static str,
}

/// What a statement looks like, in the console and alone.
pub const STATEMENT_STYLES: &str = include_str!("../assets/statement.css");

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    let styles =
        concat!(include_str!("../assets/console.css"), include_str!("../assets/statement.css"));
    asset("console", "css", "text/css; charset=utf-8", styles)
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("console", "js", "text/javascript; charset=utf-8", include_str!("../assets/console.js"))
});
static ICON: LazyLock<Asset> =
    LazyLock::new(|| asset("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

static STATUS: LazyLock<Asset> =
    LazyLock::new(|| asset("status", "css", "text/css; charset=utf-8", crate::status::STYLES));

fn asset(stem: &str, end: &str, media_type: &'static str, content: &'static str) -> Asset {
    Asset {
        path: format!("/assets/{stem}-{:016x}.{end}", fingerprint(content)),
        media_type,
        content,
    }
}

/// FNV-1a, 64 bits: tells two versions of a file apart, which is all a name has to do.
pub fn fingerprint(content: &str) -> u64 {
    content
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Where the stylesheet is.
pub fn stylesheet() -> &'static str {
    &STYLESHEET.path
}

/// Where the script is.
pub fn script() -> &'static str {
    &SCRIPT.path
}

/// Where the icon is.
pub fn icon() -> &'static str {
    &ICON.path
}

/// Where the stylesheet of status pages is.
pub fn status_styles() -> &'static str {
    &STATUS.path
}

/// Everything below `/assets`.
pub fn routes() -> Router {
    Router::new().route("/{name}", get(serve))
}

async fn serve(Path(name): Path<String>) -> Response {
    let known = [&*STYLESHEET, &*SCRIPT, &*ICON, &*STATUS];
    let wanted = known.into_iter().find(|a| a.path.strip_prefix("/assets/") == Some(&name));
    let Some(asset) = wanted else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.content).into_response()
}
