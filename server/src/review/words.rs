//! What a search finds a text by: the stems of its words, in Kazakh, Russian and English. Pure.
//!
//! ```text
//! words ──fold──> letters that keyboards agree on ──stem──> one or two tokens per word
//! ```
//!
//! Engines search texts differently or not at all, so the index is our own and means the same
//! everywhere. A text and a question go the same way; a word of the question is found where one of
//! its tokens stands.
//!
//! **Folding**: small letters; `ё` is `е`; the nine Kazakh letters that a Russian keyboard lacks are
//! those that people type instead (`қағаз` is found as `кагаз`).
//!
//! **Stems**: a word in Latin letters has its English stem. A word in Cyrillic ones has two, because
//! nothing says which of two languages it is of: the Russian one (Snowball) and the Kazakh one,
//! marked with `~`. Kazakh hangs suffix upon suffix; [`kazakh_stem`] takes away case, possession,
//! number and the commonest endings of verbs, as long as three letters stay, and lets a final `б` be
//! `п` and a final `г` be `к`, as `кітап` becomes `кітабы`. It takes too much rather than too little:
//! a search that finds one report too many costs a glance.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};

/// Most tokens of one text: a report of the longest kind has about 2,000 words.
const TOKENS_MAX: usize = 4096;

/// Longest word that is looked at, in letters; what is longer is no word but a code, and is cut.
const LETTERS_MAX: usize = 40;

/// Most words of one question. More narrow nothing down.
const QUESTION_WORDS_MAX: usize = 4;

/// Every token of these texts.
pub fn tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let stems = Stems::new();
    let mut tokens = BTreeSet::new();
    for word in texts.into_iter().flat_map(folded) {
        if tokens.len() >= TOKENS_MAX {
            break;
        }
        let (first, second) = stems.of(&word);
        tokens.insert(first);
        tokens.extend(second);
    }
    tokens
}

/// A question as tokens: one row per word, any token of which is enough. None where it has no word.
pub fn question(text: &str) -> Vec<[String; 2]> {
    let stems = Stems::new();
    let mut words: Vec<[String; 2]> = Vec::new();
    for word in folded(text) {
        let (first, second) = stems.of(&word);
        let row = [first.clone(), second.unwrap_or(first)];
        if !words.contains(&row) {
            words.push(row);
        }
    }
    words.truncate(QUESTION_WORDS_MAX);
    words
}

/// The words of a text, folded.
fn folded(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(char::to_lowercase).map(fold).take(LETTERS_MAX).collect())
}

const fn fold(letter: char) -> char {
    match letter {
        'ё' => 'е',
        'ә' => 'а',
        'ғ' => 'г',
        'қ' => 'к',
        'ң' => 'н',
        'ө' => 'о',
        'ұ' | 'ү' => 'у',
        'һ' => 'х',
        'і' => 'и',
        other => other,
    }
}

struct Stems {
    russian: Stemmer,
    english: Stemmer,
}

impl Stems {
    fn new() -> Self {
        let (russian, english) =
            (Stemmer::create(Algorithm::Russian), Stemmer::create(Algorithm::English));
        Self { russian, english }
    }

    fn of(&self, word: &str) -> (String, Option<String>) {
        if word.chars().all(is_cyrillic) {
            (self.russian.stem(word).into_owned(), Some(format!("~{}", kazakh_stem(word))))
        } else if word.chars().all(|letter| letter.is_ascii_lowercase()) {
            (self.english.stem(word).into_owned(), None)
        } else {
            // Numbers, codes, other scripts: as they are.
            (word.to_owned(), None)
        }
    }
}

const fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{4ff}')
}

/// Letters of a stem that no suffix is taken from any more.
const STEM_LETTERS_MIN: usize = 3;

/// Suffixes, folded, from the end of a word inwards; of each layer at most one is taken, the longest
/// first.
const LAYERS: [&[&str]; 6] = [
    // Person, at the end of a verb or of a noun that says what somebody is.
    &["сыздар", "сиздер", "мыз", "миз", "быз", "биз", "пыз", "пиз", "сыз", "сиз"],
    // Case.
    &[
        "нын", "нин", "дын", "дин", "тын", "тин", "нан", "нен", "дан", "ден", "тан", "тен", "нда",
        "нде", "мен", "бен", "пен", "га", "ге", "ка", "ке", "на", "не", "да", "де", "та", "те",
        "ны", "ни", "ды", "ди", "ты", "ти",
    ],
    // Possession.
    &[
        "ымыз", "имиз", "мыз", "миз", "ыныз", "иниз", "ныз", "низ", "сын", "син", "сы", "си", "ым",
        "им", "ын", "ин", "ы", "и", "м", "н",
    ],
    // Number.
    &["лар", "лер", "дар", "дер", "тар", "тер"],
    // Of verbs: what was, what will be, what was done to somebody.
    &["ган", "ген", "кан", "кен", "атын", "етин", "ып", "ип", "ды", "ди", "ты", "ти"],
    // Of voice and of nouns made from others.
    &["лык", "лик", "дык", "дик", "тык", "тик", "шы", "ши", "ыл", "ил"],
];

/// A folded word without its Kazakh suffixes. What is left has none: its own stem is itself, so that
/// a word and the same with one suffix more come to the same.
fn kazakh_stem(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    loop {
        let before = letters.len();
        LAYERS.iter().for_each(|layer| take_longest(&mut letters, layer));
        if letters.len() == before {
            break;
        }
    }
    match letters.last_mut() {
        Some(last @ 'б') => *last = 'п',
        Some(last @ 'г') => *last = 'к',
        _ => {}
    }
    letters.into_iter().collect()
}

/// Takes the longest suffix of a layer that the word ends with.
fn take_longest(letters: &mut Vec<char>, layer: &[&str]) {
    let taken = layer
        .iter()
        .map(|suffix| suffix.chars().collect::<Vec<char>>())
        .filter(|suffix| letters.len() >= suffix.len() + STEM_LETTERS_MIN)
        .filter(|suffix| letters.ends_with(suffix))
        // The `ы` of `бакылаушы` is the end of a suffix, and no possession.
        .filter(|suffix| suffix.len() > 1 || letters[letters.len() - 2] != 'ш')
        .map(|suffix| suffix.len())
        .max();
    letters.truncate(letters.len() - taken.unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(asked: &str, text: &str) -> bool {
        let tokens = tokens([text]);
        let words = question(asked);
        !words.is_empty()
            && words.iter().all(|word| word.iter().any(|token| tokens.contains(token)))
    }

    #[test]
    fn an_inflected_word_is_found_by_another_form_of_it() {
        for (asked, text) in [
            ("бюллетень", "вынесли пачку бюллетеней"),
            ("наблюдатели", "Наблюдателя удалили с участка"),
            ("ЕЛКА", "под ёлкой"),
            ("observer", "Two observers were sent out"),
            ("counting", "they counted twice"),
            ("бақылаушы", "бақылаушыларды шығарып жіберді"),
            ("бақылаушылар", "Бақылаушының құжаты"),
            ("кітап", "сайлаушылар кітабына"),
            ("хаттама", "хаттамаларымызды бермеді"),
            ("комиссия", "комиссияның төрағасы"),
            ("учаске", "учаскелерде"),
            ("қағаз", "кагаздарды алып кетти"),
            ("кагаз", "қағаздың"),
            ("11-900001", "на участке 11-900001 пусто"),
        ] {
            assert!(finds(asked, text), "{asked} in {text}: {:?}", tokens([text]));
        }
    }

    #[test]
    fn another_word_is_not_found() {
        for (asked, text) in [
            ("бюллетень", "наблюдателя удалили"),
            ("observer", "the box was sealed"),
            ("хаттама", "бақылаушыны шығарды"),
            ("бюллетень удалили", "вынесли бюллетени"),
            ("...", "anything"),
        ] {
            assert!(!finds(asked, text), "{asked} in {text}");
        }
    }

    #[test]
    fn what_is_not_letters_costs_nothing_and_nothing_is_endless() {
        assert!(tokens(["  … — !!! \u{200b}"]).is_empty());
        let long = "а".repeat(10_000);
        assert!(tokens([long.as_str()]).iter().all(|token| token.chars().count() <= 41));
        let many: String = (0..20_000).map(|number| format!("w{number} ")).collect();
        assert!(tokens([many.as_str()]).len() <= TOKENS_MAX + 1);
        assert_eq!(question("a b c d e f").len(), QUESTION_WORDS_MAX);
    }
}
