// A menu and a broadcast with Telegraf, as its documentation shows them. Run by `python -m benchmarks`.
// Keeps nothing.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const load = createRequire(process.env.MODULES + "/");
const { Markup, Telegraf } = load("telegraf");
const TEXT = "The next workshop is on Sunday at ten in the morning. See you there.";

const telegram = { apiRoot: process.env.TELEGRAM_API_URL, webhookReply: false };
const bot = new Telegraf(process.env.TOKEN, { telegram });

function keyboard() {
  const buttons = Array.from({ length: 8 }, (_, at) => Markup.button.callback(`Entry ${at}`, `entry:${at}`));
  return Markup.inlineKeyboard(buttons, { columns: 2 });
}

bot.on("callback_query", async (context) => {
  await context.answerCbQuery();
  await context.editMessageText("Menu\n\nWhat would you like to do?", keyboard());
});

// `/broadcast one first count`
bot.command("broadcast", (context) => {
  const [, , first, count] = context.message.text.split(" ");
  const work = async () => {
    for (let chat = Number(first); chat < Number(first) + Number(count); chat++) {
      await bot.telegram.sendMessage(chat, TEXT);
    }
  };
  work().catch(console.error);
});

bot.botInfo = await bot.telegram.getMe();
const callback = bot.webhookCallback("/hook", { secretToken: process.env.SECRET });
createServer(callback).listen(Number(process.env.PORT), "127.0.0.1");
