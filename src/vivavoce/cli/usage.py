"""`vivavoce usage`: who used what, and what it cost. `vivavoce calls`: the switch."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from vivavoce.cli.common import database_of_settings, stop

if TYPE_CHECKING:
    from rich.table import Table

    from vivavoce.store.usage import Total

MOST_DAYS = 3660


class By(StrEnum):
    user = "user"
    day = "day"
    model = "model"


def usage(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days to look back, today included.")] = 30,
    by: Annotated[By, typer.Option(help="What to add up for.")] = By.user,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show who used what: calls, minutes, tokens and money."""
    from vivavoce.hosts.native.sqlite import Database, DatabaseError
    from vivavoce.store.retention import DAY_SECONDS
    from vivavoce.store.usage import UsageStore, Window

    since = Window.at(time.time()).day - (days - 1) * DAY_SECONDS
    database = database_of_settings()
    totals: list[Total] = []
    if database.exists():
        try:
            with Database(database) as sql:
                totals = UsageStore(sql).totals(by.value, since)
        except DatabaseError as error:
            stop(str(error))
    if as_json:
        typer.echo(json.dumps(_as_json(totals, by, days), indent=2, ensure_ascii=False))
    elif totals:
        _show(totals, by, days)
    else:
        when = "today" if days == 1 else f"in the last {days} days"
        typer.echo(f"No call has used anything {when}, as far as {database} knows.")


def _as_json(totals: list[Total], by: By, days: int) -> dict[str, object]:
    rows = [
        {
            by.value: total.name,
            "calls": total.calls,
            "seconds": round(total.seconds, 1),
            "tokens": total.tokens,
            "dollars": total.microdollars / 1e6,
            "without_price": total.unpriced,
            "without_usage": total.untold,
        }
        for total in totals
    ]
    return {"days": days, "by": by.value, "dollars": sum(total.microdollars for total in totals) / 1e6, "rows": rows}


def _show(totals: list[Total], by: By, days: int) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    console.print(_table(totals, by, days))
    unpriced, untold = sum(total.unpriced for total in totals), sum(total.untold for total in totals)
    if unpriced:
        console.print(
            f"+ {_answers(unpriced)} of models without a known price: the tokens are counted, the money is not. "
            "VIVAVOCE_PRICES names a price list of your own."
        )
    if untold:
        console.print(f"{_answers(untold)} without a word of the upstream's on what was used: counted as nothing.")


def _table(totals: list[Total], by: By, days: int) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    title = "Today (UTC)" if days == 1 else f"The last {days} days (UTC)"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_footer=len(totals) > 1)
    table.add_column({"user": "learner", "day": "day", "model": "model"}[by.value], "all", overflow="fold")
    calls = f"{sum(total.calls for total in totals):,}" if by is By.user else ""  # else a call is in several rows
    table.add_column("calls", calls, justify="right")
    table.add_column("minutes", _minutes(sum(total.seconds for total in totals)), justify="right")
    table.add_column("tokens", f"{sum(total.tokens for total in totals):,}", justify="right")
    table.add_column("dollars", _dollars(sum(total.microdollars for total in totals)), justify="right")
    for total in totals:
        name = escape(total.name) or "(forgotten)"
        money = _dollars(total.microdollars) + ("+" if total.unpriced else "")
        table.add_row(name, f"{total.calls:,}", _minutes(total.seconds), f"{total.tokens:,}", money)
    return table


def _answers(number: int) -> str:
    return "1 answer" if number == 1 else f"{number:,} answers"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.1f}"


def _dollars(microdollars: int) -> str:
    return f"{microdollars / 1e6:,.4f}"


class Turn(StrEnum):
    close = "close"
    open = "open"
    status = "status"


def calls(
    turn: Annotated[Turn, typer.Argument(help="close: take no new calls; open: take them again; status.")],
    end_running: Annotated[bool, typer.Option("--end-running", help="With close: end the calls that go on.")] = False,
) -> None:
    """Take no more calls, or take them again. Servers that run hear of it within 3 seconds."""
    import sqlite3

    from vivavoce.admission import kill_switch
    from vivavoce.hosts.native.sqlite import Database, DatabaseError
    from vivavoce.store.usage import UsageStore

    if end_running and turn is not Turn.close:
        stop("--end-running goes with `vivavoce calls close`.")
    database = database_of_settings()
    if not database.exists():
        stop(f"There is no database {database}. VIVAVOCE_DATABASE says where the server keeps it.")
    now = time.time()
    try:
        with Database(database) as sql:
            if turn is not Turn.status:
                with sql.transaction():
                    kill_switch.put(sql, now, open=turn is Turn.open, end_running=end_running)
            open_now, live = kill_switch.standing(sql).open, UsageStore(sql).live(now)
    except (DatabaseError, sqlite3.Error) as error:
        stop(f"The switch could not be read or put: {error}")
    typer.echo("Calls are taken." if open_now else "No new calls are taken; `vivavoce calls open` takes them again.")
    if end_running:
        typer.echo("The calls that go on come to their end now: the persona says goodbye, and the grade is given.")
    else:
        typer.echo(f"{len(live)} {'call goes' if len(live) == 1 else 'calls go'} on.")
