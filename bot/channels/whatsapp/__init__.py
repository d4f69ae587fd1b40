"""WhatsApp by way of Twilio: signed webhooks in; text, quick replies, list pickers, templates and media out.

`channel` speaks to people, `inbound` reads what they send, `media` fetches their files, `faults` says what each
error code means, `templates` holds the prepared wordings, `budget` spreads new conversations over days, `prices`
tells their cost, `catching_up` makes up for what was missed, `webhooks` are the routes. Nothing of Twilio's is loaded
where WhatsApp is off: it takes 10 MiB.
"""
