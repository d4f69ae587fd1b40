"""Twilio's HTTP: its asynchronous client made to keep its promises, and the Content API."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response

TIMEOUT = 15.0
"""Seconds for one request; Twilio answers within a few."""
PAGES = 20
"""Pages of contents that are looked through at most; one holds 100."""


class JsonHttpClient(AsyncTwilioHttpClient):
    """Twilio's asynchronous client, with JSON bodies encoded (its issue 932) and a timeout that holds."""

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the SDK's
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request; raises TimeoutError after TIMEOUT seconds."""
        headers = dict(headers or {})
        if headers.get("Content-Type") == "application/json":
            data = json.dumps(data)
        if auth is not None:
            # The SDK still hands over a form of credentials that aiohttp has deprecated.
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with asyncio.timeout(TIMEOUT):
            return await super().request(method, url, params, data, headers, None, None, allow_redirects)


@dataclass(frozen=True, slots=True)
class Approval:
    """What WhatsApp says of a template: its state, and why it was rejected."""

    state: str
    reason: str = ""


class ContentApi:
    """The calls of the Content API that we make. Each raises TwilioRestException where Twilio refuses."""

    def __init__(self, http: JsonHttpClient, base_url: str, sid: str, token: str) -> None:
        self._http, self._base_url, self._auth = http, base_url, (sid, token)

    async def create(self, content: dict[str, Any]) -> str:
        """Make a Content resource and return its ContentSid."""
        return str((await self._call("POST", "/v1/Content", content))["sid"])

    async def named(self, prefix: str) -> dict[str, str]:
        """Map the friendly names that begin so to their ContentSids."""
        found: dict[str, str] = {}
        path = "/v1/Content?PageSize=100"
        for _ in range(PAGES):
            page = await self._call("GET", path)
            for one in page["contents"]:
                if str(one.get("friendly_name") or "").startswith(prefix):
                    found[str(one["friendly_name"])] = str(one["sid"])
            following = (page.get("meta") or {}).get("next_page_url")
            if not following:
                break
            path = "/v1/" + str(following).partition("/v1/")[2]
        return found

    async def submit(self, content_sid: str, name: str, category: str) -> Approval:
        """Ask WhatsApp to approve a content as a template."""
        body = {"name": name, "category": category}
        return _approval(
            await self._call("POST", f"/v1/Content/{content_sid}/ApprovalRequests/whatsapp", body)
        )

    async def approval(self, content_sid: str) -> Approval:
        """Ask what became of an approval."""
        answer = await self._call("GET", f"/v1/Content/{content_sid}/ApprovalRequests")
        return _approval(answer.get("whatsapp") or {})

    async def delete(self, content_sid: str) -> None:
        """Delete a content, and its template with it; one that is gone already is no fault."""
        try:
            await self._call("DELETE", f"/v1/Content/{content_sid}")
        except TwilioRestException as error:
            if error.status != 404:
                raise

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body else {})
        response = await self._http.request(
            method, self._base_url + path, data=body, headers=headers, auth=self._auth
        )
        if response.status_code >= 300:
            raise _refusal(response, path, method)
        answer: dict[str, Any] = json.loads(response.text) if response.text else {}
        return answer


def _approval(told: dict[str, Any]) -> Approval:
    return Approval(str(told.get("status") or "unsubmitted"), str(told.get("rejection_reason") or ""))


def _refusal(response: Response, path: str, method: str) -> TwilioRestException:
    try:
        told = json.loads(response.text)
        code, message = told.get("code"), str(told.get("message") or "")
    except (ValueError, AttributeError):
        code, message = None, ""
    if code is None and response.status_code == 429:
        code = 20429
    return TwilioRestException(response.status_code, path, message, code=code, method=method)
