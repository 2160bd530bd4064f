//! Files that pages refer to. Their addresses carry a hash, so browsers keep them for a year.

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web::Path};
use hattama_proto::id::PartHash;

use super::answer;

/// Seconds in a year.
const YEAR_S: u32 = 365 * 24 * 60 * 60;

/// A file of this program.
struct Asset {
    media_type: &'static str,
    bytes: &'static [u8],
}

const STYLE: Asset = Asset {
    media_type: "text/css; charset=utf-8",
    bytes: include_bytes!("../../templates/assets/hattama.css"),
};
const ICON: Asset =
    Asset { media_type: "image/svg+xml", bytes: include_bytes!("../../templates/assets/icon.svg") };

/// Name of the style sheet, with its hash.
static STYLE_NAME: LazyLock<String> = LazyLock::new(|| named(&STYLE, "css"));
/// Name of the icon, with its hash.
static ICON_NAME: LazyLock<String> = LazyLock::new(|| named(&ICON, "svg"));

fn named(asset: &Asset, ending: &str) -> String {
    let hash = PartHash::of(asset.bytes).to_hex();
    format!("hattama.{}.{ending}", &hash[..16])
}

/// Address of the style sheet.
pub(super) fn style() -> String {
    format!("/assets/{}", *STYLE_NAME)
}

/// Address of the icon.
pub(super) fn icon() -> String {
    format!("/assets/{}", *ICON_NAME)
}

/// `GET /assets/{name}`: the style sheet or the icon. Needs no operator: the page that asks for a
/// token uses them too.
pub(super) async fn show(name: Path<String>) -> HttpResponse {
    let asset = match name.as_str() {
        name if name == *STYLE_NAME => STYLE,
        name if name == *ICON_NAME => ICON,
        _ => return HttpResponse::NotFound().finish(),
    };
    answer::hardened(HttpResponse::Ok())
        .insert_header((header::CONTENT_TYPE, asset.media_type))
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={YEAR_S}, immutable")))
        .body(asset.bytes)
}
