//! What goes into a statement and what comes out: four types that mean the same on both engines.
//!
//! Flags are integers 0 and 1, times are integers (Unix milliseconds), numbers with a fraction do
//! not exist. A getter that meets another type than it was asked for is an error, never a guess.

use super::StoreError;

/// One value, bound to a statement or read from a row. Orders as both engines order a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing: not known, or does not apply.
    Null,
    /// A whole number; also a flag (0 or 1) and a time (Unix milliseconds, UTC).
    Int(i64),
    /// A text without U+0000.
    Text(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

impl Value {
    /// The type's name, for error messages.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer. Columns are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// The integer in `column`.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or_else(|| self.surprise(column, "an integer"))
    }

    /// The text in `column`.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.opt_text(column)?.ok_or_else(|| self.surprise(column, "a text"))
    }

    /// The bytes in `column`.
    pub fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        self.opt_bytes(column)?.ok_or_else(|| self.surprise(column, "bytes"))
    }

    /// The integer in `column`, or `None` where it is null.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.surprise(column, "an integer")),
        }
    }

    /// The text in `column`, or `None` where it is null.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.surprise(column, "a text")),
        }
    }

    /// The bytes in `column`, or `None` where it is null.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.0.get(column) {
            Some(Value::Bytes(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.surprise(column, "bytes")),
        }
    }

    /// All values in order.
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// All values in order, to move large ones out without copying them.
    pub fn into_values(self) -> Vec<Value> {
        self.0
    }

    fn surprise(&self, column: usize, wanted: &'static str) -> StoreError {
        let found = self.0.get(column).map_or("no such column", Value::type_name);
        StoreError::UnexpectedType { column, wanted, found: found.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_getter_refuses_another_type() {
        let row = Row::new(vec![Value::Int(7), Value::Null, "seven".into()]);
        assert_eq!(row.int(0).unwrap(), 7);
        assert_eq!(row.opt_text(1).unwrap(), None);
        assert_eq!(row.text(2).unwrap(), "seven");
        for refused in [row.int(1).err(), row.int(2).err(), row.int(3).err(), row.text(0).err()] {
            assert!(matches!(refused, Some(StoreError::UnexpectedType { .. })), "{refused:?}");
        }
    }
}
