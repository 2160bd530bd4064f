//! Whoever looks meanwhile: pages, the comparison, and how old what they say is.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use super::{
    Night, Phase,
    line::{Ask, Cut, Line},
    tally::{Event, Series},
};

/// From one page to the next of a reader.
const PAUSE: Duration = Duration::from_secs(1);

/// What is looked at, in turn.
const PAGES: [&str; 5] = ["/", "/v1/compare", "/incidents", "/v1/compare", "/regions/11"];

/// Reads in turn, at all processes in turn, until the night is over.
pub(super) async fn read(night: Arc<Night>, reader: usize) {
    let mut lines: Vec<Option<Line>> = night.addresses.iter().map(|_| None).collect();
    let mut turn = reader;
    while *night.phase.borrow() != Phase::Over {
        tokio::time::sleep(PAUSE).await;
        if night.shut.load(Ordering::Relaxed) {
            lines.iter_mut().for_each(|line| *line = None);
            continue;
        }
        let page = PAGES[turn % PAGES.len()];
        let at = turn / PAGES.len() % lines.len();
        turn += 1;
        if lines[at].is_none() {
            lines[at] = Line::open(night.addresses[at]).await.ok();
        }
        let looked = match &mut lines[at] {
            Some(line) => look(&night, line, page).await,
            None => None,
        };
        // In the moment of the shutdown nobody answers, as is known.
        if looked.is_none() && !night.shut.load(Ordering::Relaxed) {
            lines[at] = None;
            night.tally.count(Event::PageFailed);
        }
    }
}

async fn look(night: &Night, line: &mut Line, page: &str) -> Option<()> {
    let headers =
        format!("Authorization: Bearer {}\r\nAccept: text/html, application/json\r\n", night.token);
    let ask = Ask { method: "GET", path: page, headers, body: &[] };
    let begun = night.tally.now_ms();
    let heard = line.ask(&ask, Cut::No).await.ok()?;
    let took = night.tally.now_ms() - begun;
    if heard.status != 200 {
        return None;
    }
    let text = String::from_utf8(heard.body).ok()?;
    if page == "/v1/compare" {
        night.tally.took(Series::Compare, took);
        let size = digits_after(&text, "\"log_size\":")?;
        night.tally.took(Series::CompareBehind, night.tally.behind_size_ms(size));
        return Some(());
    }
    night.tally.took(Series::Page, took);
    if page == "/" {
        // The first large figure is how many records were received.
        let count = digits_after(&text, "<p class=\"big\">")?;
        let count = usize::try_from(count).ok()?;
        night.tally.took(Series::OverviewBehind, night.tally.behind_count_ms(count));
    }
    Some(())
}

/// The number after some words; people's numbers may have spaces in them.
fn digits_after(text: &str, words: &str) -> Option<u64> {
    let (_, rest) = text.split_once(words)?;
    let digits: String = rest
        .chars()
        .take_while(|letter| letter.is_ascii_digit() || letter.is_whitespace())
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_after_the_first_of_its_words_with_the_spaces_that_people_write() {
        let page = "<p>7</p><p class=\"big\">12\u{a0}345 </p><p class=\"big\">6</p>";
        assert_eq!(digits_after(page, "<p class=\"big\">"), Some(12_345));
        assert_eq!(digits_after(page, "nowhere"), None);
        assert_eq!(digits_after("{\"log_size\":42,", "\"log_size\":"), Some(42));
    }
}
