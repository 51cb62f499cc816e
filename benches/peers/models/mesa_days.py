"""The least that could be called our question, in Mesa: `mesa_days.py RESIDENTS DAYS`. models/krabmaga.rs does the same."""

import sys

import mesa

# The chance, in a day, of going out for groceries, a walk, a pharmacy, work: 0.65 trips together.
CHANCES = (0.25, 0.15, 0.05, 0.2)
PLACES = 60


class Resident(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.place = self.random.randrange(PLACES)
        self.last_out_day = -1

    def live(self):
        for chance in CHANCES:
            if self.random.random() < chance:
                self.place = self.random.randrange(PLACES)
                self.last_out_day = self.model.day
                self.model.trips_by_minute[self.random.randrange(1440)] += 1


class Region(mesa.Model):
    def __init__(self, residents, seed):
        super().__init__(rng=seed)
        self.day = 0
        self.trips_by_minute = [0] * 1440
        Resident.create_agents(self, residents)

    def live(self):
        self.agents.do("live")
        self.day += 1


residents, days = map(int, sys.argv[1:])
region = Region(residents, seed=1)
for _ in range(days):
    region.live()
print(sum(region.trips_by_minute), "trips")
