"""Everything that can be done to the money of one order, a step at a time, in the shop and in the plain model."""

from __future__ import annotations

import hashlib
import inspect
import json
import random
from collections import Counter, namedtuple
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from plain_money import HERE, OPEN, WAITING, Plain
from shop import NOON, place
from sqlalchemy import func, select, update
from werkzeug.datastructures import Headers

from zhanggui.api import SYSTEM, Actor, Arrival, DomainError, Money, NotGenuine, ProviderError, clock, reading, unit_of_work
from zhanggui.webhooks import keep
from zhanggui.webhooks.models import ArrivedMessage
from zhanggui_orders import facade as orders
from zhanggui_payments import jobs
from zhanggui_payments.contracts import ClientAction, Declined, RefundSnapshot, Snapshot
from zhanggui_payments.models import Attempt, Case, Entry, Refund
from zhanggui_payments.services import asking, attempts, cases, giving_back, inbox, refunds

PRICE = 3000
T = TypeVar("T")
SAID = {"waiting": "pending", "paid": "captured", "closed": "closed", "failed": "failed"}
VERBS: dict[str, tuple[int, Callable[[Any], bool], dict[str, tuple[Any, ...]]]] = {}
READS = [
    (namedtuple(table, columns.replace("sum(amount)", "amount")), f"SELECT {columns} FROM {table} WHERE {where} ORDER BY 1")
    for columns, table, where in (
        ("status, payment_status, fulfillment_status, paid_total, refunded_total", "orders__order", "id = {order}"),
        ("id, number, state, amount, reserved, refunded, close_wanted, ask_at, provider", "payments__attempt", "order_id = {order}"),
        ("id, number, state, amount, attempt_id, ask_at", "payments__refund", "order_id = {order}"),
        ("id, case_key, state, owner", "payments__case", "id > {cases}"),
        ("debit, credit, sum(amount)", "payments__entry", "id > {entries} GROUP BY debit, credit"),
    )
]


def always(_machine: Any) -> bool:
    return True


def verb(weight: int, when: Callable[[Any], Any], **choices: tuple[Any, ...]) -> Callable[[T], T]:
    """What can be done when ``when`` says so; its arguments are rolled from ``choices``, ``which`` is a place in some list."""

    def remember(act: T) -> T:
        VERBS[act.__name__] = (weight, when, choices)  # type: ignore[attr-defined]
        return act

    return remember


class Machine(RuleBasedStateMachine):
    """One order of one piece. What lies under way between two steps is kept here: claims, answers, letters, messages."""

    tea: Any
    cursor: Any  # of a connection that is in no transaction: it sees what is committed
    steps, refusals = 0, 0
    reached: set[tuple[str, str, str]]
    refused_in: set[tuple[str, ...]]  # verbs and what orders were then

    def __init__(self) -> None:
        super().__init__()
        from zhanggui_abacus.books import BOOKS

        self.books, self.now = BOOKS, 0
        BOOKS.__init__()  # type: ignore[misc] # as good as new
        with unit_of_work() as db:
            # What former orders left open is none of this one's business.
            for model in (Attempt, Refund):
                db.execute(update(model).values(ask_at=None))
            self.order = place(db, SYSTEM, (self.tea, 1)).id
            since = [db.scalar(select(func.coalesce(func.max(model.id), 0))) for model in (Case, Entry)]
            self.owner = Actor("user", name="owner", everything=True)
        self.reads = [(kind, read.format(order=self.order, cases=since[0], entries=since[1])) for kind, read in READS]
        self.touched, self.rows, self.done = True, {}, -1
        self.tried: set[tuple[str, ...]] = set()
        self.model = Plain(PRICE, self.reached)
        self.ids: list[int] = []  # of attempts, by their places in the model
        self.numbers: list[str] = []
        self.back_ids: list[int] = []
        self.back_numbers: list[str] = []
        self.case_ids: list[int] = []
        self.claims: list[tuple[int, list[int]]] = []  # claimed, not asked yet
        self.answers: list[Callable[[], None]] = []  # the provider has answered, nobody wrote it down yet
        self.sends: list[list[int]] = []
        self.letters: list[tuple[bytes, str]] = []  # what the provider said once, whenever it arrives
        self.messages: list[tuple[int, dict[str, Any]]] = []  # kept by the shop; handled as often as may be
        self.seals: set[str] = set()
        self.failed: set[str] = set()
        self.handed: set[str] = set()  # numbers that a customer has in his hands
        self.strangers = self.desks = 0
        self.sent_again: set[int] = set()  # refunds that the provider did not know when it was asked, so that they went once more

    @rule(roll=st.integers(0, 9999), seed=st.integers(0, 9999))
    def step(self, roll: int, seed: int) -> None:
        """One of the verbs that make sense now, the more important ones more often."""
        possible = [(name, weight) for name, (weight, when, _choices) in VERBS.items() if when(self)]
        roll %= sum(weight for _name, weight in possible)
        name, weight = possible.pop(0)
        while roll >= weight:
            roll -= weight
            name, weight = possible.pop(0)
        dice = random.Random(seed)
        rolled = {argument: dice.choice(options) for argument, options in VERBS[name][2].items()}
        act = getattr(self, name)
        if "which" in inspect.signature(act).parameters:
            rolled["which"] = dice.randrange(6)
        note(f"{name}({', '.join(f'{k}={v!r}' for k, v in rolled.items())})")
        act(**rolled)

    @classmethod
    def play(cls, script: str) -> None:
        """A few verbs in a given order: ``customer_begins_to_pay(scene=h5) ...``, each with its first choices where none are given."""
        machine = cls()
        machine.both_say_the_same_and_nothing_is_forgotten()
        for line in script.split():
            name, _bracket, rest = line.partition("(")
            given: dict[str, Any] = dict(pair.split("=") for pair in rest.rstrip(")").split(",") if pair)
            act = getattr(machine, name)
            rolled = {argument: options[0] for argument, options in VERBS[name][2].items()} | {k: int(v) if v.isdigit() else v for k, v in given.items()}
            if "which" in inspect.signature(act).parameters:
                rolled.setdefault("which", 0)
            act(**rolled)
            machine.done += 1
            machine.both_say_the_same_and_nothing_is_forgotten()
        machine.teardown()

    # -- the hand that does it ---------------------------------------------------------------------

    def held(self) -> Any:
        self.touched = True
        return clock.hold(NOON + timedelta(minutes=self.now))

    def do(self, allowed: bool, act: Callable[[Any], Any]) -> Any:
        """In one transaction. What is not allowed is refused in words, and changes nothing: the next look compares all."""
        with self.held():
            try:
                with unit_of_work() as db:
                    said = act(db)
            except DomainError:
                assert not allowed, "refused, though it is legal"
                Machine.refusals += 1
                return None
            assert allowed, "allowed, though it is not legal"
            return said

    @property
    def moment(self) -> Any:
        return NOON + timedelta(minutes=self.now)

    def look(self) -> dict[int, dict[str, Any]]:
        """Compare everything with the model; answers the rows of attempts."""
        order, tries, backs, opened, entries = ([kind(*row) for row in self.cursor.execute(read).fetchall()] for kind, read in self.reads)
        m = self.model
        assert tuple(order[0]) == (m.status, m.payment(), m.shipped, m.paid(), m.back())
        self.ids, self.numbers = [r.id for r in tries], [r.number for r in tries]
        self.back_ids, self.back_numbers = [r.id for r in backs], [r.number for r in backs]
        place_of = {n: place for place, n in enumerate(self.ids)}
        back_of = {n: place for place, n in enumerate(self.back_ids)}
        assert [(r.state, r.amount, r.provider, r.reserved, r.refunded, bool(r.close_wanted)) for r in tries] == [
            (t.state, t.amount, t.provider, m.reserved(n), m.refunded(n), t.closing) for n, t in enumerate(m.tries)
        ]  # fmt: skip
        assert [(r.state, r.amount, place_of[r.attempt_id]) for r in backs] == [(b.state, b.amount, b.of) for b in m.backs]
        found = {}
        for row in opened:
            kind, what, which = row.case_key.split(":", 2)
            found[kind, what, place_of[int(which)] if what == "attempt" else back_of[int(which)] if what == "refund" else which] = row.state
        assert found == m.cases
        self.case_ids = [row.id for row in opened]
        self.case_keys = list(found)
        ledger: Counter[str] = Counter()
        for row in entries:
            ledger[row.debit] += int(row.amount)
            ledger[row.credit] -= int(row.amount)
        assert {k: v for k, v in ledger.items() if v} == {k: v for k, v in m.ledger.items() if v}
        assert sum(ledger.values()) == 0
        return {n: {"state": r.state, "ask_at": r.ask_at} for n, r in enumerate(tries)} | {-1 - n: {"state": r.state, "ask_at": r.ask_at} for n, r in enumerate(backs)}

    def check_invariants(self, *arguments: Any, **named: Any) -> None:
        self.done += 1
        super().check_invariants(*arguments, **named)

    @invariant()
    def both_say_the_same_and_nothing_is_forgotten(self) -> None:
        if self.touched:
            self.rows, self.touched = self.look(), False
        rows = self.rows
        for n, number in enumerate(self.numbers):
            charge = self.books.charges.get(number)
            wrong = ("wrong_amount", "attempt", n) in self.model.cases
            if charge and charge["state"] == "failed":
                self.failed.add(number)  # said to be over there: should money come all the same, only a letter can tell
            if charge and number in self.handed - self.failed and charge["state"] != "closed" and rows[n]["state"] != "captured" and not wrong:
                assert rows[n]["ask_at"] is not None, f"{number} can be paid, or was, and nobody will ever ask"
        for n, number in enumerate(self.back_numbers):
            if self.model.backs[n].state in ("processing", "abnormal"):
                assert rows[-1 - n]["ask_at"] is not None
            if self.model.backs[n].state == "failed" and number in self.books.refunds:
                assert self.books.refunds[number]["state"] == "failed", "it went back, and the shop says that it did not"
        assert all(times <= 1 for times in self.books.moved.values())
        assert all(self.books.left(number) >= 0 for number, charge in self.books.charges.items() if charge["state"] == "paid")

    def fresh(self, verb: str, allowed: bool) -> bool:
        """Whether a verb is worth trying: it is legal, or nobody tried it on an order in this state."""
        return allowed or (verb, self.model.status, self.model.payment(), self.model.shipped) not in self.tried

    def trying(self, verb: str) -> None:
        self.tried.add((verb, self.model.status, self.model.payment(), self.model.shipped))

    # -- the world outside -------------------------------------------------------------------------

    @verb(1, always, minutes=(1, 10, 125))
    def time_goes_by(self, minutes: int) -> None:
        self.now += minutes

    @verb(2, always, fate=("down", "lost", "lost", "refuse", "unset"))
    def next_question_goes_wrong(self, fate: str) -> None:
        self.books.fate = fate

    @verb(1, always, quick=(False, True))
    def refunds_take_their_time(self, quick: bool) -> None:
        self.books.quick = quick

    @verb(8, lambda self: self.waiting(), more=(0, 0, 0, 0, 0, 1, -1))
    def customer_pays(self, which: int, more: int) -> None:
        number = self.pick(self.waiting(), which)
        self.books.pay(number, self.books.charges[number]["amount"] + more)

    def waiting(self) -> list[str]:
        """What a customer can pay: it waits there, and he has its address or the shop still asks about it."""
        at_shop = {number for number, t in zip(self.numbers, self.model.tries, strict=True) if t.state in OPEN}
        return [number for number, c in self.books.charges.items() if c["state"] in ("waiting", "failed") and number in self.handed | at_shop]

    @verb(1, lambda self: self.waiting())
    def payment_fails_there(self, which: int) -> None:
        self.books.charges[self.pick(self.waiting(), which)]["state"] = "failed"

    @verb(1, lambda self: self.closed())
    def payment_crosses_the_closing(self, which: int) -> None:
        """It was paid in the moment in which it was closed: the provider tells of it by a letter."""
        number = self.pick(self.closed(), which)
        self.books.charges[number] |= {"state": "paid", "got": self.books.charges[number]["amount"]}
        self.failed.add(number)
        self.letters.append(self.books.told(number))

    def closed(self) -> list[str]:
        return [number for number, c in self.books.charges.items() if c["state"] == "closed" and number in self.handed]

    @verb(6, lambda self: self.books.refunds, state=("succeeded", "succeeded", "failed", "abnormal"))
    def refund_ends(self, which: int, state: str) -> None:
        self.books.end(self.pick(list(self.books.refunds), which), state)

    @verb(1, lambda self: self.there(), amount=(1, 500, 3000))
    def somebody_refunds_at_the_provider(self, which: int, amount: int) -> None:
        number = self.pick(self.there(), which)
        self.desks += 1
        self.books.refunds[f"DESK{self.order}N{self.desks}"] = {"of": number, "state": "succeeded", "amount": min(amount, self.books.left(number))}

    def there(self) -> list[str]:
        return [number for number, c in self.books.charges.items() if c["state"] == "paid" and self.books.left(number) > 0]

    def pick(self, rows: list[Any], which: int) -> Any:
        return rows[which % len(rows)]

    # -- paying ------------------------------------------------------------------------------------

    @verb(8, lambda self: self.fresh("pay", self.model.may_pay() and len(self.claims) < 3), scene=("h5", "h5", "page"))
    def customer_begins_to_pay(self, scene: str) -> None:
        self.trying("pay")
        allowed = self.model.may_pay()
        made = self.do(allowed, lambda db: attempts.claim_payment(db, order_id=self.order, method="abacus", scene=scene, customer_id=None, actor=SYSTEM, now=self.moment))
        if made is not None:
            mine, others = self.model.begin(scene, self.now)
            self.ids += [made["attempt_id"]] * (mine == len(self.ids))
            assert (made["attempt_id"], made["close"]) == (self.ids[mine], [self.ids[n] for n in others])
            self.claims.append((mine, others))

    @verb(12, lambda self: self.claims)
    def provider_is_asked_to_take_it(self, which: int) -> None:
        mine, others = self.claims.pop(which % len(self.claims))
        fate = self.books.fate
        with self.held():
            try:
                said = attempts.make_payable(attempt_id=self.ids[mine], close=[self.ids[n] for n in others])
            except ProviderError:
                said = ProviderError
        kind = said if said is ProviderError else None if said is None else type(said)
        assert kind is self.expect_create(mine, others, fate), f"{kind} though {fate or 'nothing'} went wrong"
        if said is not ProviderError:
            self.answers.append(lambda: self.write_answer(mine, others, said))

    def expect_create(self, mine: int, others: list[int], fate: str) -> Any:
        m = self.model
        for n in others:
            if m.tries[n].state in OPEN:
                if not self.expect_close(n, fate):
                    return ProviderError
                fate = ""
            if m.tries[n].state == "captured":
                return None
        t, charge = m.tries[mine], self.books.charges.get(self.numbers[mine])
        if t.state not in OPEN or (t.state == "pending" and t.action and t.expires > self.now):
            return None
        if fate == "refuse":  # it is asked whether it is payable there all the same
            return Declined if charge is None or charge["state"] in ("closed", "failed") else Snapshot if charge["state"] == "paid" else None
        if fate:
            return ProviderError
        assert charge is not None
        return ClientAction if charge["state"] == "waiting" else Snapshot

    def write_answer(self, mine: int, others: list[int], said: Any) -> None:
        self.do(True, lambda db: attempts.show_payment(db, said, actor=SYSTEM, now=self.moment, attempt_id=self.ids[mine], close=[self.ids[n] for n in others]))
        m, t = self.model, self.model.tries[mine]
        if isinstance(said, ClientAction):
            m.hear(mine, "pending")
            t.action = t.action or t.state == "pending"
        elif isinstance(said, Declined):
            if t.state == "created":  # else somebody else was luckier
                m.hear(mine, "failed")
        elif said is not None:
            m.hear(mine, said.state, said.amount and said.amount.amount)
        if any(m.tries[n].state == "captured" for n in others):
            m.hear(mine, "closed")
        if t.state == "pending" and t.action:
            self.handed.add(self.numbers[mine])

    @verb(12, lambda self: self.answers)
    def answer_is_written_down(self, which: int) -> None:
        self.answers.pop(which % len(self.answers))()

    @verb(2, lambda self: self.claims or self.answers or self.sends)
    def process_is_killed(self, which: int) -> None:
        """What it had in its hands is gone."""
        under_way: list[list[Any]] = [rows for rows in (self.claims, self.answers, self.sends) if rows]
        rows = under_way[which % len(under_way)]
        rows.pop(which % len(rows))

    @verb(2, lambda self: self.fresh("cash", self.model.may_pay() and len(self.model.tries) > 0))
    def cash_is_taken(self) -> None:
        self.trying("cash")
        allowed = self.model.may_pay()
        self.do(allowed, lambda db: orders.mark_paid_offline(db, order_id=self.order, method="cash", actor=self.owner, now=self.moment))
        if allowed:
            self.model.by_hand()

    # -- asking ------------------------------------------------------------------------------------

    def expect_ask(self, n: int, fate: str) -> bool:
        """What a question did, the books being as they are after it; False when nobody knows."""
        t = self.model.tries[n]
        if t.state in OPEN and (t.closing or t.expires <= self.now):
            return self.expect_close(n, fate)
        if t.state in OPEN and not fate:
            self.hear_of(n)
        return t.state not in OPEN or not fate

    def expect_close(self, n: int, fate: str) -> bool:
        if self.model.tries[n].state in OPEN and not fate:
            if self.numbers[n] in self.books.charges:
                self.hear_of(n)
            else:
                self.model.hear(n, "closed")
            return True
        return self.model.tries[n].state not in OPEN

    def hear_of(self, n: int) -> None:
        charge = self.books.charges.get(self.numbers[n])
        if charge is not None:
            self.model.hear(n, SAID[charge["state"]], charge["got"])

    def question(self, ask: Callable[[], object]) -> tuple[bool, str]:
        """Whether somebody knew, and what went wrong."""
        fate = self.books.fate
        with self.held():
            try:
                ask()
            except ProviderError:
                return False, fate
        return True, fate

    @verb(4, lambda self: self.model.tries)
    def provider_is_asked(self, which: int) -> None:
        n = which % len(self.ids)
        fate = self.books.fate
        if self.model.tries[n].state not in OPEN:
            fate = ""
        known, _fate = self.question(lambda: asking.ask_attempt(self.ids[n]))
        assert known == self.expect_ask(n, fate)

    @verb(3, lambda self: self.model.tries)
    def job_closes_what_shall_not_be_paid(self, which: int) -> None:
        wanted = [n for n, t in enumerate(self.model.tries) if t.closing]
        if wanted:
            n = self.pick(wanted, which)
            known, fate = self.question(lambda: asking.close_attempt(self.ids[n]))
            was_open = self.model.tries[n].state in OPEN
            assert known == self.expect_close(n, fate if was_open else "")

    @verb(5, lambda self: self.model.backs)
    def provider_is_asked_of_a_refund(self, which: int) -> None:
        n, seen = which % len(self.back_ids), set(self.books.refunds)
        known, fate = self.question(lambda: asking.ask_refund(self.back_ids[n]))
        assert known == self.expect_ask_back(n, fate, seen)

    def expect_ask_back(self, n: int, fate: str, seen: set[str]) -> bool:
        back = self.model.backs[n]
        if back.state not in ("processing", "abnormal"):
            return True
        if not fate and self.back_numbers[n] not in seen:
            self.sent_again.add(n)  # that the first try was refused counts for nothing from here on
        if self.model.tries[back.of].provider == "offline":
            self.model.hear_back(n, "succeeded")
            return True
        if fate:  # the first question already: nothing is sent after it
            return False
        there = self.books.refunds.get(self.back_numbers[n])
        self.model.hear_back(n, there["state"] if there else "failed")
        return True

    @verb(2, lambda self: any(row["ask_at"] is not None for row in self.rows.values()))
    def clock_polls(self) -> None:
        """Seven hours later everything is due, and every attempt has run out."""
        self.now += 420
        with reading() as db:
            due = {model: [row.id for row in db.execute(select(model.id, model.ask_at).where(model.ask_at.is_not(None)).order_by(model.ask_at, model.id))] for model in (Attempt, Refund)}
        fate, seen = self.books.fate, set(self.books.refunds)
        with self.held():
            jobs.poll.function()
        came = False
        for attempt_id in due[Attempt]:
            n = self.ids.index(attempt_id)
            if self.model.tries[n].state in OPEN and not came:
                self.expect_ask(n, fate)
                fate = ""
                came = self.model.tries[n].state == "captured"  # the others are to be closed from now on: at the next poll
        for refund_id in due[Refund]:
            n = self.back_ids.index(refund_id)
            asked = self.model.backs[n].state in ("processing", "abnormal") and self.model.tries[self.model.backs[n].of].provider != "offline"
            self.expect_ask_back(n, fate, seen)
            fate = "" if asked else fate

    # -- what the provider says by itself ----------------------------------------------------------

    @verb(4, lambda self: self.books.charges)
    def provider_writes_a_letter(self, which: int) -> None:
        """Of a charge or a refund as it stands now; it may arrive at any time."""
        self.letters.append(self.books.told(self.pick([*self.books.refunds, *self.books.charges], which)))

    @verb(1, lambda self: not self.strangers)
    def provider_mistakes_the_shop(self) -> None:
        self.strangers += 1
        body = json.dumps({"number": f"X{self.order}N{self.strangers}", "state": "paid", "amount": 5, "got": 5}).encode()
        from zhanggui_abacus.books import seal

        self.letters.append((body, seal(body)))

    @verb(4, lambda self: self.letters, copies=(1, 2, 3))
    def letter_arrives(self, which: int, copies: int) -> None:
        body, seal = self.pick(self.letters, which)
        for _copy in range(copies):
            self.arrive(body, seal)

    def arrive(self, body: bytes, seal: str) -> None:
        from zhanggui_abacus.plugin import WEBHOOK

        found = WEBHOOK.verify(Arrival(Headers({"Abacus-Seal": seal}), body, {}, {}, self.moment))  # type: ignore[arg-type]
        new = self.do(True, lambda db: keep(db, WEBHOOK, found, body, self.moment))
        assert new == (seal not in self.seals)
        self.seals.add(seal)
        if new:
            with reading() as db:
                self.messages.append((db.scalar(select(func.max(ArrivedMessage.id))) or 0, json.loads(body)))

    @verb(1, lambda self: self.letters)
    def forger_writes(self, which: int) -> None:
        from zhanggui_abacus.plugin import WEBHOOK

        body, _seal = self.pick(self.letters, which)
        try:
            WEBHOOK.verify(Arrival(Headers({"Abacus-Seal": hashlib.sha256(body).hexdigest()}), body, {}, {}, self.moment))  # type: ignore[arg-type]
        except NotGenuine:
            return
        raise AssertionError("a forged letter was believed")

    @verb(6, lambda self: self.messages)
    def message_is_handled(self, which: int) -> None:
        """For the first time or again, in any order."""
        message_id, told = self.pick(self.messages, which)
        self.handle(message_id, told)

    def handle(self, message_id: int, told: dict[str, Any]) -> None:
        from zhanggui_abacus.books import ABACUS

        self.do(True, lambda db: inbox.take(db, ABACUS, message_id))
        number, m = told["number"], self.model
        if "of" in told:
            if number in self.back_numbers:
                m.hear_back(self.back_numbers.index(number), told["state"])
            elif told["state"] == "succeeded":
                m.hear_outside(number, self.numbers.index(told["of"]), told["amount"])
        elif number in self.numbers:
            m.hear(self.numbers.index(number), SAID[told["state"]], told["got"])
        else:
            m.case("unknown_payment", "abacus", number)

    # -- giving back -------------------------------------------------------------------------------

    @verb(5, lambda self: self.fresh("give", self.model.may_refund() and self.model.left() > 0), what=("all", "amount", "amount", "amount"), amount=(1, 700, 1500, 3001))
    def staff_gives_back(self, what: str, amount: int) -> None:
        self.trying("give")
        m = self.model
        wanted = m.left() if what == "all" else amount
        allowed = m.may_refund() and 0 < wanted <= m.left()
        more = {} if what == "all" else {"amount": Money(amount, "CNY")}
        made = self.do(allowed, lambda db: giving_back.claim_order_refund(db, id=self.order, what=what, reason="price", actor=self.owner, now=self.moment, **more))
        if made is not None:
            self.sent(m.reserve(wanted), made["refund_ids"])

    def sent(self, places: list[int], ids: list[int]) -> None:
        for n in places:
            self.model.move_back(n, "processing")
        self.back_ids += [i for i in ids if i not in self.back_ids]
        assert [self.back_ids[n] for n in places] == ids
        self.sends.append(places)

    @verb(3, lambda self: self.model.backs)
    def staff_sends_what_is_owed(self, which: int) -> None:
        n = which % len(self.back_ids)
        made = self.do(self.model.backs[n].state == "requested", lambda db: giving_back.claim_requested(db, id=self.back_ids[n], actor=self.owner, now=self.moment))
        if made is not None:
            self.sent([n], made["refund_ids"])

    @verb(8, lambda self: self.sends)
    def provider_is_asked_to_give_back(self, which: int) -> None:
        places = self.sends.pop(which % len(self.sends))
        fate, said = self.books.fate, []
        with self.held():
            try:
                said = refunds.send(refund_ids=[self.back_ids[n] for n in places])
            except ProviderError:
                pass
        expected = []
        for n in places:
            back = self.model.backs[n]
            if back.state not in ("processing", "abnormal"):
                expected.append((self.back_ids[n], None))
            elif self.model.tries[back.of].provider == "offline":
                expected.append((self.back_ids[n], "succeeded"))
            elif fate in ("down", "lost"):
                fate = ""
            else:
                there = self.books.refunds.get(self.back_numbers[n])
                expected.append((self.back_ids[n], "failed" if fate or there is None else there["state"]))
                fate = ""
        assert [(i, s and s.state) for i, s in said] == expected
        if said:
            self.answers.append(lambda: self.write_refunds(places, said))

    def write_refunds(self, places: list[int], said: list[tuple[int, RefundSnapshot | None]]) -> None:
        self.do(True, lambda db: refunds.write_down(db, said, actor=SYSTEM, now=self.moment, refund_ids=[self.back_ids[n] for n in places]))
        for refund_id, snapshot in said:
            n = self.back_ids.index(refund_id)
            if snapshot is not None and (snapshot.state != "failed" or n not in self.sent_again):
                self.model.hear_back(n, snapshot.state)

    @verb(1, lambda self: self.model.backs)
    def staff_settles_it_otherwise(self, which: int) -> None:
        n = which % len(self.back_ids)
        allowed = self.model.backs[n].state == "requested"
        self.do(allowed, lambda db: giving_back.withdraw(db, id=self.back_ids[n], note="by phone", actor=self.owner, now=self.moment))
        if allowed:
            self.model.move_back(n, "failed")

    @verb(2, lambda self: self.model.backs)
    def staff_gives_cash_back(self, which: int) -> None:
        n, m = which % len(self.back_ids), self.model
        allowed = m.backs[n].state == "requested" and m.tries[m.backs[n].of].provider == "offline"
        self.do(allowed, lambda db: giving_back.give_back_by_hand(db, id=self.back_ids[n], actor=self.owner, now=self.moment))
        if allowed:
            m.move_back(n, "processing")
            m.hear_back(n, "succeeded")

    # -- cases -------------------------------------------------------------------------------------

    @verb(3, lambda self: self.case_ids, how=("take", "close", "refund"))
    def staff_works_on_a_case(self, which: int, how: str) -> None:
        place, m = which % len(self.case_ids), self.model
        key, case_id = self.case_keys[place], self.case_ids[place]
        open_ = m.cases[key] == "open"
        if how == "take":
            self.do(open_, lambda db: cases.take_case(db, id=case_id, actor=self.owner, now=self.moment))
        elif how == "close":
            self.do(open_, lambda db: cases.close_case(db, id=case_id, note="settled", actor=self.owner, now=self.moment))
        else:
            n = int(key[2]) if key[0] in ("paid_twice", "paid_after_close") else -1
            room = min(m.tries[n].amount - m.reserved(n), m.left()) if n >= 0 else 0
            open_ = open_ and room > 0
            made = self.do(open_, lambda db: giving_back.claim_case_refund(db, id=case_id, actor=self.owner, now=self.moment))
            if made is not None:
                self.sent(m.reserve(room, n), made["refund_ids"])
        if open_ and how != "take":
            m.close_case(key)

    # -- the order ---------------------------------------------------------------------------------

    @verb(2, lambda self: self.fresh("cancel", self.model.may_cancel() and len(self.model.tries) > 1), by=("staff", "clock"))
    def order_is_called_off(self, by: str) -> None:
        self.trying("cancel")
        m = self.model
        allowed = m.may_cancel() and (by == "staff" or m.payment() in WAITING)
        cancel = orders.cancel_order if by == "staff" else orders.cancel_unpaid
        self.do(allowed, lambda db: cancel(db, order_id=self.order, reason="no", actor=self.owner, now=self.moment))
        if allowed:
            m.cancel()

    @verb(1, lambda self: self.fresh("ship", self.model.status == "open" and self.model.payment() in HERE and len(self.model.backs) > 1))
    def parcel_goes_on(self) -> None:
        self.trying("ship")
        m = self.model
        if m.shipped == "unfulfilled":
            allowed = m.status == "open" and m.payment() in HERE
            self.do(allowed, lambda db: orders.ship_order(db, order_id=self.order, carrier="sf", tracking_number="SF1234567890123", actor=self.owner, now=self.moment))
            m.shipped = "fulfilled" if allowed else m.shipped
            return
        allowed = m.status == "open" and m.shipped == "fulfilled" and m.payment() in (*HERE, "refunded")
        self.do(allowed, lambda db: orders.receive_order(db, order_id=self.order, actor=self.owner, now=self.moment))
        if allowed:
            m.shipped = "received"
            m.order("completed")

    # -- at the end --------------------------------------------------------------------------------

    def teardown(self) -> None:
        """When all has come to rest, the provider's books and the shop's agree."""
        Machine.steps += self.done
        Machine.refused_in |= self.tried
        self.look()
        for n, number in enumerate(self.back_numbers):
            if self.model.backs[n].state in ("processing", "abnormal") and number in self.books.refunds:
                self.books.end(number, "succeeded")
        for _poll in range(3):
            self.books.fate = ""
            self.clock_polls()
            self.look()
        for number in [*self.books.charges, *self.books.refunds]:
            self.arrive(*self.books.told(number))
        for message in self.messages:
            self.handle(*message)
        self.both_say_the_same_and_nothing_is_forgotten()
        m = self.model
        for key, case_id in zip(self.case_keys, self.case_ids, strict=True):
            if m.cases[key] == "open":  # what is still open waits for a person
                self.do(True, lambda db, case_id=case_id: cases.close_case(db, id=case_id, note="settled", actor=self.owner, now=self.moment))
                m.close_case(key)
        self.look()
        assert not m.open_tries()
        assert m.status != "closing"
        for n, number in enumerate(self.numbers):
            charge = self.books.charges.get(number)
            if charge and charge["state"] == "paid":
                assert m.tries[n].state == "captured" or ("wrong_amount", "attempt", n) in m.cases
        unbooked = sum(amount for _of, amount, booked in m.outside.values() if not booked)
        there = sum(c["got"] for c in self.books.charges.values()) - sum(r["amount"] for r in self.books.refunds.values() if r["state"] == "succeeded")
        assert m.ledger["clearing:abacus"] - unbooked == there
