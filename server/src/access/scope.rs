//! How far an account sees.

/// What an account sees: everything, or one organisation's, or one region's, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Only what this organisation's observers sent; none: every organisation's.
    pub org: Option<String>,
    /// Only what belongs to this region of the register; none: every region.
    pub region: Option<String>,
}

impl Scope {
    /// Whether an object of `org` in `region` may be seen. What belongs to no organisation or to no
    /// region is for those who see all of them.
    pub fn sees(&self, org: Option<&str>, region: Option<&str>) -> bool {
        let within = |limit: &Option<String>, of: Option<&str>| match limit {
            None => true,
            Some(limit) => of == Some(limit.as_str()),
        };
        within(&self.org, org) && within(&self.region, region)
    }

    /// Whether it has no limit.
    pub const fn is_everything(&self) -> bool {
        self.org.is_none() && self.region.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_limit_shows_its_own_and_nothing_that_belongs_to_nobody() {
        let all = Scope::default();
        assert!(all.sees(None, None) && all.sees(Some("a"), Some("r")));
        let org = Scope { org: Some("a".to_owned()), region: None };
        assert!(org.sees(Some("a"), None) && !org.sees(Some("b"), None) && !org.sees(None, None));
        let both = Scope { org: Some("a".to_owned()), region: Some("r".to_owned()) };
        assert!(both.sees(Some("a"), Some("r")));
        assert!(!both.sees(Some("a"), Some("s")) && !both.sees(Some("b"), Some("r")));
    }
}
