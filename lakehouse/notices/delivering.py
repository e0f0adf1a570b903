"""Messages on their way: from the outboxes to their targets."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.notices import messages
from lakehouse.notices.definitions import Alert, Report, is_webhook, shown
from lakehouse.notices.files import N, Notices
from lakehouse.notices.mail import send_mail
from lakehouse.notices.state import (
    GIVEN_UP_AFTER,
    Delivery,
    K,
    Message,
    States,
    Told,
)
from lakehouse.notices.webhook import post

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Sent:
    """What became of a message at one target; `error` is None when it was taken."""

    what: str
    name: str
    event: str
    target: str
    error: LakehouseError | None = None
    given_up: bool = False


def hand_over(settings: Settings, message: Message, target: str, now: datetime) -> None:
    """Give a message to a target. Raises ConfigError, DeliveryError."""
    if is_webhook(target):
        post(settings.webhooks, message, target, now)
    else:
        send_mail(settings.smtp, message, target)


def try_out(
    settings: Settings, notices: Notices[Alert] | Notices[Report], name: str, clock: Clock
) -> Iterator[Sent]:
    """Send a test message to each target, once. Raises ConfigError when there is no such notice."""
    notice = notices.read(name)
    message = messages.of_test(settings, name, notice, clock())
    for target in notice.targets:
        error = None
        try:
            hand_over(settings, message, target, clock())
        except LakehouseError as e:
            error = e
        yield Sent(notices.what, name, "test", target, error, given_up=True)


@dataclass(frozen=True)
class Carrier(Generic[N, K]):
    """Carries the messages of the alerts, or of the reports, of a home. `stop` ends it."""

    settings: Settings
    notices: Notices[N]
    states: States[K]
    clock: Clock
    stop: threading.Event

    def deliver(self, name: str) -> Iterator[Sent]:
        """Try what is due of one notice; each success and failure is kept before the next begins.

        Who is not one of its targets any more is told nothing. Raises ConfigError for a file that
        can't be read.
        """
        if not self.notices.file(name).exists():
            self.states.forget(name)
            return
        state, targets = self.states.read(name), self.notices.read(name).targets
        for message in state.outbox:
            for delivery in message.waiting:
                if self.stop.is_set():
                    return
                sent = None
                if delivery.target in targets:
                    if not delivery.is_due(self.clock()):
                        continue
                    sent = self._tried(name, message, delivery)
                state = _settled(state, message, delivery, sent, self.clock())
                self.states.write(name, state)
                if sent is not None:
                    yield sent

    def _tried(self, name: str, message: Message, delivery: Delivery) -> Sent:
        what, error = self.notices.what, None
        try:
            hand_over(self.settings, message, delivery.target, self.clock())
        except LakehouseError as e:
            error = e
        given_up = error is not None and self.clock() - message.made_at >= GIVEN_UP_AFTER
        return Sent(what, name, message.event, delivery.target, error, given_up)


def _settled(state: K, message: Message, delivery: Delivery, sent: Sent | None, now: datetime) -> K:
    """The state with a delivery crossed off, or put off."""
    put_off = None
    update: dict[str, object] = {}
    if sent is not None and sent.error is not None:
        update["undelivered"] = f"{shown(delivery.target)}: {sent.error.message}"
        if not sent.given_up:
            failed = Told.of(sent.error, now, delivery.failed)
            put_off = Delivery(target=delivery.target, failed=failed)
    elif sent is not None:
        update |= {"sent_at": now, "undelivered": None}
    outbox = []
    for each in state.outbox:
        if each.id != message.id:
            outbox.append(each)
            continue
        waiting = [d for d in each.waiting if d.target != delivery.target]
        waiting += [put_off] if put_off else []
        if waiting:
            outbox.append(each.model_copy(update={"waiting": tuple(waiting)}))
    return state.model_copy(update=update | {"outbox": tuple(outbox)})
