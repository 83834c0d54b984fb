"""Messages as e-mails: headers that nothing can be slipped into, and an identity that stays."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from hashlib import sha256

from billing_hookspecs import Message, UpstreamRefusedError
from billing_kernel.domain.messages import one_line


def letter_of(message: Message, sender: str) -> EmailMessage:
    """A message as an e-mail from ``sender``; raises UpstreamRefusedError for a bad address.

    Its Message-ID is the same for each attempt, so that mail servers and readers can tell a
    repetition.
    """
    letter = EmailMessage(policy=SMTP)
    letter["From"] = _address(sender, message.sender_name)
    letter["To"] = _address(message.recipient)
    if message.reply_to and message.reply_to != sender:
        letter["Reply-To"] = _address(message.reply_to)
    letter["Subject"] = one_line(message.subject)
    letter["Date"] = formatdate()
    letter["Message-ID"] = message_id(message, sender)
    letter["Auto-Submitted"] = "auto-generated"
    letter["Content-Language"] = one_line(message.language)
    letter.set_content(message.body)
    return letter


def message_id(message: Message, sender: str) -> str:
    """Stable over attempts, and another for another message."""
    parts = (str(message.message_id), message.recipient, message.subject, message.body)
    digest = sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"<{message.message_id}.{digest[:32]}@{_address(sender).domain}>"


def envelope_address(text: str) -> str:
    """An address as mail servers are told it; raises UpstreamRefusedError."""
    return _address(text).addr_spec


def _address(text: str, name: str = "") -> Address:
    try:
        whole = Address(addr_spec=text.strip() if text.isprintable() else "")
        domain = whole.domain.encode("idna").decode("ascii")
        if not whole.username or not domain:
            raise ValueError
        return Address(one_line(name), whole.username, domain)
    except (ValueError, IndexError, UnicodeError):
        raise UpstreamRefusedError("bad_address", "it isn't the address of a mailbox") from None
