//! Which releases correct which. Pure.

/// Every release that corrects `number`, and every one that corrects one of those, in order. `all`
/// holds each release with the one that it corrects, in any order.
///
/// A release corrects an earlier one only; anything else is passed over, so that no circle can be
/// shown.
pub fn corrections_of(number: u32, all: &[(u32, Option<u32>)]) -> Vec<u32> {
    let mut sorted: Vec<_> = all.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut found: Vec<u32> = Vec::new();
    for (later, corrects) in sorted {
        let Some(earlier) = corrects.filter(|earlier| *earlier < later) else { continue };
        if (earlier == number || found.contains(&earlier)) && !found.contains(&later) {
            found.push(later);
        }
    }
    found
}
