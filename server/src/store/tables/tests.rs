//! Every table of the migrations is carried, with every column.

use super::{super::migrate::MIGRATIONS, *};

/// Table and columns of each `create table`, in the order of their text.
fn schema() -> Vec<(String, Vec<String>)> {
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in MIGRATIONS.iter().flat_map(|migration| migration.text.lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["create", "table", name, ..] => tables.push(((*name).to_owned(), Vec::new())),
            ["alter", "table", name, "add", "column", column, ..] => {
                let known = tables.iter_mut().find(|table| table.0 == *name);
                known.expect("a table that is there").1.push((*column).to_owned());
            }
            ["alter", "table", ..] => panic!("teach this test to read: {line}"),
            [column, kind, ..]
                if ["{INT}", "{TEXT}", "{BYTES}"].iter().any(|known| kind.starts_with(known)) =>
            {
                tables.last_mut().unwrap().1.push((*column).to_owned());
            }
            _ => {}
        }
    }
    tables
}

fn columns(list: &str) -> Vec<String> {
    list.split(',').map(|column| column.trim().to_owned()).collect()
}

/// What stands between two parts of a statement.
fn between<'a>(statement: &'a str, from: &str, to: &str) -> &'a str {
    let start = statement.find(from).unwrap() + from.len();
    let length = statement[start..].find(to).unwrap();
    &statement[start..start + length]
}

#[test]
fn every_table_of_the_migrations_is_moved_with_every_column() {
    let schema = schema();
    assert!(schema.len() >= 20, "the migrations are not where they were");
    for (name, expected) in &schema {
        let table = TABLES.iter().find(|table| table.name == name);
        let table = table.unwrap_or_else(|| panic!("`hattama migrate` does not carry {name}"));
        let single = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let read = single(table.read);
        assert_eq!(&columns(between(&read, "select ", " from ")), expected, "{name}");
        for add in [Some(table.add), table.replace].into_iter().flatten() {
            let add = single(add);
            assert!(add.starts_with(&format!("insert into {name} ")), "{add}");
            assert_eq!(&columns(between(&add, "(", ")")), expected, "{name}");
        }
        let key = between(&read, " order by ", " limit ");
        assert_eq!(columns(key), expected[..table.key.len()], "{name}");
    }
    assert_eq!(TABLES.len(), schema.len(), "a table that no migration makes");
}

#[test]
fn leaves_are_the_last_thing_a_store_is_filled_with() {
    assert_eq!(TABLES[0].name, "statement");
    assert_eq!(TABLES[TABLES.len() - 1].name, "log_leaf");
}
