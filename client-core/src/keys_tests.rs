//! Seeds are made once, kept, and wrapped without ever being lost.

use super::*;

/// Adds a number to each byte; refuses what another number closed.
struct Shift(u8);

impl KeyVault for Shift {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut bytes: Vec<u8> = plain.iter().map(|byte| byte.wrapping_add(self.0)).collect();
        bytes.push(self.0);
        Ok(bytes)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match wrapped.split_last() {
            Some((by, bytes)) if *by == self.0 => {
                let plain = bytes.iter().map(|byte| byte.wrapping_sub(self.0)).collect();
                Ok(Zeroizing::new(plain))
            }
            _ => Err(VaultError::Rejected("another number".to_owned())),
        }
    }
}

/// Closes what it never opens.
struct OneWay;

impl KeyVault for OneWay {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(plain.to_vec())
    }

    fn unwrap(&self, _wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        Err(VaultError::Locked("for ever".to_owned()))
    }
}

fn open(folder: &Path, vault: Option<&dyn KeyVault>) -> Result<Arc<Keys>, NotebookError> {
    Keys::open(folder, &SystemRandom::new(), vault, AtRest::AsItIs)
}

fn open_encrypted(folder: &Path, vault: Option<&dyn KeyVault>) -> Result<Arc<Keys>, NotebookError> {
    Keys::open(folder, &SystemRandom::new(), vault, AtRest::Encrypted)
}

fn stored(folder: &Path) -> String {
    fs::read_to_string(folder.join(FILE)).unwrap()
}

#[track_caller]
fn assert_same(one: &Keys, other: &Keys) {
    for role in Role::ALL {
        assert_eq!(one.of_role(role).kid(), other.of_role(role).kid());
    }
}

#[test]
fn keys_are_made_once_and_differ_by_role() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), None).unwrap();
    assert_same(&first, &open(folder.path(), None).unwrap());
    assert_ne!(first.of_role(Role::Results).kid(), first.of_role(Role::Incidents).kid());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_seeds() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    for vault in [None, Some(&Shift(3) as &dyn KeyVault)] {
        open(folder.path(), vault).unwrap();
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_damaged_key_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), "{}").unwrap();
    for vault in [None, Some(&Shift(3) as &dyn KeyVault)] {
        assert!(matches!(open(folder.path(), vault), Err(NotebookError::Keys { .. })));
        assert_eq!(stored(folder.path()), "{}");
    }
}

#[test]
fn a_notebook_without_a_vault_is_wrapped_by_the_first_it_is_opened_with() {
    let folder = tempfile::tempdir().unwrap();
    let plain = open(folder.path(), None).unwrap();
    let before: Plain = serde_json::from_str(&stored(folder.path())).unwrap();
    assert_same(&plain, &open(folder.path(), Some(&Shift(3))).unwrap());
    let after = stored(folder.path());
    assert!(!after.contains(&before.results) && !after.contains(&before.incidents));
    assert_same(&plain, &open(folder.path(), Some(&Shift(3))).unwrap());
    assert!(!folder.path().join("keys.json.new").exists());
}

#[test]
fn wrapped_seeds_open_with_their_vault_only() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), Some(&Shift(3))).unwrap();
    let kept = stored(folder.path());
    for vault in [None, Some(&Shift(4) as &dyn KeyVault), Some(&OneWay)] {
        assert!(matches!(open(folder.path(), vault), Err(NotebookError::Keys { .. })));
        assert_eq!(stored(folder.path()), kept);
    }
}

#[test]
fn a_vault_that_gives_other_seeds_is_found_out() {
    struct Other;
    impl KeyVault for Other {
        fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
            Ok(plain.to_vec())
        }
        fn unwrap(&self, _wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
            Ok(Zeroizing::new(vec![7; 64]))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), Some(&Shift(3))).unwrap();
    assert!(matches!(open(folder.path(), Some(&Other)), Err(NotebookError::Keys { .. })));
}

#[test]
fn a_vault_that_cannot_open_what_it_closed_costs_no_key() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(open(folder.path(), Some(&OneWay)), Err(NotebookError::Keys { .. })));
    assert!(!folder.path().join(FILE).exists(), "nothing was made that could not be used");
    let plain = open(folder.path(), None).unwrap();
    assert!(open(folder.path(), Some(&OneWay)).is_err());
    assert_same(&plain, &open(folder.path(), None).unwrap());
}

#[test]
fn seeds_move_from_one_vault_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path(), Some(&Shift(3))).unwrap();
    assert!(Keys::rewrap(folder.path(), None, &Shift(5)).is_err());
    assert!(Keys::rewrap(folder.path(), Some(&Shift(4)), &Shift(5)).is_err());
    assert!(Keys::rewrap(folder.path(), Some(&Shift(3)), &OneWay).is_err());
    Keys::rewrap(folder.path(), Some(&Shift(3)), &Shift(5)).unwrap();
    assert!(open(folder.path(), Some(&Shift(3))).is_err());
    assert_same(&keys, &open(folder.path(), Some(&Shift(5))).unwrap());
}

#[test]
fn a_newer_form_of_the_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), Some(&Shift(3))).unwrap();
    let newer = stored(folder.path()).replace("\"format\":2", "\"format\":4");
    fs::write(folder.path().join(FILE), &newer).unwrap();
    assert!(matches!(
        open(folder.path(), Some(&Shift(3))),
        Err(NotebookError::NewerDatabase { found: 4, known: 3 })
    ));
    assert_eq!(stored(folder.path()), newer);
}

#[test]
fn a_data_key_is_made_once_whatever_the_notebook_was_and_moves_with_the_seeds() {
    let kept = |folder: &Path| {
        let keys = open_encrypted(folder, Some(&Shift(3))).unwrap();
        (keys.rest().unwrap().public(), keys)
    };
    for before in [None, Some(None), Some(Some(&Shift(3) as &dyn KeyVault))] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let earlier = before.map(|vault| open(folder, vault).unwrap());
        assert_eq!(Keys::standing(folder).unwrap(), None);
        let (public, keys) = kept(folder);
        if let Some(earlier) = earlier {
            assert_same(&earlier, &keys);
        }
        assert_eq!(Keys::standing(folder).unwrap(), Some(Standing::Converting));
        assert_eq!(kept(folder).0, public);
        Keys::settle(folder, &SystemRandom::new()).unwrap();
        assert_eq!(Keys::standing(folder).unwrap(), Some(Standing::Encrypted));
        // What is encrypted stays so, and no opening makes it plain.
        let again = open(folder, Some(&Shift(3))).unwrap();
        assert_eq!(again.rest().unwrap().public(), public);
        assert!(open(folder, None).is_err());
        Keys::rewrap(folder, Some(&Shift(3)), &Shift(5)).unwrap();
        assert_eq!(Keys::standing(folder).unwrap(), Some(Standing::Encrypted));
        let moved = Keys::unlock(folder, &Shift(5)).unwrap();
        assert_eq!(moved.rest().unwrap().public(), public);
        assert_same(&keys, &moved);
    }
}

#[test]
fn a_data_key_is_never_stored_without_a_vault() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        open_encrypted(folder.path(), None),
        Err(NotebookError::InvalidInput { field: "vault", .. })
    ));
    assert!(!folder.path().join(FILE).exists());
}

#[test]
fn another_data_key_under_the_same_seeds_is_found_out() {
    /// Closes as `Shift` does, and gives another last byte.
    struct Bent;
    impl KeyVault for Bent {
        fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
            Shift(3).wrap(plain)
        }
        fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
            let mut plain = Shift(3).unwrap(wrapped)?;
            *plain.last_mut().unwrap() ^= 2;
            Ok(plain)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    open_encrypted(folder.path(), Some(&Shift(3))).unwrap();
    assert!(matches!(open(folder.path(), Some(&Bent)), Err(NotebookError::Keys { .. })));
}
