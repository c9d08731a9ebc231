"""Settings of alerts on quotes: where their rules are, and the secrets of who is told."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator

from indextracker.settings.forms import Concern, absolute

_WEBHOOK = re.compile(r"https://\S+|http://(127\.0\.0\.1|localhost)[:/]\S+")


class AlertingSettings(Concern):
    """Alerts on quotes.

    Attributes:
        rules: The file of rules; without one nobody is alerted.
        mail_password: Secret of the user as whom mails are sent.
        webhook: Secret address that alerts are posted to.
    """

    rules: str = Field(default="", alias="alert_rules")
    mail_password: SecretStr | None = Field(default=None, alias="alert_mail_password")
    webhook: SecretStr | None = Field(default=None, alias="alert_webhook")

    @field_validator("rules")
    @classmethod
    def _file(cls, place: str) -> str:
        if "://" in place:
            raise ValueError(f"{place!r} is no file of this machine")
        return absolute(place) if place else ""

    @field_validator("mail_password")
    @classmethod
    def _given(cls, password: SecretStr | None) -> SecretStr | None:
        return password if password and password.get_secret_value() else None

    @field_validator("webhook")
    @classmethod
    def _address(cls, address: SecretStr | None) -> SecretStr | None:
        if not address or not address.get_secret_value():
            return None
        # Said without the value: this sentence is printed.
        if not _WEBHOOK.fullmatch(address.get_secret_value()):
            raise ValueError("it is no https:// address")
        return address
