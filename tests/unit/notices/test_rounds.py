"""Rounds: what is told, once, to whom, in which order, and after what went wrong."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lakehouse.config import load_settings
from lakehouse.errors import LockedError
from lakehouse.notices.delivering import hand_over
from lakehouse.notices.rounds import Round
from tests.notice_servers import MailServer, Receiver, mail_server, receiver
from tests.unit.notices.asked import EMPTY, App, Clock

ALERT = """
kpi = "overview.net_revenue"
condition = "below"
threshold = 50
quiet = "2h"
to = ["ops@example.com"]
"""
REPORT = """
page = "overview"
schedule = "0 7 * * *"
timezone = "Europe/London"
to = ["ops@example.com", "boss@example.com"]
"""


@dataclass
class Site:
    home: Path
    mail: MailServer
    hook: Receiver
    app: App
    clock: Clock

    def round(self) -> Round:
        environment = {
            "LAKEHOUSE_HOME": str(self.home),
            "LAKEHOUSE_SMTP__HOST": "127.0.0.1",
            "LAKEHOUSE_SMTP__PORT": str(self.mail.port),
            "LAKEHOUSE_SMTP__SECURITY": "none",
            "LAKEHOUSE_SMTP__SENDER": "bi@example.com",
            "LAKEHOUSE_WEBHOOKS__SECRET": "k3y",
        }
        settings = load_settings(folder=self.home, environment=environment)
        return Round(settings, self.app, self.clock)

    def write(self, what: str, name: str, text: str) -> None:
        file = self.home / what / f"{name}.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    @property
    def subjects(self) -> list[str]:
        return [mail["Subject"] for _, mail in self.mail.taken]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with mail_server(MailServer()) as mail, receiver() as hook:
        yield Site(tmp_path, mail, hook, App(), Clock(datetime.now(UTC)))


def test_an_alert_fires_once_and_tells_when_it_is_over(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    for value in (100, 10, 20, 100, 100):
        site.app.value = Decimal(value)
        site.round().run()
        site.clock.on(minutes=5)
    assert site.subjects == [
        "Alert: low: Net revenue is £x",
        "Back to normal: low: Net revenue is £x",
    ]


def test_a_figure_that_swings_is_told_once_while_it_is_quiet(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    for value in (10, 100, 10, 100, 10):
        site.app.value = Decimal(value)
        site.round().run()
        site.clock.on(minutes=5)
    assert [s.split(":")[0] for s in site.subjects] == ["Alert", "Back to normal"]

    site.clock.on(hours=2)  # it is still beyond when the quiet ends
    site.round().run()
    assert [s.split(":")[0] for s in site.subjects] == ["Alert", "Back to normal", "Alert"]


def test_no_figure_is_neither_an_alarm_nor_its_end(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    for value in (None, Decimal(10), None, Decimal(20)):
        site.app.value = value
        site.round().run()
    assert len(site.subjects) == 1


def test_a_measurement_that_keeps_nothing_sends_nothing(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    site.app.value = Decimal(10)
    (checked,) = site.round().check(["low"], keep=False)
    assert checked.event == "alert.fired"
    assert site.round().alert_states.names() == []
    assert list(site.round().deliver()) == []


def test_an_alert_that_can_not_be_measured_is_told_and_put_off(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    site.write("alerts", "other", ALERT)
    site.app.error = EMPTY
    first = site.round()
    first.run()
    assert [(each.name, each.error.exit_code) for each in first.failed] == [
        ("low", 4),
        ("other", 4),
    ]
    site.round().run()
    assert site.app.asked == 2  # not again at once

    site.clock.on(minutes=2)
    site.app.error, site.app.value = None, Decimal(10)
    site.round().run()
    assert len(site.subjects) == 2


def test_a_report_is_sent_at_its_time_and_once(site: Site) -> None:
    site.write("reports", "daily", REPORT)
    site.round().run()
    assert site.mail.taken == []  # its file is younger than its last time

    site.clock.on(hours=25)
    for _ in range(3):
        site.round().run()
    assert sorted(site.mail.to) == ["boss@example.com", "ops@example.com"]

    site.clock.on(days=3)  # nothing ran for three days: the newest of them is sent
    site.round().run()
    assert len(site.mail.taken) == 4


def test_what_is_refused_is_tried_again_and_to_nobody_else(site: Site) -> None:
    site.write("reports", "daily", REPORT)
    site.mail.refused["boss@example.com"] = "451 later"
    site.clock.on(hours=25)
    (failed,) = [each for each in site.round().run() if each.error is not None]
    assert failed.target == "boss@example.com"
    assert failed.error is not None
    assert failed.error.exit_code == 9
    assert "451 later" in failed.error.message
    assert site.round().run() == []  # it waits first

    del site.mail.refused["boss@example.com"]
    site.clock.on(minutes=2)
    site.round().run()
    assert site.mail.to == ["ops@example.com", "boss@example.com"]
    one, other = (mail["Message-ID"] for _, mail in site.mail.taken)
    assert one == other  # the same message


def test_what_is_never_taken_is_given_up_and_said(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    site.mail.data_answer, site.app.value = "554 no", Decimal(10)
    (first,) = site.round().run()
    site.clock.on(hours=23, minutes=59)
    (later,) = site.round().run()
    site.clock.on(hours=1)
    (last,) = site.round().run()
    assert [each.given_up for each in (first, later, last)] == [False, False, True]
    state = site.round().alert_states.read("low")
    assert state.outbox == ()
    assert "554 no" in (state.undelivered or "")


def test_a_kill_after_the_outbox_was_written_loses_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("alerts", "low", ALERT)
    site.app.value = Decimal(10)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lakehouse.notices.delivering.hand_over", killed)
    with pytest.raises(KeyboardInterrupt):
        site.round().run()
    assert site.mail.taken == []

    monkeypatch.setattr("lakehouse.notices.delivering.hand_over", hand_over)
    site.round().run()
    site.round().run()
    assert len(site.mail.taken) == 1


def test_two_rounds_at_once_are_refused(site: Site) -> None:
    with site.round().alone(), pytest.raises(LockedError, match="sending the messages"):
        site.round().run()


def test_a_damaged_file_stops_nothing_else(site: Site) -> None:
    site.write("alerts", "bad", 'kpi = "overview.orders')
    site.write("alerts", "low", ALERT)
    site.write("reports", "bad", "page = 7")
    site.app.value = Decimal(10)
    damaged = site.home / "notices" / "alerts" / "torn.json"
    site.write("alerts", "torn", ALERT)
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    done = site.round()
    done.run()
    assert {(each.what, each.name) for each in done.failed} == {
        ("alert", "bad"),
        ("alert", "torn"),
        ("report", "bad"),
    }
    assert len(site.mail.taken) == 1


def test_who_is_not_a_target_any_more_is_told_nothing(site: Site) -> None:
    site.write("alerts", "low", ALERT)
    site.mail.refused["ops@example.com"] = "550 nobody"
    site.app.value = Decimal(10)
    site.round().run()
    site.write("alerts", "low", ALERT.replace("ops@", "dev@"))
    site.mail.refused.clear()
    site.clock.on(hours=1)
    site.round().run()
    assert site.mail.taken == []
    (site.home / "alerts" / "low.toml").unlink()
    site.round().run()
    assert site.round().alert_states.names() == []


def test_a_webhook_gets_signed_json(site: Site) -> None:
    only_hook = f'webhooks = ["{site.hook.url}"]'
    site.write("reports", "daily", f"{REPORT.rpartition('to =')[0]}{only_hook}")
    site.clock.on(hours=25)
    site.round().run()
    ((headers, body),) = site.hook.came
    told = dict(part.split("=") for part in headers["Lakehouse-Signature"].split(","))
    expected = hmac.digest(b"k3y", told["t"].encode() + b"." + body, hashlib.sha256).hex()
    assert told["v1"] == expected
    assert int(told["t"]) == int(site.clock().timestamp())
    payload = json.loads(body)
    assert payload["type"] == headers["Lakehouse-Event"] == "report"
    assert payload["id"] == headers["Lakehouse-Delivery"]
    assert payload["figures"][0]["value"] == "3"
    assert payload["tables"][0]["csv"].endswith('"Norway",124.00\n')
    assert payload["state"]["link"] == "http://127.0.0.1:8501/overview?country=Norway"


@pytest.mark.parametrize(
    ("status", "told"), [(302, "leads elsewhere"), (500, "answered 500"), (404, "answered 404")]
)
def test_a_webhook_that_refuses_is_told_without_its_secret(
    site: Site, status: int, told: str
) -> None:
    site.write("alerts", "low", ALERT.replace("to = [", f'webhooks = ["{site.hook.url}"]\nto = ['))
    site.app.value, site.hook.status = Decimal(10), status
    (failed,) = [each for each in site.round().run() if each.error is not None]
    assert failed.error is not None
    assert told in failed.error.message
    assert "s3cret" not in failed.error.message
    assert len(site.mail.taken) == 1
