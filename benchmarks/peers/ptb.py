"""A menu and a broadcast with python-telegram-bot, as its documentation shows them. Run by `python -m benchmarks`.

Updates are handled one after another, as is its default. PTB_STORE=1 writes one SQLite row a tap; PTB_RETRIES=n
sends through AIORateLimiter with so many retries.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from datetime import timedelta

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter, Application, CallbackQueryHandler, CommandHandler, ContextTypes

STORE = sqlite3.connect("taps.db", isolation_level=None)
STORE.execute("PRAGMA journal_mode=WAL")
STORE.execute("PRAGMA synchronous=FULL")
STORE.execute("CREATE TABLE taps (id INTEGER PRIMARY KEY, chat INTEGER, data TEXT, at REAL)")
TEXT = "The next workshop is on Sunday at ten in the morning. See you there."


def keyboard() -> InlineKeyboardMarkup:
    """Build the menu's eight buttons."""
    buttons = [
        InlineKeyboardButton(f"Entry {number}", callback_data=f"entry:{number}") for number in range(8)
    ]
    return InlineKeyboardMarkup([buttons[at : at + 2] for at in range(0, 8, 2)])


async def menu(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a tap with the menu."""
    query = update.callback_query
    assert query is not None
    if os.environ.get("PTB_STORE"):
        STORE.execute(
            "INSERT INTO taps (chat, data, at) VALUES (?, ?, ?)",
            (query.from_user.id, query.data, time.time()),
        )
    await query.answer()
    await query.edit_message_text("Menu\n\nWhat would you like to do?", reply_markup=keyboard())


async def broadcast(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Send to many chats: `/broadcast all|one first count`."""
    assert context.args is not None
    how, first, count = context.args[0], int(context.args[1]), int(context.args[2])
    chats = range(first, first + count)

    async def send(chat: int) -> None:
        while True:
            try:
                await context.bot.send_message(chat, TEXT)
                return
            except RetryAfter as error:
                wait = error.retry_after
                await asyncio.sleep(wait.total_seconds() if isinstance(wait, timedelta) else wait)

    async def work() -> None:
        if how == "all":
            await asyncio.gather(
                *(context.bot.send_message(chat, TEXT) for chat in chats), return_exceptions=True
            )
        else:
            for chat in chats:
                await send(chat)

    context.application.create_task(work())


def main() -> None:
    """Run."""
    builder = (
        Application.builder().token(os.environ["TOKEN"]).base_url(f"{os.environ['TELEGRAM_API_URL']}/bot")
    )
    if retries := os.environ.get("PTB_RETRIES"):
        builder = builder.rate_limiter(AIORateLimiter(max_retries=int(retries)))
    application = builder.build()
    application.add_handler(CallbackQueryHandler(menu))
    application.add_handler(CommandHandler("broadcast", broadcast))
    application.run_webhook(
        "127.0.0.1", int(os.environ["PORT"]), "hook", webhook_url="https://bench.example.org/hook",
        secret_token=os.environ["SECRET"],
    )  # fmt: skip


main()
