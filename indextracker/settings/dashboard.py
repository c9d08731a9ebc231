"""Settings of the dashboard: where it listens, and who may see it."""

from __future__ import annotations

import ipaddress
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from indextracker.settings.forms import SERVER, Concern

SHORTEST_PASSWORD = 12
_NAMES = r"^([A-Za-z0-9.-]+(,[A-Za-z0-9.-]+)*)?$"


class DashboardSettings(Concern):
    """The dashboard.

    Beyond this machine it shows itself to nobody who is not known: either it has a password, or it
    trusts a proxy that knows its users.

    Attributes:
        host: Address of this machine at which it listens.
        port: Its port.
        password: Secret that browsers ask people for; the name of the user is not looked at.
        proxy_header: Header in which a trusted proxy names its user, such as `X-Forwarded-User`.
        proxies: Addresses of trusted proxies, by commas: of others the header counts nothing.
        host_names: Names by which browsers reach it, by commas; `localhost` and addresses need not
            be named.
        live_port: Port of this machine at which the consumer of quotes tells what the page Live
            shows.
        monitor_port: Port of this machine at which the monitor tells what the page Health shows.
        alertmanager: Address of Alertmanager, whose open alerts it shows.
    """

    host: str = Field(default="127.0.0.1", alias="dashboard_host")
    port: int = Field(default=8050, ge=1, le=65535, alias="dashboard_port")
    password: SecretStr | None = Field(default=None, alias="dashboard_password")
    proxy_header: str = Field(
        default="", pattern=r"^([A-Za-z][A-Za-z0-9-]*)?$", alias="dashboard_proxy_header"
    )
    proxies: str = Field(default="", alias="dashboard_proxies")
    host_names: str = Field(default="", pattern=_NAMES, alias="dashboard_names")
    live_port: int = Field(default=8060, ge=1, le=65535, alias="live_port")
    monitor_port: int = Field(default=8070, ge=1, le=65535, alias="monitor_port")
    alertmanager: str = Field(default="http://127.0.0.1:9093", pattern=SERVER)

    @field_validator("host")
    @classmethod
    def _address(cls, host: str) -> str:
        return str(_address(host))

    @field_validator("password")
    @classmethod
    def _long_enough(cls, password: SecretStr | None) -> SecretStr | None:
        value = password.get_secret_value() if password else ""
        # Said without the value: this sentence is printed.
        if value and not (len(value) >= SHORTEST_PASSWORD and value.isprintable()):
            raise ValueError(f"it is no password of {SHORTEST_PASSWORD} characters or more")
        return SecretStr(value) if value else None

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, proxies: str) -> str:
        return ",".join(str(_address(one.strip())) for one in proxies.split(",") if one.strip())

    @model_validator(mode="after")
    def _known_users(self) -> Self:
        if bool(self.proxy_header) != bool(self.proxies):
            raise ValueError(
                "a header is trusted from a named proxy alone: set both "
                "INDEXTRACKER_DASHBOARD_PROXY_HEADER and INDEXTRACKER_DASHBOARD_PROXIES, or neither"
            )
        if self.is_open and not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError(
                f"at {self.host} others than this machine's users would see the dashboard: set "
                "INDEXTRACKER_DASHBOARD_PASSWORD, or INDEXTRACKER_DASHBOARD_PROXY_HEADER and "
                "INDEXTRACKER_DASHBOARD_PROXIES"
            )
        return self

    @property
    def is_open(self) -> bool:
        """Whether it shows itself to whoever reaches it."""
        return self.password is None and not self.proxy_header


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no address such as 127.0.0.1") from None
