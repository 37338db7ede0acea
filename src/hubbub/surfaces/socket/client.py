"""A signed-in connection, which executes the frames of its client."""

import asyncio
from collections.abc import Callable
from typing import Any

from hubbub.chat import following, members, messages, profile_changes, reactions, reads
from hubbub.chat.transaction import Command
from hubbub.errors import HubbubError, NotFound
from hubbub.live.wire.frame import Frame
from hubbub.surfaces import slash_commands
from hubbub.surfaces.socket import frames
from hubbub.surfaces.socket.frames import Ack, PongEvent
from hubbub.surfaces.socket.resume import Resume


class Client(Resume):
    """Frames are executed in the order in which they arrive."""

    __slots__ = ()

    def execute(self, frame: Any) -> None:
        """Execute one frame. Raises HubbubError for what is refused without asking the store."""
        match frame:
            case frames.MessageFrame():
                self._post(frame)
            case frames.EditFrame():
                self._edit(frame)
            case frames.DeleteFrame(room=room, seq=seq, ref=ref):
                self._submit(messages.DeleteMessage(self.user, room, seq), ref, _message_ack)
            case frames.ReactionFrame(room=room, seq=seq, emoji=emoji, op=op, ref=ref):
                command = reactions.React(self.user, room, seq, emoji, op, self._services.limits)
                self._submit(command, ref, _message_ack)
            case frames.ReadFrame(room=room, seq=seq, thread=int(root), ref=ref):
                self._submit(following.MarkThreadRead(self.user, room, root, seq), ref, _thread_ack(room))
            case frames.FollowFrame(room=room, thread=root, on=on, ref=ref):
                self._submit(following.FollowThread(self.user, room, root, on), ref, _thread_ack(room))
            case frames.ReadFrame(room=room, seq=seq, ref=ref):
                self._submit(
                    reads.MarkRead(self.user, room, seq),
                    ref,
                    lambda ref, marked: Ack(ref, marked.room, marked.seq),
                )
            case frames.JoinFrame(room=room, ref=ref):
                joining = members.AddMember(self.user, room, self._services.limits)
                self.after_subscribing(room, lambda: self._change_membership(joining, room, ref), ref)
            case frames.LeaveFrame(room=room, ref=ref):
                leaving = members.RemoveMember(self.user, room, self.user, self._services.limits)
                self.after_subscribing(room, lambda: self._change_membership(leaving, room, ref), ref)
            case frames.SubscribeFrame():
                self.subscribe(frame)
            case frames.UnsubscribeFrame(room=room, ref=ref):
                self.after_subscribing(room, lambda: self._unsubscribe(room, ref), ref)
            case frames.TypingStartFrame(room=room, ref=ref) | frames.TypingStopFrame(room=room, ref=ref):
                on = isinstance(frame, frames.TypingStartFrame)
                self.after_subscribing(room, lambda: self._type(room, on, ref), ref)
            case frames.PresenceFrame():
                self._set_status(frame)
            case frames.PingFrame(ref=ref):
                self._socket.send(Frame.of(PongEvent(ref)))
            case frames.Hello():
                self.require_capacity()
                self._run(self.greet_again(frame), frame.ref)

    def _post(self, frame: frames.MessageFrame) -> None:
        command = messages.compose(
            self.user,
            frame.content,
            self._services.limits,
            frame.room,
            frame.to,
            frame.key,
            frame.reply_to,
            thread=frame.thread,
            also_in_room=frame.also_in_room,
            kind=frame.kind,
            extra=frame.extra,
            kinds=self._services.kinds,
        )
        if self._services.commands is not None:
            text = slash_commands.command_in(self._services, command, frame.as_text)
            if text is not None:
                self.require_capacity()
                self._run(self._run_command(text, command, frame.ref), frame.ref)
                return
        self._submit(command, frame.ref, _posted_ack)

    async def _run_command(
        self, text: slash_commands.CommandText, posting: messages.PostMessage, ref: int | str | None
    ) -> None:
        result = await slash_commands.run(text, posting, self._services)
        if not self._socket.closing:
            ack = Ack(ref, posting.room, answer=result) if isinstance(result, str) else _posted_ack(ref, result)
            self._socket.send(Frame.of(ack))

    def _edit(self, frame: frames.EditFrame) -> None:
        command = messages.amend(
            self.user,
            frame.room,
            frame.seq,
            frame.content,
            self._services.limits,
            kind=frame.kind,
            extra=frame.extra,
            kinds=self._services.kinds,
        )
        self._submit(command, frame.ref, _message_ack)

    def _change_membership(self, command: Command[Any], room: int, ref: int | str | None) -> None:
        """Join or leave a room. A later `subscribe` waits for the outcome, as it depends on the membership."""
        self.membership_change = change = asyncio.get_running_loop().create_future()

        def done(result: Any) -> None:
            change.set_result(None)
            if not self._socket.closing:
                self._answer(result, ref, lambda ref, _: Ack(ref, room))

        self._services.store.submit(command, done)

    def _unsubscribe(self, room: int, ref: int | str | None) -> None:
        self.unsubscribe(room)
        self._ack(ref, room)

    def _type(self, room: int, on: bool, ref: int | str | None) -> None:
        # An invisible user is not shown as typing, but the frame is still checked.
        on = on and not self._services.presence.is_invisible(self.user)
        if not self._services.hub.type(self._socket, room, on):
            raise NotFound("You do not listen to this room. Join or subscribe to it first.", reason="no_room")
        self._ack(ref, room)

    def _set_status(self, frame: frames.PresenceFrame) -> None:
        away = frame.status == "away"
        chosen = "online" if away else frame.status
        self._services.hub.presence_fanout.away(self._socket, away)

        def done(result: HubbubError | None) -> None:
            if isinstance(result, HubbubError):
                self.refuse(result, frame.ref)
                return
            if self.present and not self._socket.closing:
                self._services.hub.presence_fanout.on_status(self.user, chosen)
            self._ack(frame.ref, None)

        self._services.store.submit(profile_changes.ChooseStatus(self.user, chosen), done)

    def _submit(
        self, command: Command[Any], ref: int | str | None, answer: Callable[[int | str | None, Any], Ack]
    ) -> None:
        def done(result: Any) -> None:
            if not self._socket.closing:
                self._answer(result, ref, answer)

        self._services.store.submit(command, done)

    def _answer(self, result: Any, ref: int | str | None, answer: Callable[[int | str | None, Any], Ack]) -> None:
        if isinstance(result, HubbubError):
            self.refuse(result, ref)
        else:
            self._socket.send(Frame.of(answer(ref, result)))

    def _ack(self, ref: int | str | None, room: int | None) -> None:
        """Acknowledge a frame that stores nothing, if it has a `ref`."""
        if ref is not None:
            self._socket.send(Frame.of(Ack(ref, room)))


def _posted_ack(ref: int | str | None, posted: messages.Posted) -> Ack:
    message = posted.message
    return Ack(ref, message.room, message.seq, message.version, message.at)


def _message_ack(ref: int | str | None, message: Any) -> Ack:
    return Ack(ref, message.room, message.seq, message.version)


def _thread_ack(room: int) -> Callable[[int | str | None, Any], Ack]:
    """With the `seq` up to which the thread is read."""
    return lambda ref, reader: Ack(ref, room, reader.read_seq)
