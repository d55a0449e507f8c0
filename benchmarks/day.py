"""Simulates scaling from 1 to 1,000 cores, and a day of traffic with bursts and lost nodes: what breaks first?

    python -m benchmarks.day [--photo-ms 40] [--cores 1,10,100,1000] [--seed 1] [--euros 0.04]

Processor time per photo, its bytes and start times are arguments, from measurements (docs/scaling.md). A seed gives
the same day. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from math import cos, pi

from benchmarks.fleet import Balancing, Fate, Fleet, Site, Told
from benchmarks.timing import print_table

LOAD = 0.8
"""Of what the cores can do, on the way from 1 to 1,000."""

HOUR_S = 3600.0
BURSTS = ((9.0, 4.0, 120.0), (11.5, 6.0, 300.0), (18.0, 10.0, 180.0))
"""Hour of the day, times the traffic, for how many seconds: a campaign, a batch of one caller, a storm of retries."""

LOSSES_H = (11.52, 14.0, 18.02)
"""When a node is lost: twice in the middle of a burst."""

LADDER = ("cores", "balancing", "offered a second", "answered", "p50 ms", "p99 ms", "balancer busy")
SHARED = ("part", "carries a second", "full at cores")
DAY = ("day", "answered", "refused", "late", "lost", "p50 ms", "p99 ms", "worst minute", "core-hours", "a million")


def main() -> None:
    """Print both tables, then all of it as JSON."""
    arguments = _parsed()
    site = Site(photo_ms=arguments.photo_ms, balancer_gbit=arguments.gbit)
    cores = [int(count) for count in arguments.cores.split(",")]
    least = replace(site, balancing=Balancing.LEAST)
    rungs = [(each, count) for each in (site, least) for count in cores]
    rungs.append((replace(least, balancer_gbit=1e6), cores[-1]))
    ladder = [rung(each, count, arguments.seed, arguments.seconds) for each, count in rungs]
    print_table(f"at {LOAD:.0%} of what the cores can do", LADDER, [[row[name] for name in LADDER] for row in ladder])
    shared = shared_parts(site, arguments)
    print_table("what all cores share", SHARED, [[row[name] for name in SHARED] for row in shared])
    days = [day(name, site, arguments) for name, site in plans(site).items()]
    print_table("a day", DAY, [[row[name] for name in DAY] for row in days])
    told = {"site": asdict(site), "seed": arguments.seed, "ladder": ladder, "shared": shared, "days": days}
    print(json.dumps({"benchmark": "day", **told}))


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo-ms", type=float, default=Site().photo_ms)
    parser.add_argument("--cores", default="1,10,100,1000")
    parser.add_argument("--seconds", type=float, default=10, help="simulated, for each number of cores")
    parser.add_argument("--gbit", type=float, default=Site().balancer_gbit, help="what the balancer's network carries")
    parser.add_argument("--proxy-ms", type=float, default=8.0, help="processor time of Ray's HTTP proxy for a photo")
    parser.add_argument("--journal", type=float, default=17_000, help="rows a second that a scan's journal takes")
    parser.add_argument("--gets", type=float, default=5_500, help="objects a second that a bucket's prefix gives (S3)")
    parser.add_argument("--peak", type=float, default=40, help="photos a second at the busiest hour, without bursts")
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--euros", type=float, default=0.04, help="price of a core for an hour")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def rung(site: Site, cores: int, seed: int, seconds: float) -> dict[str, float | str]:
    """So many cores, as many photos as they should do, and what they did."""
    site = replace(site, cores=min(site.cores, cores))
    offered = LOAD * cores * 1000 / site.photo_ms
    told = Fleet(site, cores // site.cores, seed).run(lambda _: offered, seconds)
    return {
        "cores": cores,
        "balancing": f"{site.balancing}, {site.balancer_gbit:g} Gbit/s",
        "offered a second": round(offered),
        "answered": round(told.share(Fate.ANSWERED), 4),
        "p50 ms": told.ms(0.5),
        "p99 ms": told.ms(0.99),
        "balancer busy": round(offered * 8 * site.photo_bytes / (site.balancer_gbit * 1e9), 3),
    }


def shared_parts(site: Site, arguments: argparse.Namespace) -> list[dict[str, float | str]]:
    """What there is once, however many cores there are; the first row breaks first."""
    carries = {
        "balancer, photos": site.balancer_gbit * 1e9 / 8 / site.photo_bytes,
        "one proxy of Ray Serve, photos": 1000 / arguments.proxy_ms,
        "a scan's bucket, photos": arguments.gets,
        "a scan's journal, rows": arguments.journal,
    }
    rows: list[dict[str, float | str]] = [
        {"part": part, "carries a second": round(a_second), "full at cores": round(a_second * site.photo_ms / 1000)}
        for part, a_second in sorted(carries.items(), key=lambda item: item[1])
    ]
    return rows


def plans(site: Site) -> dict[str, Site]:
    """The same day with what is there, and with one change after the other."""
    fixed = replace(site, fewest=4, most=4)
    least = replace(site, balancing=Balancing.LEAST)
    return {
        "4 workers, no autoscaler": fixed,
        "autoscaler": site,
        "and least connections": least,
        "and a node for each": replace(least, workers_a_node=1),
        "and room for a burst": replace(least, workers_a_node=1, fewest=4, busy=0.4),
        "and warm nodes": replace(least, workers_a_node=1, fewest=4, busy=0.4, node_start_s=0.0),
    }


def day(name: str, site: Site, arguments: argparse.Namespace) -> dict[str, float | str]:
    """A day with one plan."""
    fleet = Fleet(site, site.fewest, arguments.seed)
    if site.most > site.fewest:
        fleet.autoscale()
    for hour in LOSSES_H:
        if hour < arguments.hours:
            fleet.lose_node_at(hour * HOUR_S)
    end_s = arguments.hours * HOUR_S
    told = fleet.run(traffic(arguments.peak), end_s)
    core_hours = told.core_hours(site.cores, end_s)
    photos = max(1, told.fates.count(Fate.ANSWERED))
    return {
        "day": name,
        "photos": len(told.fates),
        **{fate.value: round(told.share(fate), 5) for fate in Fate},
        "p50 ms": told.ms(0.5),
        "p99 ms": told.ms(0.99),
        "worst minute": worst_minute(told),
        "core-hours": round(core_hours, 1),
        "a million": round(core_hours * arguments.euros / photos * 1e6, 2),
    }


def traffic(peak: float) -> Callable[[float], float]:
    """Photos a second at a time of the day: little at night, most at four in the afternoon, and the bursts."""

    def a_second(at_s: float) -> float:
        hour = at_s / HOUR_S
        calm = peak * (0.55 - 0.45 * cos(2 * pi * (hour - 4) / 24))
        return calm * max([1.0, *(times for begin, times, last_s in BURSTS if 0 <= hour - begin < last_s / HOUR_S)])

    return a_second


def worst_minute(told: Told) -> float:
    """The least share of the requests of one minute that were answered."""
    minutes: dict[int, list[bool]] = {}
    for at_s, fate in zip(told.sent_s, told.fates, strict=True):
        minutes.setdefault(int(at_s // 60), []).append(fate is Fate.ANSWERED)
    return round(min((sum(answered) / len(answered) for answered in minutes.values()), default=1.0), 4)


if __name__ == "__main__":
    main()
