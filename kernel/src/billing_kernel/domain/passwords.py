"""Which passwords are accepted."""

LENGTH_MIN = 8
LENGTH_MAX = 128
COMMON = frozenset(
    (
        "12345678 123456789 1234567890 password password1 qwertyui qwerty123 11111111 iloveyou "
        "sunshine princess football baseball trustno1 superman 1q2w3e4r zaq12wsx qazwsxedc "
        "passw0rd welcome1 abcd1234 administrator letmein1"
    ).split()
)


def password_errors(password: str) -> list[str]:
    """What is wrong with a password, each rule as a sentence; empty for a good one."""
    errors = []
    if len(password) < LENGTH_MIN:
        errors.append(f"must be at least {LENGTH_MIN} characters long")
    if len(password) > LENGTH_MAX:
        errors.append(f"must be at most {LENGTH_MAX} characters long")
    if "\x00" in password:
        errors.append("must not contain a null character")
    if password.lower() in COMMON:
        errors.append("is one of the passwords that are tried first; choose another")
    return errors
