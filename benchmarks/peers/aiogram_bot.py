"""A menu and a broadcast with aiogram and aiogram_broadcaster, as shown in their documentation.

Run by `python -m benchmarks`. One SQLite row a tap.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiogram_broadcaster import Broadcaster
from aiogram_broadcaster.contents import TextContent
from aiogram_broadcaster.intervals import SimpleInterval
from aiogram_broadcaster.utils.retry_after_handler import setup_retry_after_handler
from aiohttp import web

STORE = sqlite3.connect("taps.db", isolation_level=None)
STORE.execute("PRAGMA journal_mode=WAL")
STORE.execute("PRAGMA synchronous=FULL")
STORE.execute("CREATE TABLE taps (id INTEGER PRIMARY KEY, chat INTEGER, data TEXT, at REAL)")
TEXT = "The next workshop is on Sunday at ten in the morning. See you there."
PER_SECOND = 30

dispatcher = Dispatcher()
server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_URL"])
bot = Bot(os.environ["TOKEN"], session=AiohttpSession(api=server))
broadcaster = Broadcaster(bot)
broadcaster.setup(dispatcher)
setup_retry_after_handler(broadcaster.event)
running: set[asyncio.Task[object]] = set()


def keyboard() -> InlineKeyboardMarkup:
    """Build the menu's eight buttons."""
    buttons = [
        InlineKeyboardButton(text=f"Entry {number}", callback_data=f"entry:{number}") for number in range(8)
    ]
    return InlineKeyboardMarkup(inline_keyboard=[buttons[at : at + 2] for at in range(0, 8, 2)])


@dispatcher.callback_query()
async def menu(query: CallbackQuery) -> None:
    """Answer a tap with the menu."""
    STORE.execute(
        "INSERT INTO taps (chat, data, at) VALUES (?, ?, ?)", (query.from_user.id, query.data, time.time())
    )
    await query.answer()
    assert isinstance(query.message, Message)
    await query.message.edit_text("Menu\n\nWhat would you like to do?", reply_markup=keyboard())


@dispatcher.message(Command("broadcast"))
async def broadcast(_message: Message, command: CommandObject) -> None:
    """Send to many chats: `/broadcast one|library|library-paced first count`."""
    how, first, count = (command.args or "").split()
    chats = range(int(first), int(first) + int(count))
    if how == "one":
        task: asyncio.Task[object] = asyncio.create_task(one_by_one(chats))
    else:
        interval = SimpleInterval(interval=1 / PER_SECOND) if how == "library-paced" else None
        mailer = await broadcaster.create_mailer(chats, TextContent(text=TEXT), interval=interval)
        task = asyncio.create_task(mailer._start())
    running.add(task)
    task.add_done_callback(running.discard)


async def one_by_one(chats: range) -> None:
    """Send one by one, waiting as asked."""
    for chat in chats:
        while True:
            try:
                await bot.send_message(chat, TEXT)
                break
            except TelegramRetryAfter as error:
                await asyncio.sleep(error.retry_after)


def main() -> None:
    """Run."""
    application = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=os.environ["SECRET"]).register(
        application, path="/hook"
    )
    setup_application(application, dispatcher, bot=bot)
    web.run_app(application, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None, print=None)


main()
