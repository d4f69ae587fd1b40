"""Settings: read once at start from the environment and `.env`; a bad one stops the start and is named."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
"""Telegram allows 1 to 256 of these characters (Bot API, setWebhook); fewer than 16 could be guessed."""
BOT_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{3,}")
EMPTY = ""


class SettingsError(Exception):
    """One or more settings are wrong; the message names each variable and says what to do."""


class Settings(BaseSettings):
    """Everything an operator can set. Names are environment variables in upper case."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, frozen=True
    )

    database_url: str = Field("sqlite:///var/diwakhan.db", description="where everything is kept")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    public_url: str = Field("", description="https address under which the outside world reaches this server")
    telegram_bot_token: SecretStr = Field(SecretStr(""), description="token from @BotFather")
    telegram_api_url: str = Field("https://api.telegram.org", description="another Bot API server")
    telegram_mode: Literal["polling", "webhook"] = Field("polling", description="how updates arrive")
    telegram_webhook_secret: SecretStr = Field(SecretStr(""), description="secret that Telegram sends along")
    telegram_messages_per_second: float = Field(
        30.0,
        gt=0,
        le=100_000,
        description="permitted rate: 30, up to 1000 paid, more with a server of your own",
    )
    twilio_account_sid: str = Field("", description="Twilio account, AC…")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="Twilio auth token")
    twilio_whatsapp_from: str = Field("", description="WhatsApp sender, whatsapp:+…")
    twilio_api_url: str = Field("https://api.twilio.com", description="another Twilio API host")
    whatsapp_daily_conversations: int = Field(
        250, ge=1, le=1_000_000, description="people a day whom WhatsApp lets us begin to talk to"
    )
    whatsapp_prices: str = Field("", description="TOML file of what WhatsApp's templates cost")
    twilio_content_url: str = Field("https://content.twilio.com", description="another Content API host")
    secret_keys: SecretStr = Field(SecretStr(""), description="key ring, newest first, comma-separated")
    secret_keys_file: str = Field("", description="file that holds the key ring, one key a line")
    backup_folder: str = Field("", description="where backups are kept; by default beside the database")
    backup_keys_file: str = Field("", description="the one file of people's keys that backups need")
    admin_telegram_ids: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Telegram ids of administrators, comma-separated"
    )
    contact: str = Field("", max_length=300, description="how members reach the organiser")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much is logged")
    messages_per_minute: int = Field(
        240, ge=0, le=100_000, description="what one person may send; strangers a quarter; 0: any number"
    )
    behind_proxy: bool = Field(
        False, description="says that a proxy with the limits of deploy/ stands in front of a public HOST"
    )
    diwakhan_demo: bool | None = Field(None, description="demo data and the browser chat")

    @field_validator("admin_telegram_ids", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not all(part.isdigit() for part in parts):
            raise ValueError(
                "numbers separated by commas; write /id to the bot, or to @userinfobot, to learn yours"
            )
        return frozenset(int(part) for part in parts)

    @field_validator("public_url", "telegram_api_url", "twilio_api_url", "twilio_content_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("a web address such as https://bot.example.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError:
            backend = ""
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("begins with sqlite:/// or postgresql://")
        return value

    @field_validator("telegram_bot_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not BOT_TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("a token from @BotFather looks like 123456789:AA…")
        return value

    @field_validator("twilio_whatsapp_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if value and not value.startswith("whatsapp:"):
            raise ValueError("begins with whatsapp: as in whatsapp:+14155238886")
        return value

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        self._check_twilio()
        self._check_webhook()
        if not _loopback(self.host) and not self.behind_proxy:
            raise ValueError(
                "HOST: this server faces nobody without a proxy that limits connections (see deploy/). Use "
                "127.0.0.1, or say BEHIND_PROXY=1 where only the proxy reaches it"
            )
        if self.demo and not _loopback(self.host):
            raise ValueError(
                "DIWAKHAN_DEMO: the browser chat lets anyone be an administrator, so HOST must be 127.0.0.1"
            )
        return self

    def _check_twilio(self) -> None:
        given = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
            "TWILIO_WHATSAPP_FROM": self.twilio_whatsapp_from,
        }
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise ValueError(f"{', '.join(missing)}: WhatsApp needs all three of {', '.join(given)}")
        if self.whatsapp and not self.public_url:
            raise ValueError(
                "PUBLIC_URL: WhatsApp needs the https address at which Twilio reaches this server"
            )

    def _check_webhook(self) -> None:
        if self.telegram_mode != "webhook" or not self.telegram:
            return
        if not self.public_url:
            raise ValueError(
                "PUBLIC_URL: webhook mode needs the https address at which Telegram reaches this server"
            )
        if not WEBHOOK_SECRET.fullmatch(self.telegram_webhook_secret.get_secret_value()):
            raise ValueError("TELEGRAM_WEBHOOK_SECRET: webhook mode needs 16 to 256 of A-Z a-z 0-9 _ -")

    @property
    def telegram(self) -> bool:
        """Say whether Telegram is configured."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def whatsapp(self) -> bool:
        """Say whether WhatsApp is configured."""
        return bool(self.twilio_account_sid)

    @property
    def whatsapp_link(self) -> str:
        """Return the address that opens a chat with our number; empty where WhatsApp is not configured."""
        number = self.twilio_whatsapp_from.removeprefix("whatsapp:+")
        return f"https://wa.me/{number}" if self.whatsapp else ""

    @property
    def demo(self) -> bool:
        """Say whether the browser chat and the demo data are on: asked for, or nothing else is."""
        if self.diwakhan_demo is not None:
            return self.diwakhan_demo
        return not (self.telegram or self.whatsapp) and _loopback(self.host)


def read_settings() -> Settings:
    """Read the settings; raises SettingsError with one line for each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_line(fault) for fault in error.errors())) from None


def _line(fault: object) -> str:
    assert isinstance(fault, dict)  # noqa: S101 - pydantic's ErrorDetails
    text = str(fault["msg"]).removeprefix("Value error, ")
    name = "_".join(str(part) for part in fault["loc"]).upper()
    return f"{name}: {text}" if name else text


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
