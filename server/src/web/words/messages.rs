//! Words of the page on which messages to observers are written.

/// The words, in one language.
pub(in crate::web) struct MessageWords {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) says: &'static str,
    pub(in crate::web) to: &'static str,
    /// Everybody, within a unit, one person, the silent, the not proven.
    pub(in crate::web) audiences: [&'static str; 5],
    pub(in crate::web) which: &'static str,
    pub(in crate::web) which_says: &'static str,
    /// In Kazakh, in Russian, in English.
    pub(in crate::web) texts: [&'static str; 3],
    pub(in crate::web) texts_say: &'static str,
    pub(in crate::web) send: &'static str,
    pub(in crate::web) sent: &'static str,
    pub(in crate::web) none: &'static str,
    pub(in crate::web) when: &'static str,
    pub(in crate::web) by: &'static str,
    pub(in crate::web) text: &'static str,
    pub(in crate::web) people: &'static str,
    pub(in crate::web) received: &'static str,
    pub(in crate::web) received_says: &'static str,
}

/// English.
pub(super) const EN: MessageWords = MessageWords {
    title: "Messages",
    says: "A message to observers' phones. Headquarters signs it, and it stands in the log; nobody can make one up. Each phone shows its owner's language.",
    to: "To",
    audiences: [
        "everybody",
        "a unit and all below it",
        "one person",
        "whoever is expected now and silent",
        "whoever is not proven in the rehearsal",
    ],
    which: "Which unit or person",
    which_says: "Only for a unit (its code) or a person (the pseudonym for protocols).",
    texts: ["In Kazakh", "In Russian", "In English"],
    texts_say: "One language is enough. Whoever reads another gets the first there is of Kazakh, Russian, English.",
    send: "Send",
    sent: "Sent",
    none: "No message was sent yet.",
    when: "When",
    by: "By",
    text: "Text",
    people: "People",
    received: "On phones",
    received_says: "A phone counts as soon as it has asked for what comes after the message.",
};

/// Russian.
pub(super) const RU: MessageWords = MessageWords {
    title: "Сообщения",
    says: "Сообщение на телефоны наблюдателей. Штаб подписывает его, и оно стоит в журнале; подделать его никто не может. Телефон показывает язык своего владельца.",
    to: "Кому",
    audiences: [
        "всем",
        "комиссии и всем ниже неё",
        "одному человеку",
        "тем, кого ждут сейчас и кто молчит",
        "тем, кто не доказан на репетиции",
    ],
    which: "Какая комиссия или какой человек",
    which_says: "Только для комиссии (её код) или человека (псевдоним для протоколов).",
    texts: ["По-казахски", "По-русски", "По-английски"],
    texts_say: "Достаточно одного языка. Кто читает на другом, получает первый имеющийся: казахский, русский, английский.",
    send: "Отправить",
    sent: "Отправлено",
    none: "Сообщений ещё не было.",
    when: "Когда",
    by: "Кто",
    text: "Текст",
    people: "Людей",
    received: "На телефонах",
    received_says: "Телефон считается, как только он спросил о том, что идёт после сообщения.",
};

/// Kazakh.
pub(super) const KK: MessageWords = MessageWords {
    title: "Хабарламалар",
    says: "Байқаушылардың телефонына хабарлама. Оған штаб қол қояды және ол журналда тұрады; оны ешкім қолдан жасай алмайды. Телефон иесінің тілін көрсетеді.",
    to: "Кімге",
    audiences: [
        "барлығына",
        "комиссияға және одан төмендегілерге",
        "бір адамға",
        "қазір күтіліп, үнсіз тұрғандарға",
        "жаттығуда дәлелденбегендерге",
    ],
    which: "Қай комиссия немесе қай адам",
    which_says: "Тек комиссия (коды) немесе адам (хаттамаларға арналған бүркеншік аты) үшін.",
    texts: ["Қазақша", "Орысша", "Ағылшынша"],
    texts_say: "Бір тіл жеткілікті. Басқа тілде оқитын адам қазақша, орысша, ағылшынша мәтіннің алғашқы барын көреді.",
    send: "Жіберу",
    sent: "Жіберілгендер",
    none: "Әлі хабарлама жіберілген жоқ.",
    when: "Қашан",
    by: "Кім",
    text: "Мәтін",
    people: "Адам",
    received: "Телефондарда",
    received_says: "Телефон хабарламадан кейінгіні сұраған бойда есептеледі.",
};
