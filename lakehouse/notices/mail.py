"""Mail: one message to one address, handed to the configured server."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime

from lakehouse.errors import ConfigError, DeliveryError
from lakehouse.notice_settings import SmtpSettings
from lakehouse.notices.state import Message

_CHECK = "check [smtp] of lakehouse.toml"


def as_mail(message: Message, sender: str, address: str) -> EmailMessage:
    """The message as mail: text and HTML, its pictures in the HTML, its other files beside."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, address, message.subject
    mail["Date"] = format_datetime(message.made_at)
    # The same however often it is sent: programs for mail show one of them.
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    html = list(mail.iter_parts())[-1]
    for file in message.files:
        main, sub = file.kind.split("/")
        if file.is_picture and isinstance(html, EmailMessage):
            html.add_related(
                file.content, main, sub, cid=f"<{file.name}>", filename=file.name,
                disposition="inline",
            )  # fmt: skip
        else:
            mail.add_attachment(file.content, main, sub, filename=file.name)
    return mail


def send_mail(smtp: SmtpSettings, message: Message, address: str) -> None:
    """Hand a message to the mail server.

    Raises ConfigError where no server is configured, DeliveryError when it does not take it.
    """
    if not smtp.host or smtp.sender is None:
        hint = "[smtp] of lakehouse.toml names host and sender; docs/alerts.md shows one"
        raise ConfigError("no mail server is configured", hint=hint)
    with _explained(smtp, address), _connected(smtp) as server:
        if smtp.user:
            server.login(smtp.user, smtp.password)
        server.send_message(as_mail(message, smtp.sender, address), smtp.sender, [address])


@contextmanager
def _connected(smtp: SmtpSettings) -> Iterator[smtplib.SMTP]:
    host, port = smtp.at
    context = ssl.create_default_context()
    if smtp.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=smtp.timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=smtp.timeout)
    taken = False
    try:
        if smtp.security == "starttls":
            server.starttls(context=context)
        yield server
        taken = True
    finally:
        # What was taken is taken, whatever becomes of the goodbye.
        try:
            if taken:
                server.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            server.close()


@contextmanager
def _explained(smtp: SmtpSettings, address: str) -> Iterator[None]:  # noqa: C901 - a case each
    at = "{}:{}".format(*smtp.at)
    try:
        yield
    except ssl.SSLCertVerificationError as e:
        hint = "SSL_CERT_FILE names the certificates of an authority of your own"
        raise DeliveryError(
            f"the certificate of {at} can't be trusted: {e.verify_message}", hint=hint
        ) from e
    except ssl.SSLError as e:
        hint = 'security is "tls" (port 465), "starttls" (587) or "none" (25)'
        raise DeliveryError(f"{at} speaks no TLS as [smtp] security wants it", hint=hint) from e
    except smtplib.SMTPNotSupportedError as e:
        hint = f'{_CHECK}: security = "tls", another port, or no user'
        raise DeliveryError(f"{at} does not offer what [smtp] asks for: {e}", hint=hint) from e
    except smtplib.SMTPAuthenticationError as e:
        hint = "check smtp.user and LAKEHOUSE_SMTP__PASSWORD"
        raise DeliveryError(f"{at} does not take user and password ({_code(e)})", hint=hint) from e
    except smtplib.SMTPRecipientsRefused as e:
        code, told = next(iter(e.recipients.values()))
        raise DeliveryError(
            f"{at} refuses {address}: {code} {_words(told)}", hint="check the address"
        ) from e
    except smtplib.SMTPSenderRefused as e:
        raise DeliveryError(f"{at} refuses the sender: {_code(e)}", hint="check smtp.sender") from e
    except smtplib.SMTPResponseException as e:
        raise DeliveryError(f"{at} refuses the message: {_code(e)}", hint=_CHECK) from e
    except smtplib.SMTPServerDisconnected as e:
        reason = "did not answer in time" if isinstance(e.__context__, TimeoutError) else "hung up"
        raise DeliveryError(f"{at} {reason}", hint=_CHECK) from e
    except TimeoutError as e:
        hint = f"it is tried again; {_CHECK}, and smtp.timeout"
        raise DeliveryError(f"{at} did not answer in {smtp.timeout:g} s", hint=hint) from e
    except socket.gaierror as e:
        raise DeliveryError(f"there is no mail server {smtp.host}", hint=_CHECK) from e
    except OSError as e:
        raise DeliveryError(f"{at} can't be reached: {e.strerror or e}", hint=_CHECK) from e
    except smtplib.SMTPException as e:
        raise DeliveryError(f"{at} refuses the message: {e}", hint=_CHECK) from e


def _code(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_words(error.smtp_error)}"


def _words(told: bytes | str) -> str:
    text = told.decode(errors="replace") if isinstance(told, bytes) else told
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
