//! Going on in the election that follows, without an invitation: another notebook with keys of its
//! own, for each of which the old one of the same role vouches.
//!
//! The key for protocols goes first. With its enrolment headquarters gives a one-use word, which the
//! request for the other key shows: so the two share nothing that is kept, and whoever may not carry
//! over with the one does not with the other.

use hattama_proto::{
    id::WordsHash,
    invitation::{Invitation, Proof},
    jws::sign,
    kind::{Kind, Role},
    record::{Vouch, VouchClaims},
    statement::Succession,
};

use super::{EnrolmentSummary, Notebook, enrol::ask};
use crate::{
    capture::fresh_nonce,
    error::NotebookError,
    outbox::{self, EnrolmentRow},
    steps::crash_point,
    sync::statement,
    transport::{HttpTransport, Transport},
};

impl Notebook {
    /// Which election follows, as the root of this one has said; none while it has not.
    pub fn succession(&self) -> Result<Option<Succession>, NotebookError> {
        let text = self.with(|outbox| outbox.setting(outbox::SUCCESSION))?;
        let (Some(text), Some(root), Some(election)) = (text, self.root_key()?, self.election()?)
        else {
            return Ok(None);
        };
        Ok(Some(statement::<Succession>(&text, &root, &election)?.claims.body))
    }

    /// Enrols `next`, a notebook in another folder, in the election that follows, over HTTPS to the
    /// addresses that the root has said. The language goes along; no record does.
    ///
    /// Blocks. Safe to repeat: a lost answer is asked for again.
    pub fn follow(&self, next: &Self) -> Result<EnrolmentSummary, NotebookError> {
        let succession = self.needed_succession()?;
        let transport = HttpTransport::new(&succession.hq, succession.pin.as_deref())
            .map_err(|error| NotebookError::invalid("succession", error))?;
        self.follow_through(next, &transport)
    }

    /// As [`follow`](Self::follow), through a transport of the caller's.
    pub fn follow_through(
        &self,
        next: &Self,
        transport: &dyn Transport,
    ) -> Result<EnrolmentSummary, NotebookError> {
        // Either notebook may be interrupted or paused meanwhile; each was armed before it was entered.
        let own = self.stop.armed();
        let _working = self.enter()?;
        let turn = next.take_turn()?;
        let stop = turn.stop.clone().or(own);
        let invitation = self.needed_succession()?.as_invitation();
        if let Some(election) = next.election()?
            && election != invitation.election
        {
            return Err(NotebookError::invalid(
                "notebook",
                format!("{} follows; that notebook is about {election}", invitation.election),
            ));
        }
        let mut row = self.vouched(next, &invitation, Role::Results, "")?;
        crash_point("enrolment-requested");
        let first = ask(&row.request, transport, &stop)?;
        let ticket = first.ticket.clone().unwrap_or_default();
        let mut rows = vec![row];
        row = self.vouched(next, &invitation, Role::Incidents, &ticket)?;
        let second = ask(&row.request, transport, &stop)?;
        rows.push(row);
        let summary = next.take_over(&invitation, rows, vec![first, second], transport, &stop)?;
        next.set_language(&self.language()?)?;
        Ok(summary)
    }

    /// The election that follows, or what to do to hear of it.
    pub fn needed_succession(&self) -> Result<Succession, NotebookError> {
        self.succession()?.ok_or_else(|| {
            let error = "headquarters has not said yet which election follows; sync first";
            NotebookError::invalid("succession", error)
        })
    }

    /// The signed request for the key of `role`, made now or kept from an earlier attempt. Stored once
    /// it returns.
    fn vouched(
        &self,
        next: &Self,
        invitation: &Invitation,
        role: Role,
        ticket: &str,
    ) -> Result<EnrolmentRow, NotebookError> {
        // Which key vouched is part of the name, so that another notebook makes another request.
        let by = format!("{} {}", self.kid(role), invitation.election);
        let name = WordsHash::of(by.as_bytes()).to_hex();
        let known = next.with(|outbox| outbox.enrolments())?;
        let kept = known
            .into_iter()
            .find(|row| row.role == role && row.invitation == name && next.is_own_request(row));
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let keys =
            |error: &dyn std::fmt::Display| NotebookError::Keys { reason: error.to_string() };
        let claims = VouchClaims {
            election: self.election()?.ok_or(NotebookError::NotEnrolled)?,
            nonce: fresh_nonce(self.options.random.as_ref()).map_err(|error| keys(&error))?,
            body: Vouch { next: invitation.election.clone(), key: next.kid(role) },
        };
        let own = self.keys()?;
        let vouch = sign(own.of_role(role), Kind::Vouch, &claims).map_err(|error| keys(&error))?;
        let proof = Proof::derive(ticket, role);
        let row = EnrolmentRow {
            role,
            invitation: name,
            request: next.sign_request(invitation, role, proof, Some(vouch))?,
            statement: None,
            token: None,
            token_expires_at: None,
        };
        next.with(|outbox| outbox.set_enrolments(std::slice::from_ref(&row), &[]))?;
        Ok(row)
    }
}
