"""`/api/scheduled`: messages of the caller that are sent at a time."""

from litestar import Router, delete, get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Struct

from hubbub.chat import requests, scheduled
from hubbub.chat.kept_shapes import Scheduled
from hubbub.surfaces.rest.arguments import AppServices, Caller, PathId
from hubbub.surfaces.rest.time_parameter import epoch_ms


class ScheduledList(Struct):
    scheduled: list[Scheduled]


@get("/api/scheduled", summary="Your scheduled messages", operation_id="listScheduled")
async def list_scheduled(services: AppServices, caller: Caller) -> ScheduledList:
    """In all rooms, the next first. Those that were refused at their time have `failed`."""
    most = services.limits.scheduled_per_user
    return ScheduledList(await services.store.read(scheduled.ListScheduled(caller.user, most)))


@post("/api/scheduled", summary="Schedule a message", operation_id="scheduleMessage")
async def schedule(data: JSONBody[requests.ScheduleMessage], services: AppServices, caller: Caller) -> Scheduled:
    """Sent once at its time, also if the server is restarted meanwhile. A slash command is sent as text. Asking again
    with the same fields changes nothing."""
    return await services.store.write(
        scheduled.ScheduleMessage(
            caller.user,
            data.room,
            data.content,
            epoch_ms(data.at, "at"),
            services.limits,
            data.thread,
            data.also_in_room,
            data.reply_to,
        )
    )


@patch("/api/scheduled/{scheduled_message:str}", summary="Change a scheduled message", operation_id="changeScheduled")
async def change(
    scheduled_message: PathId, data: JSONBody[requests.ChangeScheduled], services: AppServices, caller: Caller
) -> Scheduled:
    """Its text, its time, or both. One that failed is tried again at its new time."""
    at = data.at if data.at is UNSET else epoch_ms(data.at, "at")
    return await services.store.write(
        scheduled.ChangeScheduled(caller.user, scheduled_message, services.limits, data.content, at)
    )


@post(
    "/api/scheduled/{scheduled_message:str}/send",
    summary="Send a scheduled message now",
    operation_id="sendScheduled",
    status_code=202,
)
async def send(scheduled_message: PathId, services: AppServices, caller: Caller) -> Scheduled:
    """Also one that failed. It is sent a moment later, or has `failed` then: your stream has an entry either way."""
    return await services.store.write(scheduled.SendScheduledNow(caller.user, scheduled_message))


@delete("/api/scheduled/{scheduled_message:str}", summary="Remove a scheduled message", operation_id="dropScheduled")
async def drop(scheduled_message: PathId, services: AppServices, caller: Caller) -> None:
    """It is not sent. Doing it again changes nothing."""
    await services.store.write(scheduled.DropScheduled(caller.user, scheduled_message))


router = Router("/", route_handlers=[list_scheduled, schedule, change, send, drop], tags=["Saved and drafts"])
