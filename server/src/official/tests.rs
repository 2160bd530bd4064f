//! Tables as commissions publish them, and as they should not: nothing is guessed.

use std::io::{Cursor, Write as _};

use hattama_proto::{
    id::UnitCode,
    pack::{FormLine, Names, Pack, Unit, UnitKind, UnitPart, UnitRegister},
    statement::Level,
};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    FileError, Mapping, MappingError, OfficialRows, Why, read_official, report, sheet, sketch,
};
use crate::merge::world;

/// Two regions, each with the precincts 1 to 3; a form with three lines; choices a and b.
fn pack() -> Pack {
    let mut pack = (*world::pack()).clone();
    let unit = |code: &str, parent: Option<&str>, kind| Unit {
        code: UnitCode::new(code).unwrap(),
        parent: parent.map(|parent| UnitCode::new(parent).unwrap()),
        kind,
        names: Names::default(),
        special: None,
        since: 0,
    };
    let mut units = vec![unit("kz", None, UnitKind::Country)];
    for region in ["01", "02"] {
        units.push(unit(region, Some("kz"), UnitKind::Region));
        for precinct in 1..=3 {
            let code = format!("{region}-{precinct:03}");
            units.push(unit(&code, Some(region), UnitKind::Precinct));
        }
    }
    pack.units = UnitRegister::new(UnitPart { version: 1, units, outlines: None }).unwrap();
    let line = |code: &str, number: &str| FormLine {
        code: world::line(code),
        number: number.to_owned(),
        names: Names::default(),
        required: true,
        counts: None,
    };
    pack.forms.forms[0].lines = vec![line("voters", "1"), line("issued", "2"), line("valid", "3")];
    let relation = r#"[{"id": "valid-is-votes", "left": [{"line": "valid"}], "op": "eq",
                        "right": [{"votes": "president"}], "severity": "hard"}]"#;
    pack.forms.forms[0].relations = serde_json::from_str(relation).unwrap();
    pack
}

const WIDE: &str = r#"
[unit]
code = "{Регион}-{УИК:03}"
[values."Регион"]
"Первая область" = "01"
"Вторая область" = "02"
[cells]
voters = "Избирателей"
issued = ["Досрочно", "В помещении"]
"president:a" = "А"
"president:b" = "Б"
[[ignore]]
column = "УИК"
is = ["Итого", "Всего"]
"#;

const HEADER: &str = "Регион;УИК;Избирателей;Досрочно;В помещении;А;Б\n";

fn read(file: &[u8], mapping: &str) -> Result<OfficialRows, FileError> {
    let pack = pack();
    let mapping = Mapping::parse(mapping, &pack).unwrap();
    read_official(file, Level::Precinct, &mapping, &pack)
}

fn wide(rows: &str) -> OfficialRows {
    read(format!("{HEADER}{rows}").as_bytes(), WIDE).unwrap()
}

/// Units with their figures by cell.
fn seen(rows: &OfficialRows) -> Vec<String> {
    rows.rows.iter().map(|row| format!("{} {}", row.unit, rows.json_of(row))).collect()
}

fn left(rows: &OfficialRows) -> Vec<(u64, String)> {
    rows.left_out.iter().map(|row| (row.line, row.why.to_string())).collect()
}

fn kinds(rows: &OfficialRows) -> Vec<(u64, &'static str)> {
    rows.left_out.iter().map(|row| (row.line, row.why.kind())).collect()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_table_of_a_commission_is_read_by_its_mapping() {
    let rows = wide("Первая область;1;1200;10;900;500;400\nВторая область;1;800;0;700;;300\n");
    assert_eq!(
        seen(&rows),
        [
            "01-001 {\"contest:president:a\":500,\"contest:president:b\":400,\
             \"line:issued\":910,\"line:voters\":1200}",
            "02-001 {\"contest:president:a\":null,\"contest:president:b\":300,\
             \"line:issued\":700,\"line:voters\":800}",
        ],
        "a precinct's number is repeated in the other region and means another one"
    );
    assert!(rows.left_out.is_empty(), "{:?}", rows.left_out);
    assert_eq!(rows.rows[1].line, 3);
    let used: Vec<&str> = rows.columns.iter().map(|of| of.used_for[0].as_str()).collect();
    assert_eq!(used[..3], ["unit", "unit", "line:voters"]);
}

#[test]
fn totals_are_no_units_and_an_unknown_row_is_named_with_its_line() {
    let rows = wide(
        "Первая область;1;1;0;1;1;0\nПервая область;Итого;9;9;9;9;9\n\
         Третья область;1;1;0;1;1;0\nПервая область;77;1;0;1;1;0\n;;;;;;\n",
    );
    assert_eq!(rows.rows.len(), 1);
    assert_eq!(rows.ignored, 1);
    assert_eq!(
        left(&rows)[..2],
        [
            (4, "\"Третья область-001\": unit: a code has letters, digits and . _ - : only".into()),
            (5, "the register has no unit 01-077".into()),
        ],
    );
    assert_eq!(kinds(&rows)[2], (6, "not in the register"));
}

#[test]
fn a_total_among_precincts_that_nobody_named_is_of_another_level() {
    let mapping = "[unit]\ncode = \"{unit}\"\n[cells]\nvoters = \"voters\"\n";
    let rows = read(b"unit,voters\n01-001,5\n01,5\n", mapping).unwrap();
    assert_eq!(left(&rows), [(3, "unit 01 is not of level precinct".to_owned())]);
}

#[test]
fn shifted_columns_are_listed_and_never_moved_back() {
    let rows = wide(
        "Первая область;1;;1200;10;900;500;400\nПервая область;2;1200;10;900;500\n\
         Первая область;3;1200;10;900;500;400\n",
    );
    assert_eq!(kinds(&rows), [(2, "another number of columns"), (3, "another number of columns")]);
    assert!(left(&rows)[0].1.contains("8 columns where 7 are named"), "{:?}", left(&rows));
    assert_eq!(rows.rows.len(), 1);
}

#[test]
fn a_unit_that_stands_twice_is_left_out_whole_with_all_its_lines() {
    let rows = wide(
        "Первая область;1;1;0;1;1;0\nПервая область;2;1;0;1;1;0\n\
         Первая область;1;1;0;1;1;0\nПервая область;001;2;0;1;1;0\n",
    );
    assert_eq!(seen(&rows).len(), 1);
    assert_eq!(rows.rows[0].unit.as_str(), "01-002");
    let lines: Vec<u64> = rows.left_out.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 4, 5], "also where the rows say the same");
    assert!(left(&rows)[0].1.contains("on the lines 2, 4, 5; none is taken"));
}

#[test]
fn a_row_that_is_not_understood_takes_its_twin_out_whichever_comes_first() {
    for rows in [
        "Первая область;1;100;1;2;3;4\nПервая область;1;x;1;2;3;4\n",
        "Первая область;1;x;1;2;3;4\nПервая область;1;100;1;2;3;4\n",
    ] {
        let rows = wide(rows);
        assert_eq!(seen(&rows), Vec::<String>::new(), "nobody can say which is meant");
        let kinds: Vec<&str> = kinds(&rows).into_iter().map(|(_, kind)| kind).collect();
        assert!(kinds.contains(&"stands more than once") && kinds.contains(&"not a figure"));
    }
}

#[test]
fn a_unit_on_every_line_is_told_in_few_words() {
    let rows: String = (0..200).map(|_| "Первая область;1;100;1;2;3;4\n").collect();
    let rows = wide(&rows);
    assert_eq!(rows.left_out.len(), 200);
    let why = rows.left_out[0].why.to_string();
    assert!(why.ends_with("and on 190 more; none is taken"), "{why}");
}

#[test]
fn figures_are_read_as_printed_and_what_is_doubtful_is_listed() {
    let first = |figure: &str, mapping: &str| -> Result<Option<u64>, String> {
        let file = format!("unit;voters\n01-001;\"{figure}\"\n");
        let mapping =
            format!("{mapping}\n[unit]\ncode = \"{{unit}}\"\n[cells]\nvoters = \"voters\"\n");
        let rows = read(file.as_bytes(), &mapping).unwrap();
        match (rows.rows.first(), rows.left_out.first()) {
            (Some(row), None) => Ok(row.figures[0].figure()),
            (None, Some(left)) => Err(left.why.to_string()),
            other => panic!("{other:?}"),
        }
    };
    for (printed, figure) in [
        ("0", 0),
        ("0012", 12),
        (" 954 ", 954),
        ("1 234", 1234),
        ("1\u{a0}234\u{a0}567", 1_234_567),
        ("1\u{2009}234", 1234),
        ("12\u{202f}345", 12_345),
        ("1'234", 1234),
        ("999999999999999", 999_999_999_999_999),
    ] {
        assert_eq!(first(printed, ""), Ok(Some(figure)), "{printed}");
    }
    assert_eq!(first("", ""), Ok(None));
    for doubtful in [
        "12 34",
        "1234 567",
        "1.234",
        "1,234",
        "45,3",
        "12.0",
        "-5",
        "−5",
        "5%",
        "1e3",
        "много",
        "1000000000000000",
        "٣",
        "-",
        " 1 2",
    ] {
        assert!(first(doubtful, "").is_err(), "{doubtful}");
    }
    assert_eq!(first("1.234", "thousands = \".\""), Ok(Some(1234)));
    assert!(first("45.3", "thousands = \".\"").is_err(), "a share stays a share");
    assert_eq!(first("-", "empty = [\"-\", \"н/д\"]"), Ok(None));
    assert!(first("1.5", "").unwrap_err().contains("voters"), "the column is named");
}

#[test]
fn a_sum_with_a_part_that_was_not_published_is_not_published() {
    let rows = wide("Первая область;1;5;;3;1;2\n");
    assert!(seen(&rows)[0].contains("\"line:issued\":null"), "{:?}", seen(&rows));
}

#[test]
fn every_encoding_is_read_and_a_wrong_one_is_said() {
    let text = format!("{HEADER}Первая область;1;1200;10;900;500;400\n");
    let plain = read(text.as_bytes(), WIDE).unwrap();
    let in_windows = encoding_rs::WINDOWS_1251.encode(&text).0.into_owned();
    let in_koi8 = encoding_rs::KOI8_R.encode(&text).0.into_owned();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&marked, WIDE).unwrap(), plain);
    assert_eq!(read(&utf16, WIDE).unwrap(), plain, "its byte order mark says what it is");
    for (bytes, name) in [(&in_windows, "windows-1251"), (&in_koi8, "koi8-r")] {
        assert_eq!(read(bytes, &format!("encoding = \"{name}\"\n{WIDE}")).unwrap(), plain);
    }
    assert_eq!(read(&in_windows, WIDE), Err(FileError::Undecodable("UTF-8")));
    let nobodys = format!("encoding = \"cp-nothing\"\n{WIDE}");
    assert!(matches!(read(&marked, &nobodys), Err(FileError::Encoding(_))));
}

#[test]
fn a_zip_file_is_unpacked_and_one_with_several_asks_which() {
    let text = format!("{HEADER}Первая область;1;1200;10;900;500;400\n");
    let text = text.as_bytes();
    let one = zipped(&[("folder/2004.csv", text), ("__MACOSX/2004.csv", b"shadow")]);
    assert_eq!(read(&one, WIDE).unwrap(), read(text, WIDE).unwrap());
    let two = zipped(&[("a.csv", text), ("b.csv", b"unit\n")]);
    let which = read(&two, WIDE).unwrap_err();
    assert!(which.to_string().contains("a.csv, b.csv"), "{which}");
    let named = format!("file = \"a.csv\"\n{WIDE}");
    assert_eq!(read(&two, &named).unwrap(), read(text, WIDE).unwrap());
    let cut = &one[..one.len() / 2];
    assert!(matches!(read(cut, WIDE), Err(FileError::Zip(_))));
}

#[test]
fn an_export_of_odk_central_is_read_as_it_comes() {
    let submissions = "SubmissionDate,place-region,place-precinct,sheet-voters,sheet-a,sheet-b,KEY\n\
                       2021-07-11T20:00:00.000Z,01,2,1200,5,3,uuid:1\n";
    let export = zipped(&[
        ("protocol.csv", submissions.as_bytes()),
        ("protocol-photos.csv", b"photo,PARENT_KEY\n1.jpg,uuid:1\n"),
        ("media/1.jpg", b"\xff\xd8"),
    ]);
    let mapping = "file = \"protocol.csv\"\n[unit]\ncode = \"{place-region}-{place-precinct:03}\"\n\
                   [cells]\nvoters = \"sheet-voters\"\n\"president:a\" = \"sheet-a\"\n";
    let rows = read(&export, mapping).unwrap();
    assert_eq!(seen(&rows), ["01-002 {\"contest:president:a\":5,\"line:voters\":1200}"]);
}

#[test]
fn a_zip_bomb_stops_at_the_bound() {
    let block = vec![b'0'; 1024 * 1024];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bomb.csv", SimpleFileOptions::default()).unwrap();
    (0..257).for_each(|_| zip.write_all(&block).unwrap());
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024, "it is small");
    assert_eq!(read(&bomb, WIDE), Err(FileError::TooLong));
}

const LONG: &str = r##"
columns = "numbered"
[unit]
code = "{#1}"
[cells]
voters = "#2"
[votes]
choice = "#3"
figure = "#4"
skip = ["turnout"]
[votes.choices]
"1" = "president:a"
"2" = "president:b"
"##;

#[test]
fn a_table_with_a_row_for_each_choice_is_gathered_by_unit() {
    let rows = read(b"01-001;9;1;5\n01-001;9;2;3\n01-002;7;1;4\n01-001;9;turnout;8\n", LONG);
    let rows = rows.unwrap();
    assert_eq!(
        seen(&rows),
        [
            "01-001 {\"contest:president:a\":5,\"contest:president:b\":3,\"line:voters\":9}",
            "01-002 {\"contest:president:a\":4,\"line:voters\":7}",
        ],
        "a choice without a row is not there, which is neither zero nor empty"
    );
}

#[test]
fn a_choice_that_stands_twice_takes_its_unit_out_with_all_lines() {
    let rows = read(b"01-001;9;1;5\n01-001;9;2;3\n01-001;9;1;6\n01-002;7;3;4\n", LONG).unwrap();
    assert!(rows.rows.is_empty());
    let lines: Vec<u64> = rows.left_out.iter().map(|row| row.line).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
    assert_eq!(rows.left_out[3].why, Why::Choice("3".to_owned()));
    let other_total = read(b"01-001;9;1;5\n01-001;8;2;3\n", LONG).unwrap();
    assert_eq!(kinds(&other_total).len(), 2, "its rows contradict each other");
}

#[test]
fn only_rows_that_are_meant_are_read() {
    let mapping = "[unit]\ncode = \"{unit}\"\n[cells]\nvoters = \"voters\"\n\
                   [[only]]\ncolumn = \"contest\"\nis = \"president\"\n";
    let file = b"unit,contest,voters\n01-001,mayor,1\n01-001,president,2\n";
    let rows = read(file, mapping).unwrap();
    assert_eq!((rows.rows.len(), rows.ignored, rows.rows[0].line), (1, 1, 3));
}

#[test]
fn a_shifted_row_is_told_although_it_does_not_say_what_is_meant() {
    let mapping = "[unit]\ncode = \"{unit}\"\n[cells]\nvoters = \"n\"\n\
        [[only]]\ncolumn = \"contest\"\nis = \"president\"\n";
    let table = "contest;unit;n\npresident;01-001;5\nmayor;01-002;6\n01-003;7\n";
    let rows = read(table.as_bytes(), mapping).unwrap();
    assert_eq!((seen(&rows).len(), rows.ignored), (1, 1));
    assert_eq!(kinds(&rows), [(4, "another number of columns")]);
}

#[test]
fn a_workbook_is_called_one() {
    let book = zipped(&[("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")]);
    let error = read(&book, WIDE).unwrap_err();
    assert!(error.to_string().contains("save it as CSV"), "{error}");
}

#[test]
fn lines_before_the_header_are_skipped_and_counted() {
    let file = format!("Протокол\nпо всем участкам\n{HEADER}Первая область;1;x;0;1;1;0\n");
    for file in [file.clone(), file.replace('\n', "\r\n")] {
        let rows = read(file.as_bytes(), &format!("skip = 2\n{WIDE}")).unwrap();
        assert_eq!(kinds(&rows), [(4, "not a figure")]);
    }
}

#[test]
fn a_column_is_found_by_its_name_whatever_its_blanks_or_by_its_place() {
    let mapping = "[unit]\ncode = \"{#1}\"\n[cells]\nvoters = \"Число избирателей, всего\"\n";
    let file = "код,\"Число\nизбирателей,\u{a0} всего\"\n01-001,5\n";
    assert_eq!(read(file.as_bytes(), mapping).unwrap().rows.len(), 1);
    let missing = read(b"unit,b\n01-001,5\n", mapping).unwrap_err();
    assert!(missing.to_string().contains("it has: unit, b"), "{missing}");
    let twice = "[unit]\ncode = \"{unit}\"\n[cells]\nvoters = \"n\"\n";
    let twice = read(b"unit,n,n\n01-001,5,6\n", twice).unwrap_err();
    assert_eq!(twice, FileError::ColumnTwice("n".to_owned()));
}

#[test]
fn a_mapping_says_what_is_wrong_with_it() {
    let pack = pack();
    let wrong = |text: &str| Mapping::parse(text, &pack).unwrap_err();
    let unit = "[unit]\ncode = \"{u}\"\n";
    assert!(matches!(wrong("[unit"), MappingError::Toml(_)));
    assert!(matches!(wrong(&format!("colour = 1\n{unit}")), MappingError::Toml(_)));
    assert_eq!(wrong(unit), MappingError::Nothing);
    assert_eq!(
        wrong(&format!("{unit}[cells]\nshoes = \"x\"\n")),
        MappingError::Cell("shoes".to_owned())
    );
    assert!(matches!(
        wrong("[unit]\ncode = \"7\"\n[cells]\nvoters = \"x\"\n"),
        MappingError::Template("unit.code", _)
    ));
    assert!(matches!(
        wrong("[unit]\ncode = \"{u\"\n[cells]\nvoters = \"x\"\n"),
        MappingError::Template("unit.code", _)
    ));
    assert_eq!(
        wrong(&format!("{unit}[cells]\nvoters = \"x\"\n\"line:voters\" = \"y\"\n")),
        MappingError::CellTwice("line:voters".to_owned())
    );
    assert_eq!(
        wrong(&format!("separator = \"ab\"\n{unit}[cells]\nvoters = \"x\"\n")),
        MappingError::Letter("separator")
    );
}

#[test]
fn a_sketch_names_everything_of_the_set_up_and_can_be_read_once_it_is_filled_in() {
    let pack = pack();
    let text = sketch(Level::Precinct, &pack);
    for expected in ["voters = \"\"", "\"president:a\" = \"\"", "01-001", "[[ignore]]"] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(Mapping::parse(&text, &pack).unwrap_err(), MappingError::Nothing);
    let filled = text.replace("voters = \"\"", "voters = \"n\"");
    let mapping = Mapping::parse(&filled, &pack).unwrap();
    let rows = read_official(b"unit,n\n01-001,7\n", Level::Precinct, &mapping, &pack).unwrap();
    assert_eq!(seen(&rows), ["01-001 {\"line:voters\":7}"]);
}

#[test]
fn a_report_says_what_is_missing_and_which_relation_does_not_hold() {
    let pack = pack();
    let mapping = format!("{WIDE}\n[unused]");
    assert!(Mapping::parse(&mapping, &pack).is_err());
    let mapping =
        WIDE.replace("issued = [\"Досрочно\", \"В помещении\"]", "valid = \"В помещении\"");
    let mapping = Mapping::parse(&mapping, &pack).unwrap();
    let file = format!(
        "{HEADER}Первая область;1;9;0;8;5;3\nПервая область;2;9;0;8;5;4\nПервая область;3;9;0;;5;4\n"
    );
    let rows = read_official(file.as_bytes(), Level::Precinct, &mapping, &pack).unwrap();
    let told = report(&rows, Level::Precinct, &pack);
    assert_eq!((told.units, told.register, told.absent), (3, 6, 3));
    let broken = &told.broken[0];
    assert_eq!((broken.checked, broken.broken), (2, 1), "the third cannot be told");
    assert_eq!(broken.first[0].as_str(), "01-002");
    assert_eq!(told.first[0].cells["contest:president:a"], Some(5));
}

#[test]
fn rows_of_documents_may_repeat_a_unit_and_not_a_document() {
    let pack = pack();
    let mapping = format!(
        "{}\n[entry]\nform = \"results\"\ncopy = \"{{вид}}\"\nperson = \"{{кто}}\"\n\
         [values.\"вид\"]\n\"копия\" = \"certified\"\n\"стена\" = \"posted\"\n",
        WIDE
    );
    let mapping = Mapping::parse(&mapping, &pack).unwrap();
    let file = "Регион;УИК;Избирателей;Досрочно;В помещении;А;Б;вид;кто\n\
                Первая область;1;9;0;8;5;3;копия;p-1\nПервая область;1;9;0;8;5;3;стена;p-1\n\
                Первая область;2;9;0;8;5;3;копия;p-1\nПервая область;2;9;0;8;5;3;копия;p-1\n";
    let rows = read_official(file.as_bytes(), Level::Precinct, &mapping, &pack).unwrap();
    assert_eq!((rows.rows.len(), rows.left_out.len()), (2, 2));
    let second = &rows.rows[1];
    assert_eq!(second.entry.as_ref().unwrap().copy, "posted");
    let protocol = sheet(&rows, second, &pack.forms.forms[0], world::copy("posted"), &pack);
    assert_eq!(protocol.lines[&world::line("voters")].unwrap().value(), 9);
    assert_eq!(protocol.lines[&world::line("valid")], None, "not in the table, and not computed");
    let votes = &protocol.contests[&world::contest("president")];
    assert_eq!(votes[&world::choice("b")].unwrap().value(), 3);
}
