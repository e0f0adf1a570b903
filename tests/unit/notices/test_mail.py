"""Mail against a real server: what arrives, and what is said when it does not."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lakehouse.config import Settings, load_settings
from lakehouse.errors import ConfigError, DeliveryError
from lakehouse.notice_settings import SmtpSettings
from lakehouse.notices import messages
from lakehouse.notices.definitions import Report
from lakehouse.notices.mail import send_mail
from tests.notice_servers import MailServer, mail_server
from tests.unit.notices.asked import page

NOW = datetime(2024, 5, 10, 7, tzinfo=UTC)
ADDRESS = "ops@example.com"
MESSAGE = messages.of_report(
    Settings(),
    "daily",
    Report.model_validate({"page": "overview", "schedule": "0 7 * * *", "to": [ADDRESS]}),
    page(),
    NOW,
)
Served = Callable[..., MailServer]


@pytest.fixture
def served() -> Iterator[Served]:
    """Start a mail server; it ends with the test."""
    with ExitStack() as stack:
        yield lambda **told: stack.enter_context(mail_server(MailServer(**told)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    return made


def smtp(server: MailServer, **given: Any) -> SmtpSettings:
    known = {"host": "127.0.0.1", "port": server.port, "sender": "bi@example.com", "timeout": 5}
    return SmtpSettings.model_validate({"security": "none", **known, **given})


def part(mail: EmailMessage, kind: str) -> str:
    (found,) = [each for each in mail.walk() if each.get_content_type() == kind]
    return str(found.get_payload(decode=True).decode())  # type: ignore[union-attr]


def test_a_report_arrives_as_text_as_html_and_with_its_rows(served: Served) -> None:
    server = served()
    send_mail(smtp(server), MESSAGE, ADDRESS)
    ((address, mail),) = server.taken
    assert address == mail["To"] == ADDRESS
    assert mail["Subject"] == "Sales overview, 12 Apr \u2013 9 May 2024"
    assert mail["Message-ID"] == f"<{MESSAGE.id}@example.com>"
    text, html = part(mail, "text/plain"), part(mail, "text/html")
    assert "Net revenue is up 16.5% (<i>), led by A*B." in text
    assert "Orders: 3" in text
    assert "<strong>up 16.5%</strong> (&lt;i&gt;), led by <strong>A*B</strong>." in html
    assert "&lt;b&gt;Norway&lt;/b&gt;" in html
    assert "3 more are in countries.csv" in html
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "countries.csv"
    assert part(mail, "text/csv") == '"country","net"\r\n"Norway",124.00\r\n'.replace("\r", "")


@pytest.mark.parametrize(
    ("told", "given", "says"),
    [
        ({"refused": {ADDRESS: "550 no such person"}}, {}, "refuses ops@example.com: 550 no such"),
        ({"data_answer": "452 disk full"}, {}, "refuses the message: 452 disk full"),
        (
            {"password": "right"},
            {"user": "bi", "password": "wr0ng"},
            "does not take user and password (535",
        ),
        ({}, {"user": "bi", "password": "wr0ng"}, "does not offer"),
        ({}, {"security": "starttls"}, "does not offer"),
        ({}, {"security": "tls"}, "speaks no TLS"),
        ({"silent": True}, {"timeout": 0.05}, "did not answer in"),
    ],
)
def test_a_refusal_is_explained(
    served: Served, told: dict[str, Any], given: dict[str, Any], says: str
) -> None:
    server = served(**told)
    with pytest.raises(DeliveryError) as caught:
        send_mail(smtp(server, **given), MESSAGE, ADDRESS)
    assert says in caught.value.message
    assert caught.value.hint
    assert "wr0ng" not in caught.value.message + caught.value.hint
    assert server.taken == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_password_goes_to_a_server_that_is_trusted_alone(
    served: Served, certificate: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    tls = context(certificate)
    server = served(tls=tls, starttls=security == "starttls", password="right")
    given = smtp(server, security=security, user="bi", password="right")
    with pytest.raises(DeliveryError, match="can't be trusted"):
        send_mail(given, MESSAGE, ADDRESS)
    assert server.logins == []

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    send_mail(given, MESSAGE, ADDRESS)
    assert server.logins == ["right"]
    assert server.to == [ADDRESS]


def test_a_server_that_is_not_there_is_told(served: Served) -> None:
    with mail_server(MailServer()) as gone:
        pass
    with pytest.raises(DeliveryError, match="can't be reached: Connection refused"):
        send_mail(smtp(gone), MESSAGE, ADDRESS)
    with pytest.raises(ConfigError, match="no mail server is configured"):
        send_mail(SmtpSettings(), MESSAGE, ADDRESS)


def test_a_secret_in_the_file_is_refused_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "lakehouse.toml"
    file.write_text('[smtp]\nhost = "mail"\nsender = "bi@example.com"\npassword = "pa55"\n')
    with pytest.raises(ConfigError, match=r"smtp\.password") as caught:
        load_settings(folder=tmp_path, environment={})
    assert "LAKEHOUSE_SMTP__PASSWORD" in caught.value.hint
    file.unlink()
    settings = load_settings(folder=tmp_path, environment={"LAKEHOUSE_SMTP__PASSWORD": "p5"})
    assert settings.smtp.password == "p5"
    assert "p5" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"host": "mail"}, "sender is missing"),
        ({"host": "mail", "sender": "bi"}, "e-mail address"),
        (
            {"host": "mail", "sender": "a@b", "user": "u", "security": "none"},
            "in clear",
        ),
    ],
)
def test_settings_that_can_not_work_are_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SmtpSettings.model_validate(given)
