"""Whoever has an account joins the rooms of an invitation with it."""

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import invitations
from hubbub.chat.access import alive
from hubbub.chat.invitation_shapes import InvitedRoom
from hubbub.chat.limits import Limits
from hubbub.chat.permissions import WhoInvites
from hubbub.chat.records import InvitationRecord
from hubbub.chat.transaction import Outcome, Touches, Transaction
from hubbub.errors import NotAllowed


class JoinByInvitation(Struct, frozen=True):
    """Join the rooms of an invitation; returns all that it leads to.

    It counts as one use. Each account joins once: somebody who was removed from a room cannot come back by the link.
    `known`: the invitation as it was read before.
    """

    actor: int
    known: InvitationRecord
    who_invites: WhoInvites
    limits: Limits

    def touches(self) -> Touches:
        invited = invitations.touched_by_use(self.known)
        own = tuple((room, self.actor) for room in self.known.rooms)
        return replace(invited, members=(*invited.members, *own), kept=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[list[InvitedRoom]]:
        account = alive(tx, self.actor)
        record = invitations.require_open(tx, self.known, self.who_invites)
        if not invitations.rooms_for(tx, record, account.id):
            # There is nothing to join: nothing is used up.
            return Outcome(invitations.rooms_of(tx, record))
        if account.invitation == record.id or tx.invitations.has_joined(record.id, account.id):
            raise NotAllowed(
                "You have used this invitation before. Ask a member of the room to add you.", reason="invitation_used"
            )
        events = invitations.use(tx, record, account, self.limits)
        tx.invitations.note_join(record.id, account.id)
        return Outcome(invitations.rooms_of(tx, record), events)
