//! Figures of every unit, ours or the commission's, as far as an account sees them.

use hattama_proto::{id::UnitCode, pack::Pack, statement::Level};

use crate::{
    access::Scope, app::Headquarters, export::Figures, merge::Cells, picture::PictureError,
};

impl Headquarters {
    /// Our figures of every unit within `scope`, in the order of the register. They share what
    /// headquarters knows anyway.
    pub(crate) async fn our_figures(&self, scope: &Scope) -> Result<Figures, PictureError> {
        let digests = self.digests_within(scope).await?;
        let (book, known) = (self.book.read(), digests.read());
        let figures = |unit: &UnitCode| Some(known.get(unit)?.figures.clone());
        let is_there = |cells: &Cells| !cells.is_empty();
        Ok(in_order(&book.pack, |unit| figures(unit).filter(is_there)))
    }

    /// What was published last of these levels, within the region of `scope`.
    pub(crate) async fn official_figures(
        &self,
        scope: &Scope,
        levels: &[Level],
    ) -> Result<Figures, PictureError> {
        let comparison = self.comparison_within(scope).await?;
        let (official, book) = (comparison.official(), self.book.read());
        let figures = |unit: &UnitCode| {
            let level = book.pack.units.get(unit)?.kind.level();
            let at = Level::ALL.iter().position(|of| *of == level)?;
            let is_seen = levels.contains(&level) && scope.sees_unit(&book, unit);
            official[at].rows.get(unit).filter(|_| is_seen).cloned()
        };
        Ok(in_order(&book.pack, figures))
    }
}

fn in_order(pack: &Pack, figures: impl Fn(&UnitCode) -> Option<Cells>) -> Figures {
    let codes = pack.units.all().iter().map(|unit| &unit.code);
    codes.filter_map(|code| Some((code.clone(), figures(code)?))).collect()
}
