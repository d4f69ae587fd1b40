// A menu and a broadcast with grammY, as its documentation shows them. Run by `python -m benchmarks`.
// THROTTLED=1 sends through the throttler and auto-retry plugins. Keeps nothing.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const load = createRequire(process.env.MODULES + "/");
const { Bot, InlineKeyboard, webhookCallback } = load("grammy");
const TEXT = "The next workshop is on Sunday at ten in the morning. See you there.";

const bot = new Bot(process.env.TOKEN, { client: { apiRoot: process.env.TELEGRAM_API_URL } });
if (process.env.THROTTLED) {
  bot.api.config.use(load("@grammyjs/transformer-throttler").apiThrottler());
}
bot.api.config.use(load("@grammyjs/auto-retry").autoRetry());

function keyboard() {
  const buttons = new InlineKeyboard();
  for (let number = 0; number < 8; number++) {
    buttons.text(`Entry ${number}`, `entry:${number}`);
    if (number % 2) buttons.row();
  }
  return buttons;
}

bot.on("callback_query:data", async (context) => {
  await context.answerCallbackQuery();
  await context.editMessageText("Menu\n\nWhat would you like to do?", { reply_markup: keyboard() });
});

// `/broadcast all|one first count`
bot.command("broadcast", (context) => {
  const [how, first, count] = context.match.split(" ");
  const chats = Array.from({ length: Number(count) }, (_, at) => Number(first) + at);
  const one = async () => {
    for (const chat of chats) await bot.api.sendMessage(chat, TEXT);
  };
  const all = () => Promise.allSettled(chats.map((chat) => bot.api.sendMessage(chat, TEXT)));
  (how === "one" ? one() : all()).catch(console.error);
});

await bot.init();
const secretToken = process.env.SECRET;
createServer(webhookCallback(bot, "http", { secretToken, onTimeout: "return" })).listen(Number(process.env.PORT), "127.0.0.1");
