//! Files that pages refer to. Their addresses carry a hash, so browsers keep them for a year.

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web::Path};
use hattama_proto::id::PartHash;

use super::answer;

/// Seconds in a year.
const YEAR_S: u32 = 365 * 24 * 60 * 60;

/// A file of this program.
struct Asset {
    /// Its file name.
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../../templates/assets/", $name)),
        }
    };
}

/// Every file, by name. Scripts are modules that import nothing, because their addresses carry a
/// hash.
const ASSETS: &[Asset] = &[
    asset!("hattama.css", CSS),
    asset!("icon.svg", SVG),
    asset!("live.js", SCRIPT),
    asset!("passkey.js", SCRIPT),
    asset!("transcription.js", SCRIPT),
];

/// The address of each, in the order of [`ASSETS`].
static ADDRESSES: LazyLock<Vec<String>> = LazyLock::new(|| ASSETS.iter().map(address).collect());

fn address(asset: &Asset) -> String {
    let (stem, ending) = asset.name.rsplit_once('.').expect("a file name has an ending");
    let hash = PartHash::of(asset.bytes).to_hex();
    format!("/assets/{stem}.{}.{ending}", &hash[..16])
}

/// The address of the file with this name.
///
/// # Panics
/// If there is none: a template names a file that is not in the list above.
pub(super) fn address_of(name: &str) -> &'static str {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    &ADDRESSES[at.unwrap_or_else(|| panic!("{name} is not among the assets"))]
}

/// The style sheet, for pages that are kept elsewhere.
pub(super) fn style() -> &'static [u8] {
    ASSETS.iter().find(|asset| asset.name == "hattama.css").map_or(&[], |asset| asset.bytes)
}

/// `GET /assets/{name}`: a file of this program. Needs no operator: the page that asks who one is
/// uses them too.
pub(super) async fn show(name: Path<String>) -> HttpResponse {
    let found = ADDRESSES.iter().position(|address| address["/assets/".len()..] == **name);
    let Some(asset) = found.map(|at| &ASSETS[at]) else {
        return HttpResponse::NotFound().finish();
    };
    answer::hardened(HttpResponse::Ok())
        .insert_header((header::CONTENT_TYPE, asset.media_type))
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={YEAR_S}, immutable")))
        .body(asset.bytes)
}
