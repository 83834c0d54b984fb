"""The standard texts, used where nobody wrote a message template for an occasion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from billing_hookspecs import LocalizedText


@dataclass(frozen=True, slots=True)
class Texts:
    """Subject and body of a message, by language."""

    subject: LocalizedText
    body: LocalizedText


_HELLO = {"en": "Hello {{ client.name }},", "ru": "Здравствуйте, {{ client.name }}!"}
_BYE = {
    "en": "{{ provider.name }}\n{{ provider.support_email }}",
    "ru": "{{ provider.name }}\n{{ provider.support_email }}",
}
_IF_PAID = (
    "{% if operation.kind == 'open' or operation.kind == 'renew' or operation.kind == 'change' %}"
)
_PAY = {
    "en": "{% if provider.billing_url %}Client area: {{ provider.billing_url }}\n\n{% endif %}",
    "ru": "{% if provider.billing_url %}Личный кабинет: {{ provider.billing_url }}\n\n{% endif %}",
}


def _texts(subject_en: str, body_en: str, subject_ru: str, body_ru: str) -> Texts:
    bodies = {"en": body_en, "ru": body_ru}
    return Texts(
        {"en": subject_en, "ru": subject_ru},
        {
            language: f"{_HELLO[language]}\n\n{body}\n\n{_PAY[language]}{_BYE[language]}\n"
            for language, body in bodies.items()
        },
    )


STANDARD: Final[Mapping[str, Texts]] = {
    "service.activated": _texts(
        "The service is ready for use: {{ service.name }}",
        "The service is ready for use.\n\n"
        "{{ service.tariff }}: {{ service.name }}"
        "{% if service.domain %}\nDomain: {{ service.domain }}{% endif %}"
        "{% if service.username %}\nLogin: {{ service.username }}{% endif %}"
        "{% if service.expires_on %}\nPaid until {{ service.expires_on }}{% endif %}",
        "Услуга готова к использованию: {{ service.name }}",
        "Услуга готова к использованию.\n\n"
        "{{ service.tariff }}: {{ service.name }}"
        "{% if service.domain %}\nДомен: {{ service.domain }}{% endif %}"
        "{% if service.username %}\nЛогин: {{ service.username }}{% endif %}"
        "{% if service.expires_on %}\nОплачено до {{ service.expires_on }}{% endif %}",
    ),
    "service.renewed": _texts(
        "Renewed: {{ service.name }}",
        "{{ service.name }} was renewed and is paid until {{ service.expires_on }}.",
        "Продлено: {{ service.name }}",
        "Услуга {{ service.name }} продлена и оплачена до {{ service.expires_on }}.",
    ),
    "service.suspended": _texts(
        "Suspended: {{ service.name }}",
        "{{ service.name }} was suspended."
        "{% if service.expires_on %} It was paid until {{ service.expires_on }};"
        " once it is renewed it runs again.{% endif %}",
        "Приостановлено: {{ service.name }}",
        "Услуга {{ service.name }} приостановлена."
        "{% if service.expires_on %} Она была оплачена до {{ service.expires_on }};"
        " после продления она снова заработает.{% endif %}",
    ),
    "service.resumed": _texts(
        "Running again: {{ service.name }}",
        "{{ service.name }} runs again."
        "{% if service.expires_on %} It is paid until {{ service.expires_on }}.{% endif %}",
        "Снова работает: {{ service.name }}",
        "Услуга {{ service.name }} снова работает."
        "{% if service.expires_on %} Она оплачена до {{ service.expires_on }}.{% endif %}",
    ),
    "service.deleted": _texts(
        "Deleted: {{ service.name }}",
        "{{ service.name }} was deleted with its data.",
        "Удалено: {{ service.name }}",
        "Услуга {{ service.name }} удалена вместе с данными.",
    ),
    "service.expiring": _texts(
        "{{ service.name }} expires on {{ service.expires_on }}",
        "{{ service.name }} is paid until {{ service.expires_on }}, which is in"
        " {{ reminder.days_left }} {% if reminder.days_left == '1' %}day{% else %}days{% endif %}."
        "{% if reminder.price %} Renewing it costs {{ reminder.price }}.{% endif %}"
        " Please renew it in time.",
        "{{ service.name }}: оплачено до {{ service.expires_on }}",
        "Услуга {{ service.name }} оплачена до {{ service.expires_on }},"
        " осталось дней: {{ reminder.days_left }}."
        "{% if reminder.price %} Стоимость продления: {{ reminder.price }}.{% endif %}"
        " Пожалуйста, продлите её вовремя.",
    ),
    "service.deletion": _texts(
        "{{ service.name }} will be deleted on {{ reminder.deleted_on }}",
        "{{ service.name }} was paid until {{ service.expires_on }} and will be deleted with its"
        " data on {{ reminder.deleted_on }}, unless it is renewed before."
        "{% if reminder.price %} Renewing it costs {{ reminder.price }}.{% endif %}",
        "{{ service.name }} будет удалена {{ reminder.deleted_on }}",
        "Услуга {{ service.name }} была оплачена до {{ service.expires_on }} и будет удалена"
        " вместе с данными {{ reminder.deleted_on }}, если её не продлить раньше."
        "{% if reminder.price %} Стоимость продления: {{ reminder.price }}.{% endif %}",
    ),
    "service.unconfigured": _texts(
        "{{ service.name }} waits for you",
        "{{ service.tariff }} is paid and can't be opened yet: please tell in the client area what"
        " it is for. If you don't want it any more, give it up there; the money then returns to"
        " your balance.",
        "{{ service.name }}: ждём ваши данные",
        "Услуга {{ service.tariff }} оплачена, но её ещё нельзя открыть: пожалуйста, укажите в"
        " личном кабинете, для чего она. Если она больше не нужна, откажитесь от неё там же:"
        " деньги вернутся на баланс.",
    ),
    "balance.low": _texts(
        "Your balance is enough until {{ balance.ends_on }}",
        "Your balance of {{ balance.amount }} is low: your services cost {{ balance.per_day }}"
        " a day. On {{ balance.ends_on }} it will not be enough any more, and services will be"
        " suspended. Please top it up in time.",
        "Баланса хватит до {{ balance.ends_on }}",
        "На балансе {{ balance.amount }}, а услуги стоят {{ balance.per_day }} в день."
        " {{ balance.ends_on }} денег уже не хватит, и услуги будут приостановлены."
        " Пожалуйста, пополните баланс вовремя.",
    ),
    "operation.refused": _texts(
        "{{ service.name }}: your request could not be carried out",
        "What you asked for {{ service.name }} could not be carried out."
        f"{_IF_PAID} What was paid for it is on your balance.{{% endif %}}"
        " Our employees look into it.",
        "{{ service.name }}: не удалось выполнить",
        "Запрос по услуге {{ service.name }} выполнить не удалось."
        f"{_IF_PAID} Оплата возвращена на ваш баланс.{{% endif %}}"
        " Наши сотрудники разбираются.",
    ),
    "payment.failed": _texts(
        "Payment {{ payment.id }} failed",
        "Your payment of {{ payment.amount }} ({{ payment.method }}) failed."
        " Nothing was taken. Please try again or choose another way to pay.",
        "Платёж {{ payment.id }} не прошёл",
        "Ваш платёж на {{ payment.amount }} ({{ payment.method }}) не прошёл. Деньги не списаны."
        " Попробуйте ещё раз или выберите другой способ оплаты.",
    ),
    "payment.to_balance": _texts(
        "Payment {{ payment.id }} is on your balance",
        "{{ payment.amount }} of your payment {{ payment.id }} didn't fit the invoice that it was"
        " for. It is on your balance and yours to use.",
        "Платёж {{ payment.id }} зачислен на баланс",
        "{{ payment.amount }} из вашего платежа {{ payment.id }} не подошли к счёту, для которого"
        " предназначались. Они на вашем балансе, ими можно пользоваться.",
    ),
    "task.opened": Texts(
        {
            "en": "Task {{ task.id }}: {{ task.title }}",
            "ru": "Задача {{ task.id }}: {{ task.title }}",
        },
        {
            "en": "{{ task.title }}\n\nTask {{ task.id }} ({{ task.kind }}) waits for your"
            " department.\n",
            "ru": "{{ task.title }}\n\nЗадача {{ task.id }} ({{ task.kind }}) ждёт ваш отдел.\n",
        },
    ),
}
"""By the keys of ``OCCASIONS``."""
