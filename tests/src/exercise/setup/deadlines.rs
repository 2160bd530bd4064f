//! When the polls of the exercise close, and what its invented law sets a time for.

use hattama_proto::{
    id::DeadlineCode,
    pack::{Due, LegalDeadline},
    time::ClaimedTime,
};

use super::election::names;

/// The westernmost regions vote an hour longer than the capital.
const POLLS_CLOSE_AT: &str = "2005-12-04T20:00:00+05:00";

/// Code, hours after the polls close, what is due, where the law of the exercise says so.
const DEADLINES: [(&str, u32, [&str; 3], &str); 4] = [
    (
        "precinct-publication",
        24,
        [
            "Комиссия учаскелер бойынша нәтижелерді жариялайды",
            "Комиссия публикует итоги по участкам",
            "The commission publishes results by precinct",
        ],
        "§ 1",
    ),
    (
        "complaint-commission",
        72,
        [
            "Жоғары тұрған комиссияға шағым",
            "Жалоба в вышестоящую комиссию",
            "Complaint to the higher commission",
        ],
        "§ 2",
    ),
    (
        "national-result",
        168,
        [
            "Орталық комиссия қорытындыны бекітеді",
            "Центральная комиссия утверждает итоги",
            "The central commission establishes the result",
        ],
        "§ 3",
    ),
    ("complaint-court", 240, ["Сотқа шағым", "Жалоба в суд", "Complaint to the court"], "§ 4"),
];

pub(super) fn polls_close_at() -> ClaimedTime {
    POLLS_CLOSE_AT.parse().expect("it is a time with an offset")
}

pub(super) fn deadlines() -> Vec<LegalDeadline> {
    let deadline = |(code, hours, texts, law): (&str, u32, [&str; 3], &str)| LegalDeadline {
        code: DeadlineCode::new(code).expect("the codes of the deadlines are codes"),
        names: names(texts),
        due: Due::HoursAfterPollsClose(hours),
        law: Some(format!("EXERCISE LAW, {law}")),
    };
    DEADLINES.map(deadline).into()
}
