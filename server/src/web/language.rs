//! Which language a page is in: asked for in the address, else remembered, else what the browser
//! prefers, else English. Pure.

use actix_web::http::header::HeaderMap;

use super::words::{EN, KK, RU, Words};

/// Name of the cookie that remembers a choice.
const COOKIE: &str = "hattama-lang";

/// Seconds for which a chosen language is remembered.
const REMEMBERED_S: u32 = 365 * 24 * 60 * 60;

/// The cookie that remembers a choice.
pub(super) fn cookie(code: &str) -> String {
    let code = Language::from_code(code).unwrap_or(Language::English).code();
    format!("{COOKIE}={code}; Path=/; Max-Age={REMEMBERED_S}; SameSite=Lax")
}

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Kazakh.
    Kazakh,
    /// Russian.
    Russian,
    /// English.
    English,
}

impl Language {
    /// All, in the order in which pages offer them.
    pub(super) const ALL: [Self; 3] = [Self::Kazakh, Self::Russian, Self::English];

    /// BCP 47, as names of the set-up use it.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Kazakh => "kk",
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// Its name in itself.
    pub(super) const fn own_name(self) -> &'static str {
        match self {
            Self::Kazakh => "Қазақша",
            Self::Russian => "Русский",
            Self::English => "English",
        }
    }

    /// The interface's words in it.
    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::Kazakh => &KK,
            Self::Russian => &RU,
            Self::English => &EN,
        }
    }

    /// The language with this code; `ru-KZ` is Russian.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The most preferred of ours in an `Accept-Language` header.
    pub(super) fn preferred(accept: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in accept.split(',') {
            let (code, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok());
            if let (Some(language), Some(weight)) = (Self::from_code(code), weight)
                && weight > best.map_or(0.0, |(weight, _)| weight)
            {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// The language for a request.
    pub(super) fn of_request(query: &str, headers: &HeaderMap) -> Self {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self::asked(query)
            .or_else(|| {
                let cookies = header(actix_web::http::header::COOKIE)?;
                cookies.split(';').find_map(|pair| {
                    Self::from_code(pair.trim().strip_prefix(COOKIE)?.strip_prefix('=')?)
                })
            })
            .or_else(|| Self::preferred(header(actix_web::http::header::ACCEPT_LANGUAGE)?))
            .unwrap_or(Self::English)
    }

    /// The language that a query string asks for with `lang=`.
    pub(super) fn asked(query: &str) -> Option<Self> {
        query.split('&').find_map(|pair| Self::from_code(pair.strip_prefix("lang=")?))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_LANGUAGE, COOKIE as COOKIES, HeaderMap, HeaderValue};

    use super::Language::{self, English, Kazakh, Russian};

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let mut headers = HeaderMap::new();
        assert_eq!(Language::of_request("", &headers), English);
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("de, ru-KZ;q=0.8, en;q=0.7"));
        assert_eq!(Language::of_request("", &headers), Russian);
        headers.insert(COOKIES, HeaderValue::from_static("hattama=x; hattama-lang=kk"));
        assert_eq!(Language::of_request("state=received", &headers), Kazakh);
        assert_eq!(Language::of_request("state=received&lang=en", &headers), English);
    }

    #[test]
    fn a_browser_gets_what_it_prefers_most_of_what_there_is() {
        assert_eq!(Language::preferred("en;q=0.3, kk;q=0.9, ru;q=0.5"), Some(Kazakh));
        assert_eq!(Language::preferred("de-DE, fr"), None);
        assert_eq!(Language::preferred("en;q=nonsense, ru;q=0.1"), Some(Russian));
        assert_eq!(Language::preferred("kk;q=0"), None);
    }
}
