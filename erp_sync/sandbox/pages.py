"""Pages to look at the sandbox: what it holds, object by object, and what each request did."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from erp_sync.sandbox import views
from erp_sync.sandbox.knobs import ENDPOINT
from erp_sync.sandbox.markup import Html, el, join, table
from erp_sync.sandbox.operations import STORED
from erp_sync.sandbox.rendering import wrapped_record
from erp_sync.sandbox.shapes import Many, Node, Record
from erp_sync.sandbox.state import ROOTS
from erp_sync.sandbox.style import CSS

if TYPE_CHECKING:
    from erp_sync.sandbox.log import Request
    from erp_sync.sandbox.sandbox import Sandbox

ROWS: Final = 100
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
PASSWORD: Final = re.compile(r"(<(?:[\w.-]+:)?password>)[^<]*")
TITLES: Final = ("description", "name", "firstname", "status")


@dataclass(frozen=True, slots=True)
class Page:
    type: str
    body: bytes
    status: int = 200


def show(box: Sandbox, path: str, query: Mapping[str, str]) -> Page | None:
    """The page at a path (already unquoted), or None."""
    with box.lock:
        head, _, rest = path.removeprefix("/").partition("/")
        match head, rest:
            case "", "":
                return _html("Sandbox", _home(box))
            case "state.json", "":
                return _json(state(box, query.get("entity", "")))
            case "log.json", "":
                return _json([describe(request) for request in box.requests])
            case "log", "":
                return _html("Requests", _log(box, query))
            case "log", number:
                return _request(box, number)
            case "events", "":
                return _html("Events", _events(box))
            case "objects", rest if rest:
                entity, _, key = rest.partition("/")
                if entity not in ROOTS:
                    return None
                return _object(box, entity, key) if key else _html(entity, _objects(box, entity, query))
            case _:
                return None


def state(box: Sandbox, entity: str = "") -> dict[str, Any]:
    """Everything as JSON can hold it: objects nested as they are stored, numbers, knobs."""
    return {
        "endpoint": ENDPOINT,
        "namespace": box.options.namespace,
        "knobs": box.knobs.model_dump(),
        "counts": {name: len(box.state.tables[name]) for name in ROOTS},
        "events": len(box.state.events),
        "requests": box.state.counters.get("request", 0),
        "numbers": {name: box.state.numbers[name] for name in ROOTS if entity in ("", name)},
        "objects": {name: box.state.tables[name] for name in ROOTS if entity in ("", name)},
    }


def describe(request: Request) -> dict[str, Any]:
    described = asdict(request) | {"at": request.at.isoformat()}
    del described["body"]
    return described


def _home(box: Sandbox) -> Html:
    cards = [_card(name, len(box.state.tables[name]), f"/objects/{name}") for name in ROOTS]
    cards.append(_card("events waiting", len(box.state.events), "/events"))
    faults = box.faults.schedule.rates if box.faults.schedule else {}
    knobs = [[name, _plain(value)] for name, value in box.knobs.model_dump().items()]
    knobs.append(["faults by chance", ", ".join(f"{kind} {rate:.0%}" for kind, rate in faults.items()) or "none"])
    knobs.append(["faults waiting", ", ".join(str(f.kind) if f else "-" for f in box.faults.waiting) or "none"])
    return join(
        el("h1", "A Centra to try things on"),
        el("p", "SOAP API at ", el("code", ENDPOINT), ", its WSDL at ", el("code", f"{ENDPOINT}?wsdl"), class_="dim"),
        el("div", *cards, class_="grid"),
        el("h2", "Last requests"),
        _requests(list(islice(reversed(box.requests), 20))),
        el("p", el("a", "All requests", href="/log")),
        el("h2", "Knobs"),
        table(["knob", "stands at"], [[str(name), str(value)] for name, value in knobs], "fields"),
    )


def _card(name: str, count: int, href: str) -> Html:
    return el("a", el("span", name), el("b", count), href=href, class_="card" if count else "card zero")


def _objects(box: Sandbox, entity: str, query: Mapping[str, str]) -> Html:
    wanted, start = query.get("id", ""), _number(query.get("start", ""))
    found = [key for key in box.state.tables[entity] if wanted.lower() in key.lower()]
    rows: list[list[Html | str | int]] = [
        [
            el("a", key, href=_href(entity, key)),
            box.state.numbers[entity][key],
            *(str(box.state.tables[entity][key].get(name, "")) for name in TITLES),
        ]
        for key in found[start : start + ROWS]
    ]
    more = [
        el("a", text, href=f"/objects/{entity}?{urlencode({'id': wanted, 'start': at})}")
        for text, at in (("Earlier", start - ROWS), ("Later", start + ROWS))
        if 0 <= at < len(found)
    ]
    search = el(
        "form",
        el("input", name="id", value=wanted, placeholder="part of an id", type="search"),
        el("input", type="submit", value="Find"),
        action=f"/objects/{entity}",
    )
    shown = f"{start + 1 if found else 0} to {min(start + ROWS, len(found))} of {len(found)}"
    return join(
        el("h1", entity), search, el("p", shown, " ", *more, class_="dim"),
        table(["id", "internal number", *TITLES], rows),
    )  # fmt: skip


def _object(box: Sandbox, entity: str, key: str) -> Page:
    record = box.state.tables[entity].get(key)
    if record is None:
        return _html("Not there", join(el("h1", f"There is no {entity} {key}")), 404)
    number = f"internal number {box.state.numbers[entity][key]}"
    body = join(el("h1", f"{entity} {key}"), el("p", number, class_="dim"), _tree(STORED[entity], record))
    return _html(f"{entity} {key}", body)


def _tree(fields: Mapping[str, Node], record: Record) -> Html:
    leaves: list[list[Html | str | int]] = [[path, text] for path, text in views.flat(fields, record).items()]
    return join(table(["field", "value"], leaves, "fields"), *_lists(fields, record, ""))


def _lists(fields: Mapping[str, Node], record: Record, stem: str) -> Sequence[Html]:
    result: list[Html] = []
    for name, node in fields.items():
        value = record.get(name)
        if not value or not isinstance(value, dict):
            continue
        wrapped = wrapped_record(node) if isinstance(node, Mapping) else None
        many = node if isinstance(node, Many) else wrapped[1] if wrapped else None
        if many is not None:
            few = {"open": "open"} if len(value) <= 4 else {}
            items = [
                el("details", el("summary", _own(key, item)), _tree(many.fields, item), **few)
                for key, item in value.items()
            ]
            result.append(join(el("h2", f"{stem}{name} ({len(value)})"), *items))
        elif isinstance(node, Mapping):
            result.extend(_lists(node, value, f"{stem}{name}."))
    return result


def _own(key: str, item: Record) -> str:
    title = item.get("description") or item.get("qty") or item.get("price") or ""
    return f"{key.replace(chr(31), ' / ')}  {title}".strip()


def _events(box: Sandbox) -> Html:
    rows: list[list[Html | str | int]] = []
    for event in islice(box.state.events.values(), ROWS):
        link = el("a", event.entry, href=_href(event.entity, event.table or event.entry))
        rows.append([event.id, event.type, link, event.mission, event.date])
    return join(
        el("h1", f"{len(box.state.events)} events waiting"),
        el("p", f"The oldest {ROWS}: what events_Get returns until events_Done names them.", class_="dim"),
        table(["id", "type", "entry", "mission", "date"], rows),
    )


def _log(box: Sandbox, query: Mapping[str, str]) -> Html:
    start = _number(query.get("start", ""))
    newest = list(islice(reversed(box.requests), start, start + ROWS))
    later = el("a", "Earlier requests", href=f"/log?start={start + ROWS}") if len(box.requests) > start + ROWS else None
    return join(el("h1", "Requests, the last one first"), _requests(newest), el("p", later))


def _requests(requests: Sequence[Request]) -> Html:
    rows: list[list[Html | str | int]] = [
        [
            el("a", request.number, href=f"/log/{request.number}"),
            el("span", f"{request.at:%Y-%m-%d %H:%M:%S}", class_="whole"),
            request.operation or "?",
            ", ".join(f"{count} {entity}" for entity, count in request.records.items()) or "; ".join(request.errors),
            el("span", request.result, class_="good" if request.result == "success" else "bad"),
            request.fault,
            request.size,
            f"{request.seconds * 1000:.0f}",
        ]
        for request in requests
    ]
    return table(["", "time", "operation", "records", "result", "fault", "bytes", "ms"], rows)


def _request(box: Sandbox, number: str) -> Page:
    request = next((request for request in box.requests if str(request.number) == number), None)
    if request is None:
        return _html("Not there", el("h1", f"Request {number} is not in the log"), 404)
    rows: list[list[Html | str | int]] = [[name, _plain(value)] for name, value in describe(request).items()]
    parts: list[Html] = [el("h1", f"Request {number}"), table(["", ""], rows, "fields")]
    if request.body is not None:
        text = PASSWORD.sub(r"\1***", request.body.decode("utf-8", "replace"))
        parts += [el("h2", "Body"), el("pre", text)]
    return _html(f"Request {number}", join(*parts))


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _href(entity: str, key: str) -> str:
    return f"/objects/{entity}/{quote(key, safe='')}"


def _html(title: str, body: Html, status: int = 200) -> Page:
    links = (("/", "Overview"), ("/log", "Requests"), ("/events", "Events"), ("/state.json", "state.json"),
             ("/log.json", "log.json"))  # fmt: skip
    document = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("title", f"{title} - Centra sandbox"),
            el("style", Html(CSS)),
        ),
        el(
            "body",
            el("header", el("strong", "Centra sandbox"), *(el("a", text, href=href) for href, text in links)),
            el("main", body),
        ),
        lang="en",
    )
    return Page(HTML, b"<!doctype html>\n" + document.encode(), status)


def _json(value: object) -> Page:
    return Page(JSON, json.dumps(value, ensure_ascii=False, indent=1).encode())
