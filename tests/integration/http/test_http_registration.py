"""Registering, logging in, and being kept out."""

import pytest

from billing_kernel.application.registering import TRIES_MAX

PASSWORD = "long enough!"
REGISTRATION = {
    "name": "Ann",
    "email": "Ann@Client.test",
    "password": PASSWORD,
    "password_confirmation": PASSWORD,
    "country": "de",
}


@pytest.fixture
def ann(guest, shop):
    """Somebody who registered."""
    made = guest.done("POST", "/clients", REGISTRATION)
    return type(guest)(guest.http, made["token"], made["client"]["id"])


def test_registering_logs_in(guest, shop):
    """The form leads straight into the client area."""
    made = guest.done("POST", "/clients", REGISTRATION)
    assert (made["client"]["email"], made["client"]["country"]) == ("ann@client.test", "DE")
    assert made["client"]["provider_id"] == shop.provider.id
    person = type(guest)(guest.http, made["token"])
    assert person.done("GET", "/me") == made["client"]
    opened = guest.done("POST", "/sessions", {"email": "ann@client.test", "password": PASSWORD})
    assert opened["role"] == "client"
    assert opened["token"] != made["token"]


def test_a_repeated_registration_gets_a_token_of_its_own(kernel, guest, shop):
    """The first answer may be lost; its token isn't kept anywhere to be given out again."""
    first = guest.done("POST", "/clients", REGISTRATION, key="r")
    again = guest.done("POST", "/clients", REGISTRATION, key="r")
    assert again["client"] == first["client"]
    assert again["token"] != first["token"]
    assert type(guest)(guest.http, again["token"]).get("/me").status_code == 200
    other = guest.post("/clients", {**REGISTRATION, "password": "x" * 9}, key="r")
    assert other.status_code in (400, 422)
    with kernel.database.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT answer FROM idempotency_keys").all()
    assert first["token"] not in str(kept)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("password", "short", "/password"),
        ("password", "password", "/password"),
        ("password_confirmation", "different", "/password_confirmation"),
        ("email", "nobody", "/email"),
        ("country", "Germany", "/country"),
        ("name", "", "/name"),
        ("phone", "call me", "/phone"),
    ],
)
def test_a_registration_that_is_wrong_names_the_field(guest, shop, field, value, pointer):
    """The form marks what has to be typed again."""
    body = {**REGISTRATION, field: value}
    if (field, value) == ("password", "password") or value == "short":
        body["password_confirmation"] = value
    answer = guest.post("/clients", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_an_address_registers_once(guest, ann):
    """Two accounts with one login could not both log in."""
    answer = guest.post("/clients", {**REGISTRATION, "email": "ANN@client.test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "client.email_taken")


def test_guessing_is_slowed_down_for_known_and_unknown_logins_alike(guest, ann):
    """Whether an address is registered must not be readable from the answers."""
    for email in ("ann@client.test", "nobody@client.test"):
        wrong = guest.post("/sessions", {"email": email, "password": "wrong wrong"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "login.bad_credentials")
    for _ in range(TRIES_MAX):
        last = guest.post("/sessions", {"email": "ann@client.test", "password": "wrong wrong"})
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0
    right = guest.post("/sessions", {"email": "ann@client.test", "password": PASSWORD})
    assert right.status_code == 429


def test_a_forwarded_address_does_not_hide_who_guesses(guest, ann):
    """A header that anybody can send must not buy more attempts."""
    statuses = [
        guest.send(
            "POST",
            "/sessions",
            {"email": f"someone{number}@client.test", "password": "wrong wrong"},
            X_Forwarded_For=f"192.0.2.{number}",
        ).status_code
        for number in range(TRIES_MAX + 1)
    ]
    assert statuses[-1] == 429


def test_a_changed_password_ends_the_other_sessions(guest, ann):
    """Whoever stole a session loses it; whoever changed the password stays."""
    other = guest.done("POST", "/sessions", {"email": "ann@client.test", "password": PASSWORD})
    thief = type(guest)(guest.http, other["token"])
    body = {
        "current_password": PASSWORD,
        "password": "another long one",
        "password_confirmation": "another long one",
    }
    wrong = ann.put("/me/password", {**body, "current_password": "not it at all"})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"] == "/current_password"
    assert ann.put("/me/password", body).status_code == 204
    assert ann.get("/me").status_code == 200
    assert thief.get("/me").status_code == 401
    old = guest.post("/sessions", {"email": "ann@client.test", "password": PASSWORD})
    assert old.status_code == 401
    new = {"email": "ann@client.test", "password": "another long one"}
    assert guest.post("/sessions", new).status_code == 201


def test_a_profile_is_changed_field_by_field(ann):
    """What is left out stays; the login isn't a field of the profile."""
    before = ann.done("GET", "/me")
    after = ann.done("PATCH", "/me", {"phone": "+49 30 123", "country": "at"})
    assert after == {**before, "phone": "+49 30 123", "country": "AT"}
    for change in ({"email": "x@client.test"}, {"enabled": True}, {"name": None}):
        assert ann.patch("/me", change).status_code == 400
