//! Words of turnout over the day.

/// The words, in one language.
pub(in crate::web) struct TurnoutWords {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) says: &'static str,
    pub(in crate::web) sums_say: &'static str,
    pub(in crate::web) hour: &'static str,
    pub(in crate::web) figure: &'static str,
    pub(in crate::web) units: &'static str,
    pub(in crate::web) fresh: &'static str,
    pub(in crate::web) lowest: &'static str,
    pub(in crate::web) highest: &'static str,
    pub(in crate::web) falls: &'static str,
    pub(in crate::web) differs: &'static str,
    pub(in crate::web) told: &'static str,
}

/// English.
pub(super) const EN: TurnoutWords = TurnoutWords {
    title: "Turnout over the day",
    says: "As observers counted it, a line each. Nothing is averaged.",
    sums_say: "Of each precinct that told anything, what it told last. Where observers differ there is a lowest and a highest sum.",
    hour: "Hour",
    figure: "Had voted",
    units: "Precincts",
    fresh: "Told at this hour",
    lowest: "Lowest",
    highest: "Highest",
    falls: "falls: to be checked",
    differs: "observers differ",
    told: "by telephone",
};

/// Russian.
pub(super) const RU: TurnoutWords = TurnoutWords {
    title: "Явка по часам",
    says: "Как её считали наблюдатели, у каждого своя линия. Ничего не усредняется.",
    sums_say: "По каждому участку, который что-либо сообщил, берётся последнее сообщённое. Где наблюдатели расходятся, есть наименьшая и наибольшая сумма.",
    hour: "Час",
    figure: "Проголосовало",
    units: "Участков",
    fresh: "Сообщили в этот час",
    lowest: "Наименьшая",
    highest: "Наибольшая",
    falls: "убывает: проверить",
    differs: "наблюдатели расходятся",
    told: "по телефону",
};

/// Kazakh.
pub(super) const KK: TurnoutWords = TurnoutWords {
    title: "Сағаттар бойынша қатысу",
    says: "Байқаушылар санағандай, әрқайсысының өз сызығы бар. Ештеңе орташаланбайды.",
    sums_say: "Бірдеңе хабарлаған әр учаскенің соңғы айтқаны алынады. Байқаушылар әртүрлі айтса, ең аз және ең көп қосынды беріледі.",
    hour: "Сағат",
    figure: "Дауыс берген",
    units: "Учаске",
    fresh: "Осы сағатта хабарлаған",
    lowest: "Ең аз",
    highest: "Ең көп",
    falls: "кемиді: тексеру керек",
    differs: "байқаушылар әртүрлі айтады",
    told: "телефон арқылы",
};
