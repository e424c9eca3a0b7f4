"""How the driver speaks to each server: where it connects, what it says, what it reads."""

from __future__ import annotations

import json
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass

WORDS = "Where is my parcel? It should have come on Tuesday."


@dataclass(frozen=True)
class Heard:
    """A message that has arrived: who spoke, in whose conversation, the how-manieth."""

    way: str
    customer: int
    number: int


class Dialect(ABC):
    """What all have in common: texts that say which message they are."""

    says_hello = True

    def __init__(self, plan: dict) -> None:
        self.plan = plan

    @abstractmethod
    def customer_path(self, customer: int) -> str:
        """Where a customer's socket goes."""

    @abstractmethod
    def agent_path(self, agent: int) -> str:
        """Where an agent's socket goes."""

    def cookie(self, agent: int) -> str:
        return ""

    def hello(self, customer: int | None) -> bytes:
        return b""

    @abstractmethod
    def message(self, way: str, customer: int, number: int) -> bytes:
        """The frame that says this message."""

    @abstractmethod
    def heard(self, text: bytes) -> Heard | str:
        """A message, or the name of another frame."""

    @staticmethod
    def words(way: str, customer: int, number: int) -> str:
        return f"{way} {customer} {number} {WORDS}"

    @staticmethod
    def understood(words: str) -> Heard | str:
        way, customer, number, *_rest = words.split(" ", 3)
        return Heard(way, int(customer), int(number))


class Csdesk(Dialect):
    """Both protocols of the product, as their documents say."""

    def customer_path(self, customer: int) -> str:
        return f"/ws/visitor/?channel={self.plan['channel']}"

    def agent_path(self, agent: int) -> str:
        return "/ws/desk/"

    def cookie(self, agent: int) -> str:
        return self.plan["agents"][agent]["cookie"]

    def hello(self, customer: int | None) -> bytes:
        if customer is None:
            return b'{"op":"hello"}'
        return json.dumps({"op": "hello", "token": self.plan["customers"][customer]["token"]}).encode()

    def message(self, way: str, customer: int, number: int) -> bytes:
        session = self.plan["customers"][customer]["session"] if way == "a" else ""
        to = f'"session":"{session}",' if session else ""
        text = self.words(way, customer, number)
        body = f'"message":{{"type":"text","text":"{text}"}}'
        return f'{{"op":"send",{to}"client_id":"{uuid.uuid4()}",{body}}}'.encode()

    def heard(self, text: bytes) -> Heard | str:
        frame = json.loads(text)
        if frame["op"] != "message":
            return frame["op"] if frame["op"] != "error" else f"error {frame['code']}"
        if frame["from"]["kind"] == "system" or "text" not in frame["message"]:
            return "words"
        return self.understood(frame["message"]["text"])


class Floor(Dialect):
    """The bare consumer of `bench.floor`."""

    says_hello = False

    def customer_path(self, customer: int) -> str:
        return f"/floor/?me=c{customer}"

    def agent_path(self, agent: int) -> str:
        return f"/floor/?me=a{agent}"

    def message(self, way: str, customer: int, number: int) -> bytes:
        agent = self.plan["customers"][customer]["agent"]
        to = f"c{customer}" if way == "a" else f"a{agent}"
        text = self.words(way, customer, number)
        return f'{{"session":{customer},"to":"{to}","text":"{text}"}}'.encode()

    def heard(self, text: bytes) -> Heard | str:
        frame = json.loads(text)
        return self.understood(frame["text"]) if "text" in frame else "ack"


class Bare(Floor):
    """The same as the library has it, with a way through a thread before every event."""

    def customer_path(self, customer: int) -> str:
        return f"/bare/?me=c{customer}"

    def agent_path(self, agent: int) -> str:
        return f"/bare/?me=a{agent}"


class Echo(Floor):
    """The bare consumer that sends back what it gets: what a customer says comes back to themselves."""

    def customer_path(self, customer: int) -> str:
        return "/echo/"

    def agent_path(self, agent: int) -> str:
        return "/echo/"


DIALECTS = {"csdesk": Csdesk, "floor": Floor, "bare": Bare, "echo": Echo}
