"""Request parameters as a panel sees them: query, form and multipart in one bag."""

from email import message_from_bytes
from urllib.parse import parse_qsl

FIELDS_MAX = 2000


def parameters_of(query: str, body: bytes, content_type: str) -> dict[str, str]:
    """All parameters; the body's win over the query's. A body without a type is a form."""
    merged = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    if content_type.lower().startswith("multipart/form-data"):
        merged.update(_multipart(body, content_type))
    else:
        text = body.decode("utf-8", "replace")
        merged.update(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    return merged


def _multipart(body: bytes, content_type: str) -> dict[str, str]:
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: dict[str, str] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode("utf-8", "replace")
    return fields


def cookies_of(header: str) -> dict[str, str]:
    """Cookies by name; values as they are."""
    pairs = (item.partition("=") for item in header.split(";"))
    return {name.strip(): value.strip() for name, found, value in pairs if found}
